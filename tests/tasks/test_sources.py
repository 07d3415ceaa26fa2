import numpy as np
import pytest
import torch

from medimg.data.loader import draw
from medimg.tasks.sources import Noise, Shrunk


def test_noise_is_standard_normal_and_a_function_of_the_generator():
    real = torch.zeros(2000, 1, 4, 4)
    found = Noise(5)(real, draw(1))
    assert (found.shape, found.dtype) == ((2000, 5), torch.float32)
    assert float(found.mean()) == pytest.approx(0, abs=0.03)
    assert float(found.std()) == pytest.approx(1, abs=0.03)
    assert torch.equal(found, Noise(5)(real, draw(1)))
    assert not torch.equal(found, Noise(5)(real, draw(2)))


def test_a_small_picture_holds_the_means_of_squares():
    real = torch.rand(3, 1, 8, 8)
    found = Shrunk(4)(real, draw(1))
    expected = real.numpy().reshape(3, 1, 2, 4, 2, 4).mean(axis=(3, 5))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
