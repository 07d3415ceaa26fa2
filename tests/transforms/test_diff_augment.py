import numpy as np
import pytest
import torch

from medimg.data.loader import draw
from medimg.transforms.diff_augment import DiffAugment

IMAGE = torch.rand(64, 2, 9, 12, generator=torch.Generator().manual_seed(0)) + 0.1


def varied(image=IMAGE, seed=1, **options):
    return DiffAugment(**{"translate": 0.0, "brightness": 0.0, **options})(image, draw(seed))


def test_without_strength_nothing_changes():
    assert torch.equal(varied(), IMAGE)


@pytest.mark.parametrize(("name", "dim"), [("flip_horizontal", 3), ("flip_vertical", 2)])
def test_a_flip_is_torchs_for_about_half_of_the_pictures(name, dim):
    found = varied(**{name: True})
    turned = [torch.equal(one, other) for one, other in zip(found, IMAGE.flip(dim), strict=True)]
    kept = [torch.equal(one, other) for one, other in zip(found, IMAGE, strict=True)]
    assert [one != other for one, other in zip(turned, kept, strict=True)] == [True] * 64
    assert 16 < sum(turned) < 48


def test_a_translation_moves_by_whole_pixels_and_zeros_come_in():
    found, shifts = varied(translate=0.3), set()
    for one, image in zip(found, IMAGE, strict=True):
        rows, columns = (np.flatnonzero(one.sum(dim=(0, 2 - axis)).numpy()) for axis in (0, 1))
        down, right = (int(at[0]) or int(at[-1]) - side + 1 for at, side in ((rows, 9), (columns, 12)))
        expected = torch.zeros_like(image)
        expected[:, max(0, down) : 9 + min(0, down), max(0, right) : 12 + min(0, right)] = image[
            :, max(0, -down) : 9 - max(0, down), max(0, -right) : 12 - max(0, right)
        ]
        assert torch.equal(one, expected)
        shifts.add((down, right))
    assert {down for down, _ in shifts} >= {-2, -1, 0, 1, 2}
    assert max(max(abs(down), abs(right)) for down, right in shifts) == 4


def test_brightness_multiplies_each_picture_by_its_own_number():
    ratio = varied(brightness=0.2) / IMAGE
    torch.testing.assert_close(ratio, ratio[:, :1, :1, :1].expand_as(ratio))
    assert 0.8 <= ratio.min() < 0.85 < 1.15 < ratio.max() <= 1.2


def test_the_gradient_goes_back_to_the_pixels_that_are_shown():
    image = IMAGE.clone().requires_grad_()
    found = varied(image, translate=0.3, brightness=0.2, flip_horizontal=True)
    weight = torch.rand(found.shape, generator=torch.Generator().manual_seed(1))
    (found * weight).sum().backward()
    torch.testing.assert_close((image.grad * image.detach()).sum((1, 2, 3)), (found * weight).detach().sum((1, 2, 3)))  # it is linear
    assert bool((image.grad == 0).any())


def test_the_same_generator_varies_in_the_same_way():
    options = {"translate": 0.2, "brightness": 0.2, "flip_vertical": True}
    assert torch.equal(varied(**options), varied(**options))
    assert not torch.equal(varied(**options), varied(seed=2, **options))
