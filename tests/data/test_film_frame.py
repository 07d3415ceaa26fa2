import numpy as np
import pytest

from medimg.data.film_frame import FRAME, framed, squared, unframed


@pytest.mark.parametrize("shape", [(64, 48), (33, 100), (5, 5)])
def test_the_outermost_pixels_go_on_and_the_film_is_found_again(shape):
    film = np.random.default_rng(0).random(shape)
    wide = framed(film)
    more = round(FRAME * max(shape))
    assert wide.shape == (shape[0] + 2 * more, shape[1] + 2 * more)
    np.testing.assert_array_equal(wide[: more + 1, more], film[0, 0])
    np.testing.assert_array_equal(wide[-1, more : more + shape[1]], film[-1])
    np.testing.assert_array_equal(unframed(wide, shape), film)


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (8, 8)])
def test_a_film_is_filled_up_below_or_on_the_right(shape):
    square = squared(np.ones(shape, np.float32), 16)
    share = np.array(shape) / max(shape) * 16
    assert square[: int(share[0]) - 1, : int(share[1]) - 1] == pytest.approx(1)
    assert square.sum() == pytest.approx(share.prod(), rel=0.05)
