"""Landmarks are where they were drawn, and are missing where there are none."""

import numpy as np
import pytest
from qc.shapes import APEX, CPA, DOME, END, Pose, fill, frontal, lateral

from medimg.qc.film import Film, NotMeasurable
from medimg.qc.landmarks import (
    apex,
    cardiophrenic,
    dome,
    left_recess,
    lower_recess,
    medial_end,
    recess,
    right_recess,
    upper_recess,
)  # fmt: skip
from medimg.qc.runs import runs_of

POSES = [
    Pose(),
    Pose(angle_deg=3),
    Pose(angle_deg=-4, shift=(8, 3)),
    Pose(spacing=0.4, shape=(1000, 1000)),
    Pose(spacing=1.5, shape=(270, 260)),
]


@pytest.mark.parametrize("pose", POSES)
def test_costophrenic_angles_are_where_they_were_drawn(pose):
    film = frontal(pose, pixels=False)
    for find, side in ((right_recess, "r"), (left_recess, "l")):
        found = find(film)
        assert found.point == pytest.approx(pose.at(CPA[side]), abs=max(2, 1.2 / pose.spacing))
        assert not found.cut


@pytest.mark.parametrize("pose", POSES)
def test_domes_apices_and_clavicle_ends_are_where_they_were_drawn(pose):
    film = frontal(pose, pixels=False)
    slant = np.abs(np.sin(np.deg2rad(pose.angle_deg))) / pose.spacing
    for side in "rl":
        assert apex(film.organ(f"lung_{side}"))[0] == pytest.approx(pose.at(APEX[side])[0], abs=1 + 2 * slant)
        assert dome(film, side)[0] == pytest.approx(pose.at(DOME[side])[0], abs=1 + 2 * slant)
        assert medial_end(film, side) == pytest.approx(pose.at(END[side]), abs=1 + 6 * slant)


def test_cardiophrenic_angle_is_the_lower_inner_corner():
    square = runs_of(fill(np.array([(10, 20), (10, 80), (90, 75), (60, 50), (95, 15)], dtype=float), (120, 100)))
    assert cardiophrenic(square, 1) == pytest.approx((90, 75), abs=2)


def leaking(film):
    """The right lung's mask reaches lower next to the heart than in its recess."""
    mask = film.masks["lung_r"].copy()
    row, column = right_recess(film).point
    mask[int(row) - 60 : int(row) + 40, int(column) + 95 : int(column) + 120] = True
    return Film(film.view, {**film.masks, "lung_r": mask}, None, film.field, film.spacing_mm)


def test_a_mask_that_reaches_lower_near_the_heart_does_not_move_the_angle():
    film = frontal(pixels=False)
    found = right_recess(leaking(film))
    assert found.point == right_recess(film).point
    assert leaking(film).organ("lung_r").box[2] > found.point[0] + 30


def test_a_lung_that_was_cut_off_flat_has_no_angle():
    film = frontal(pixels=False)
    mask = film.masks["lung_r"].copy()
    mask[330:] = False
    with pytest.raises(NotMeasurable, match="right lung has no costophrenic angle"):
        right_recess(Film("PA", {**film.masks, "lung_r": mask}, None, film.field))


def test_fluid_that_rises_to_the_wall_leaves_no_angle():
    film, pose = frontal(pixels=False), Pose()
    meniscus = np.array([(20.0, -200.0), (60.0, -110.0), (110.0, -50.0), (200.0, -20.0), (240.0, -20.0), (240.0, -200.0)])
    mask = film.masks["lung_r"] & ~fill(pose(meniscus), pose.shape)
    with pytest.raises(NotMeasurable, match="no costophrenic angle"):
        right_recess(Film("PA", {**film.masks, "lung_r": mask}, None, film.field))


@pytest.mark.parametrize(("shift", "below", "beside"), [((90.0, 0.0), True, False), ((0.0, -80.0), False, True)])
def test_an_angle_beyond_the_frame_is_cut(shift, below, beside):
    found = right_recess(frontal(Pose(shift=shift), pixels=False))
    assert (found.cut_below, found.cut_beside) == (below, beside)


@pytest.mark.parametrize("apart", [(6.0, 12.0), (6.0, -12.0), (12.0, 0.0), (-9.0, 5.0), (-8.0, -10.0), (20.0, 15.0)])
def test_both_posterior_angles_of_a_lateral_film_are_found(apart):
    film = lateral(apart=apart, pixels=False)
    tips = sorted((120.0, 120.0 + apart[0]), reverse=True)
    found = lower_recess(film).point[0], upper_recess(film).point[0]
    assert found == pytest.approx([Pose().at((tip, 0.0))[0] for tip in tips], abs=3)


def test_lungs_that_lie_on_each_other_have_their_angles_at_one_height():
    film = lateral(pixels=False)
    assert lower_recess(film).point[0] == upper_recess(film).point[0]


def test_recesses_look_to_the_side_they_are_told():
    film = frontal(pixels=False)
    assert recess(film.organ("lung_l"), film.field, 1, "left lung").point[1] > 350
