import numpy as np
import pytest
import torch
from torch import nn
from toy_adversaries import adversaries
from toys import MACHINE

from medimg.errors import NumericError
from medimg.recipes.generating.generate import enlarge, generate


@pytest.fixture
def generator():
    """A generator whose batch norm has seen other pictures than it will draw, and which is still training."""
    generator = adversaries()[0]
    generator(3 * torch.randn(32, 6))
    return generator.train()


def drawn(generator, count=11, seed=1, **options):
    return generate(generator, count, seed, MACHINE, length=6, **options)


def test_pictures_are_grey_planes_of_their_numbers(generator):
    found = drawn(generator)
    assert (found.shape, found.dtype) == ((11, 12, 12), np.float32)
    assert len({picture.tobytes() for picture in found}) == 11


def test_a_picture_is_the_same_bits_however_many_are_drawn_and_whatever_was_drawn_before(generator):
    found = drawn(generator, 11, batch_size=4)
    torch.rand(5)
    for count in (1, 4, 6):
        assert (drawn(generator, count, batch_size=4) == found[:count]).all()
    assert drawn(generator, 0).shape == (0, 12, 12)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_picture_is_the_same_whatever_the_batch_size(batch_size, generator):
    np.testing.assert_allclose(drawn(generator, batch_size=batch_size), drawn(generator, batch_size=4), atol=1e-6)


def test_another_seed_draws_other_pictures(generator):
    assert not np.isclose(drawn(generator), drawn(generator, seed=2)).all(axis=(1, 2)).any()


def test_drawing_neither_trains_nor_leaves_training(generator):
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    drawn(generator)
    assert generator.training
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_pictures_with_values_that_are_no_numbers_are_refused(generator):
    generator[0].weight.data[0] = float("nan")
    with pytest.raises(NumericError, match=r"draws 64 images .* \(first: number 0\)"):
        drawn(generator)


def test_small_pictures_are_enlarged_each_by_itself():
    enlarger = nn.Sequential(nn.Upsample(scale_factor=4), nn.BatchNorm2d(1))
    enlarger(torch.rand(4, 1, 3, 3))
    small = np.random.default_rng(0).random((7, 3, 3), np.float32)
    found = enlarge(enlarger, small, MACHINE, batch_size=4)
    assert found.shape == (7, 12, 12)
    assert (found[2:3] == enlarge(enlarger, small[2:3], MACHINE, batch_size=4)).all()
    assert np.corrcoef(found.ravel(), np.kron(small, np.ones((4, 4))).ravel())[0, 1] == pytest.approx(1)
