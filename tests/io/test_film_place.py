"""The way from a file's pixels to the measured grid, and back."""

import numpy as np
import pytest

from medimg.io.film_place import place

LETTERS = {"PA": ["L", "F"], "LAT": ["P", "F"]}


def pattern(rows=6, columns=4):
    return np.arange(rows * columns).reshape(rows, columns)


@pytest.mark.parametrize(
    ("letters", "stored"),
    [
        (["L", "F"], lambda upright: upright),
        (["R", "F"], lambda upright: upright[:, ::-1]),
        (["L", "H"], lambda upright: upright[::-1]),
        (["R", "H"], lambda upright: upright[::-1, ::-1]),
        (["F", "L"], lambda upright: upright.T),
        (["F", "R"], lambda upright: np.rot90(upright)[::1]),
        (["H", "L"], lambda upright: np.rot90(upright, -1)),
    ],
)
def test_every_way_round_becomes_canonical(letters, stored):
    """Where rows and columns of the stored film lead is worked out by hand from a film with L on the right and F below."""
    upright = pattern()
    film = {"FR": upright[:, ::-1].T, "HL": upright[::-1].T}.get("".join(letters))
    film = stored(upright) if film is None else film
    way, _, known = place(film.shape, "PA", letters, (1.0, 1.0))
    assert known
    np.testing.assert_array_equal(way.turned(film), upright)


def test_lateral_looks_to_the_left():
    film = pattern()
    way, _, known = place(film.shape, "LAT", ["A", "F"], None)
    assert known
    np.testing.assert_array_equal(way.turned(film), film[:, ::-1])


@pytest.mark.parametrize("letters", [[], ["L"], ["A", "F"], ["L", "R"], ["", ""], ["X", "Y"]])
def test_letters_that_do_not_fit_the_view_change_nothing_and_are_told(letters):
    way, _, known = place((6, 4), "PA", letters, None)
    assert not known
    assert (way.transpose, way.flip_rows, way.flip_columns) == (False, False, False)


@pytest.mark.parametrize("letters", [["L", "F"], ["R", "H"], ["F", "R"], ["H", "L"]])
def test_affine_leads_back_to_the_pixel_of_the_file(letters):
    rng = np.random.default_rng(0)
    film = rng.random((70, 50))
    way, _, _ = place(film.shape, "PA", letters, None, longer=35)
    small = way.resampled(np.ascontiguousarray(way.turned(film), np.float32))
    lines = np.array(way.to_source())
    for row, column in [(0, 0), (3, 7), (way.shape[0] - 1, way.shape[1] - 1)]:
        y, x = lines @ (row, column, 1)
        block = film[int(y) : int(y) + 2, int(x) : int(x) + 2]
        assert block.mean() == pytest.approx(small[row, column], abs=1e-6)


def test_resampling_is_the_mean_over_the_area_of_each_pixel():
    way, spacing, _ = place((5, 5), "PA", ["L", "F"], (0.2, 0.2), longer=2)
    image = np.arange(25, dtype=np.float32).reshape(5, 5)
    fine = np.kron(image, np.ones((2, 2)))  # each new pixel covers 5 x 5 of these
    expected = fine.reshape(2, 5, 2, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(way.resampled(image), expected, rtol=1e-6)
    assert spacing == pytest.approx(0.5)


def test_pixels_become_square_and_keep_their_millimetres():
    way, spacing, _ = place((100, 100), "PA", ["L", "F"], (0.4, 0.2), longer=1024)
    assert way.shape == (200, 100)
    assert spacing == pytest.approx(0.2)


def test_small_films_are_not_enlarged():
    way, _, _ = place((30, 20), "PA", [], None)
    assert way.shape == (30, 20)


def test_box_of_the_file_lies_at_the_same_anatomy():
    film = np.zeros((80, 60), np.float32)
    film[10:30, 5:25] = 1
    way, _, _ = place(film.shape, "PA", ["F", "R"], None)
    top, left, bottom, right = way.box_from_source((10, 5, 30, 25))
    turned = way.turned(film)
    assert turned[top:bottom, left:right].all()
    assert turned.sum() == (bottom - top) * (right - left)


def test_masks_and_stored_values_stay_what_they_are():
    way, _, _ = place((90, 90), "PA", [], None, longer=30)
    values = np.random.default_rng(1).integers(0, 4096, (90, 90), dtype=np.uint16)
    assert set(np.unique(way.sampled(values))) <= set(np.unique(values))
    np.testing.assert_array_equal(way.sampled(values), values[1::3, 1::3])
