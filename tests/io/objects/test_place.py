import numpy as np
import pytest
from film_objects import HALF

from medimg.io.objects.place import mask_on_source, to_source

WAYS = {
    "as it is": (np.eye(2), lambda a: a),
    "mirrored": (np.diag([1, -1]), lambda a: a[:, ::-1]),
    "upside down": (np.diag([-1, -1]), lambda a: a[::-1, ::-1]),
    "turned left": (np.array([[0, -1], [1, 0]]), lambda a: np.rot90(a, 1)),
    "turned right": (np.array([[0, 1], [-1, 0]]), lambda a: np.rot90(a, -1)),
}


def draw(shape=(9, 13)):
    mask = np.zeros(shape, bool)
    mask[2:6, 0:4], mask[7:, 11:] = True, True  # touches three edges
    return mask


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [1, 3])
def test_a_mask_goes_to_the_pixels_that_it_was_made_of(way, scale):
    turn, made = WAYS[way]
    mask = draw()
    there = np.kron(made(mask), np.ones((scale, scale), bool))
    middle_there, middle_here = (np.array(there.shape) - 1) / 2, (np.array(mask.shape) - 1) / 2
    offset = middle_there - scale * turn @ middle_here
    affine = tuple((*map(float, scale * row), float(by)) for row, by in zip(turn, offset, strict=True))
    back = mask_on_source(mask, affine, there.shape)
    if scale == 1:
        assert np.array_equal(back, there)
    else:  # corners are cut by less than a pixel of the grid
        assert 2 * (back & there).sum() / (back.sum() + there.sum()) > 0.97
        assert np.array_equal(back[[0, -1]].any(1), there[[0, -1]].any(1))


def test_what_touches_the_edge_of_the_grid_touches_the_edge_of_the_film():
    mask = np.ones((30, 24), bool)
    assert mask_on_source(mask, HALF, (60, 48)).all()


def test_a_cropped_grid_goes_back_to_its_place_and_no_farther():
    affine = ((1.0, 0.0, 10.0), (0.0, 1.0, 20.0))
    found = mask_on_source(np.ones((5, 6), bool), affine, (40, 50))
    assert found[10:15, 20:26].all()
    assert found.sum() == 30


def test_what_lies_outside_the_film_is_lost():
    assert not mask_on_source(np.ones((5, 6), bool), ((1.0, 0.0, 100.0), (0.0, 1.0, 0.0)), (40, 50)).any()
    assert mask_on_source(np.ones((5, 6), bool), ((1.0, 0.0, -3.0), (0.0, 1.0, 0.0)), (40, 50)).sum() == 12
    assert not mask_on_source(np.zeros((5, 6), bool), HALF, (40, 50)).any()


def test_points_are_pixel_centres_on_both_sides():
    assert to_source(((0.0, 0.0), (4.0, 5.0)), HALF).tolist() == [[0.5, 0.5], [8.5, 10.5]]
