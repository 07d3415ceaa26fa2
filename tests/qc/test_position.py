"""Positions are measured to a pixel wherever the body lies in the field."""

import numpy as np
import pytest
from qc.shapes import APEX, CPA, LAT_CPA, STERNUM_DEG, Pose, by_name, frontal, lateral, mirrored

from medimg.qc.film import Film
from medimg.qc.registry import measure

POSES = {
    "straight": Pose(),
    "shifted": Pose(shift=(-15.0, 20.0)),
    "turned": Pose(angle_deg=4.0),
    "turned back": Pose(angle_deg=-3.0, shift=(10.0, -5.0)),
    "finer": Pose(spacing=0.45, shape=(900, 920)),
    "coarser": Pose(spacing=1.6, shape=(256, 250)),
}


@pytest.fixture(params=POSES)
def pose(request):
    return POSES[request.param]


def test_margins_are_the_analytic_ones_to_a_pixel(pose):
    film = frontal(pose, pixels=False)
    found = by_name(measure(film))
    angles = [pose.at(CPA[side])[0] for side in "rl"]
    assert found["base_margin"].value * film.height == pytest.approx(pose.shape[0] - 0.5 - max(angles), abs=2 if pose.spacing < 1 else 1.5)
    if pose.angle_deg == 0:
        tops = [pose.at(APEX[side])[0] for side in "rl"]
        assert found["apex_margin"].value * film.height == pytest.approx(min(tops) + 0.5, abs=1)
        sides = pose.at(CPA["r"])[1] + 0.5, pose.shape[1] - 0.5 - pose.at(CPA["l"])[1]
        assert found["lateral_margin"].value * film.width == pytest.approx(min(sides), abs=1)


def test_spine_and_lungs_are_found_off_centre_by_what_they_were_shifted(pose):
    film = frontal(pose, pixels=False)
    found = by_name(measure(film))
    middle = (film.height - 1) / 2
    top, bottom = pose.at((-300.0, 0.0)), pose.at((300.0, 0.0))
    column = top[1] + (middle - top[0]) / (bottom[0] - top[0]) * (bottom[1] - top[1])
    assert found["centring_x"].value * film.width == pytest.approx(abs(column - (film.width - 1) / 2), abs=0.5)
    if pose.angle_deg == 0:
        expected = abs(pose.at(((-130.0 + 128.0) / 2, 0.0))[0] - middle)
        assert found["centring_y"].value * film.height == pytest.approx(expected, abs=1)


def test_tilt_is_the_angle_turned_by_and_clockwise_is_positive(pose):
    assert by_name(measure(frontal(pose, pixels=False)))["tilt"].value == pytest.approx(pose.angle_deg, abs=0.1)
    assert by_name(measure(lateral(pose, pixels=False)))["tilt"].value == pytest.approx(STERNUM_DEG / 2 + pose.angle_deg, abs=0.15)


def test_tilt_does_not_depend_on_how_much_of_the_spine_is_seen():
    film = frontal(Pose(angle_deg=3.0), field=(100, 20, 400, 480), pixels=False)
    assert by_name(measure(film))["tilt"].value == pytest.approx(3.0, abs=0.1)


def test_a_smaller_field_takes_the_margins_along(pose):
    rows, columns = pose.shape
    field = (8, 5, rows - 3, columns - 2)
    whole, cropped = (by_name(measure(frontal(pose, field=f, pixels=False))) for f in (None, field))
    for name, lost, size, left in (("apex_margin", 8, rows, rows - 11), ("base_margin", 3, rows, rows - 11)):
        assert cropped[name].value * left == pytest.approx(whole[name].value * size - lost, abs=1e-6)


def test_collimation_excess_compares_areas():
    pose = Pose(shape=(520, 560))
    wide, high = CPA["l"][1] - CPA["r"][1] + 40, CPA["l"][0] - APEX["r"][0] + 40
    expected = 520 * 560 * 0.8**2 / (wide * high) - 1
    assert by_name(measure(frontal(pose, pixels=False)))["collimation_excess"].value == pytest.approx(expected, rel=0.02)


def test_lateral_margins_and_walls():
    pose = Pose(shift=(5.0, -10.0))
    found, height, width = by_name(measure(lateral(pose, pixels=False))), *pose.shape
    assert found["base_margin"].value * height == pytest.approx(height - 0.5 - pose.at(LAT_CPA)[0], abs=1.5)
    assert found["apex_margin"].value * height == pytest.approx(pose.at((-140.0, 0.0))[0] + 0.5, abs=1)
    half = 70 * np.sin(np.deg2rad(STERNUM_DEG)) + 6 * np.cos(np.deg2rad(STERNUM_DEG))
    front = pose.at((0.0, -125.0 - half))[1] + 0.5
    back = width - 0.5 - pose.at((0.0, 128.0))[1]
    assert found["wall_margin"].value * width == pytest.approx(min(front, back), abs=1)


@pytest.mark.parametrize("name", ["apex_margin", "lateral_margin", "base_margin", "centring_x", "centring_y", "collimation_excess"])
def test_a_mirrored_film_with_sides_exchanged_measures_the_same(name):
    film = frontal(Pose(angle_deg=2.0, shift=(6.0, 14.0)), pixels=False)
    assert by_name(measure(mirrored(film)))[name].value == pytest.approx(by_name(measure(film))[name].value, abs=1 / 500)


def test_a_mirrored_film_tilts_the_other_way():
    film = frontal(Pose(angle_deg=2.0), pixels=False)
    assert by_name(measure(mirrored(film)))["tilt"].value == pytest.approx(-2.0, abs=0.1)


def test_an_angle_cut_by_the_lower_edge_has_no_margin_and_one_cut_by_the_side_gives_none():
    found = by_name(measure(frontal(Pose(shift=(85.0, 0.0)), pixels=False)))
    assert found["base_margin"].value == 0
    assert found["base_margin"].gates["angles_cut"] == 2
    found = by_name(measure(frontal(Pose(shift=(0.0, -75.0)), pixels=False)))
    assert found["base_margin"].value is None
    assert "right costophrenic angle is cut off by the side" in found["base_margin"].reason
    assert found["lateral_margin"].value == 0


def test_without_the_size_of_pixels_there_is_no_tight_collimation():
    film = frontal(Pose(spacing=0.8), pixels=False)
    value = by_name(measure(type(film)(film.view, film.masks, None, film.field)))["collimation_excess"]
    assert value.value is None
    assert not value.applicable
    assert "size of the pixels" in value.reason


def test_a_margin_at_its_limit_is_inside_wherever_the_field_begins():
    lungs = {name: np.zeros((520, 500), bool) for name in ("lung_r", "lung_l")}
    lungs["lung_r"][15:400, 80:220] = lungs["lung_l"][15:400, 280:420] = True
    assert by_name(measure(Film("PA", lungs, None, (10, 0, 510, 500))))["apex_margin"].value == 0.01
