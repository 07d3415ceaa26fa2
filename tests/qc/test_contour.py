"""Borders and axes of shapes with a known answer."""

import numpy as np
import pytest
from qc.shapes import box, ellipse, fill, turned

from medimg.qc.contour import axis, bottoms, boundary
from medimg.qc.film import NotMeasurable
from medimg.qc.runs import runs_of


def shape_of(points, size=(400, 400)):
    runs = runs_of(fill(points, size))
    assert runs is not None
    return runs


@pytest.mark.parametrize("angle", [0, 7, 15, 22.5, 30, 45, 60])
def test_the_contour_of_a_turned_box_is_as_long_as_its_sides(angle):
    _, _, length = boundary(shape_of(turned(box(-90, -50, 90, 50), angle, (200, 200))))
    assert length.sum() == pytest.approx(560 - 4, rel=0.012)  # half a pixel inside of all sides


def test_the_contour_of_a_disc_is_its_circumference():
    _, _, length = boundary(shape_of(ellipse(200, 200, 120, 120)))
    assert length.sum() == pytest.approx(2 * np.pi * 119.5, rel=0.012)


def test_boundary_pixels_have_a_neighbour_outside():
    mask = np.zeros((6, 7), dtype=bool)
    mask[1:5, 2:6] = True
    rows, columns, _ = boundary(runs_of(mask))
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {(r, c) for r in range(1, 5) for c in range(2, 6)} - {
        (2, 3), (2, 4), (3, 3), (3, 4)
    }  # fmt: skip


def test_a_single_pixel_has_a_boundary():
    mask = np.zeros((3, 3), dtype=bool)
    mask[1, 1] = True
    rows, columns, length = boundary(runs_of(mask))
    assert (rows, columns) == (1, 1)
    assert np.isfinite(length).all()


def test_lowest_rows_of_columns():
    disc = shape_of(ellipse(200, 150, 60, 40))
    columns, low = bottoms(disc)
    x = (columns - 150) / 40
    inside = np.abs(x) < 0.95
    np.testing.assert_allclose(low[inside], 200 + 60 * np.sqrt(1 - x[inside] ** 2), atol=1)


@pytest.mark.parametrize("angle", [-30, -10, -3, 0, 3, 10, 30])
def test_the_axis_of_a_turned_bar_has_its_angle(angle):
    line = axis(shape_of(turned(box(-150, -15.2, 150, 15.2), angle, (200, 200.1))), 50, "spine")
    assert line.angle_deg == pytest.approx(angle, abs=0.1)
    assert line.residual < 0.7
    assert line.at(200) == pytest.approx(200, abs=0.3)


def test_a_bent_bar_leaves_a_residual():
    y = np.linspace(-150, 150, 80)
    bend = 40 * np.sin(np.pi * y / 150)
    outline = np.vstack([np.stack([y + 200, bend + 185], 1), np.stack([y + 200, bend + 215], 1)[::-1]])
    line = axis(shape_of(outline), 50, "spine")
    slope = (y * bend).sum() / (y**2).sum()
    assert line.residual == pytest.approx(np.sqrt(np.mean((bend - slope * y) ** 2)), rel=0.03)


def test_short_and_lying_shapes_have_no_axis():
    with pytest.raises(NotMeasurable, match="too short"):
        axis(shape_of(box(100, 100, 130, 120)), 50, "spine")
    with pytest.raises(NotMeasurable, match="wider than high"):
        axis(shape_of(box(100, 50, 160, 350)), 50, "spine")
