"""The exposed field, from tags and from what is seen."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medimg.io.film_field import seen_field, tagged_field


def chest(shape=(256, 220)):
    """Tissue of varying grey with two dark lungs and air beside the neck."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[0], : shape[1]] / np.array(shape)[:, None, None]
    grey = 0.6 + 0.15 * np.sin(5 * x) * np.cos(4 * y) + rng.normal(0, 0.01, shape)
    for centre in (0.3, 0.7):
        grey[((x - centre) / 0.15) ** 2 + ((y - 0.5) / 0.3) ** 2 < 1] = 0.2
    grey[(y < 0.12) & (abs(x - 0.5) > 0.2)] = 0.0
    return grey


def rectangle(kind, **edges):
    data = Dataset()
    setattr(data, f"{kind}Shape", "RECTANGULAR")
    for name, value in zip(
        ("UpperHorizontalEdge", "LeftVerticalEdge", "LowerHorizontalEdge", "RightVerticalEdge"), edges["box"], strict=True
    ):
        setattr(data, f"{kind}{name}", str(value))
    return data


def test_edges_of_tags_lie_outside_of_the_field():
    assert tagged_field(rectangle("Shutter", box=(10, 20, 91, 81)), (100, 100)) == (10, 20, 90, 80)


def test_shutter_and_collimator_both_cut():
    data = rectangle("Shutter", box=(10, 0, 101, 101))
    data.update(rectangle("Collimator", box=(0, 20, 91, 101)))
    assert tagged_field(data, (100, 100)) == (10, 20, 90, 100)


def test_circle_and_polygon_give_their_boxes():
    data = Dataset()
    data.ShutterShape, data.CenterOfCircularShutter, data.RadiusOfCircularShutter = "CIRCULAR", [51, 51], "40"
    assert tagged_field(data, (100, 100)) == (10, 10, 91, 91)
    data = Dataset()
    data.CollimatorShape, data.VerticesOfThePolygonalCollimator = "POLYGONAL", [11, 21, 11, 80, 90, 80, 90, 21]
    assert tagged_field(data, (100, 100)) == (10, 20, 90, 80)


@pytest.mark.parametrize("box", [(10, 20, 12, 25), (90, 20, 10, 80), (0, 0, 0, 0)])
def test_a_tag_that_leaves_nothing_is_not_believed(box):
    assert tagged_field(rectangle("Shutter", box=box), (100, 100)) is None


@pytest.mark.parametrize("fill", [0.0, 1.0])
@pytest.mark.parametrize("box", [(20, 30, 230, 190), (0, 25, 256, 220), (40, 0, 256, 220)])
def test_blank_border_of_any_side_and_grey_is_seen(box, fill):
    film = np.full((256, 220), fill)
    film[box[0] : box[2], box[1] : box[3]] = chest()[box[0] : box[2], box[1] : box[3]] + 0.02
    assert np.abs(np.subtract(seen_field(film), box)).max() <= 1


def test_soft_collimator_edges_with_scatter_behind_are_seen():
    rng = np.random.default_rng(2)
    film, (top, left, bottom, right) = chest(), (20, 25, 235, 190)
    y, x = np.mgrid[:256, :220]
    inside = np.clip(np.minimum.reduce([y - top, bottom - 1 - y, x - left, right - 1 - x]) / 2 + 0.5, 0, 1)
    film = film * inside + (1.3 + 0.03 * np.sin(y / 30)) * (1 - inside) + rng.normal(0, 0.01, film.shape)
    assert np.abs(np.subtract(seen_field(film), (top, left, bottom, right))).max() <= 3


def test_a_film_without_border_is_field_from_edge_to_edge():
    assert seen_field(chest()) == (0, 0, 256, 220)


def test_black_air_beside_a_patient_is_no_border():
    film, (y, x) = chest(), np.mgrid[:256, :220]
    body = ((x - 110) / 90) ** 2 + ((y - 140) / 250) ** 2 < 1
    assert seen_field(np.where(body, film, 0.0)) == (0, 0, 256, 220)


def test_a_film_of_one_grey_is_field():
    assert seen_field(np.full((64, 64), 7, np.uint16)) == (0, 0, 64, 64)
