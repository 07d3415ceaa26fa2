import numpy as np
import pytest

from medimg.recipes.extend import to_size


def test_pictures_made_smaller_keep_their_counts_and_none_becomes_negative():
    pictures = np.random.default_rng(0).random((3, 32, 32), dtype=np.float32)
    small = to_size(pictures, 8)
    assert small.shape == (3, 8, 8)
    assert small.mean() == pytest.approx(pictures.mean(), rel=1e-5)
    assert (to_size(pictures - 0.5, 32) >= 0).all()


@pytest.mark.parametrize("size", [32, 64])
def test_pictures_of_the_right_size_stay_and_smaller_ones_grow(size):
    pictures = np.ones((2, 32, 32), np.float32)
    assert np.allclose(to_size(pictures, size), 1)
    assert to_size(pictures, size).shape == (2, size, size)
