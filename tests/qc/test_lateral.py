"""Position detail of lateral films."""

import numpy as np
import pytest
from qc.shapes import Pose, box, by_name, ellipse, fill, frontal, lateral, lateral_masks, turned

from medimg.qc.film import Film
from medimg.qc.registry import measure

POSES = [Pose(), Pose(angle_deg=2.0), Pose(spacing=0.4, shape=(1000, 1000)), Pose(spacing=1.4, shape=(300, 300))]


def seen(masks):
    return by_name(measure(Film("LAT", masks, None, (0, 0, 500, 500), 0.8)))


@pytest.mark.parametrize("back", [0.0, 6.0, 12.0, 25.0, -10.0])
@pytest.mark.parametrize("pose", POSES)
def test_posterior_borders_lie_as_far_apart_as_the_lungs(pose, back):
    value = by_name(measure(lateral(pose, apart=(0.0, back), pixels=False)))["posterior_borders"]
    assert value.value == pytest.approx(abs(back), abs=1.5 * pose.spacing)


@pytest.mark.parametrize("down", [0.0, 8.0, 18.0, -25.0])
@pytest.mark.parametrize("pose", POSES[2:])
def test_recess_levels_differ_by_what_the_lungs_were_moved(pose, down):
    value = by_name(measure(lateral(pose, apart=(down, 5.0), pixels=False)))["recess_level"]
    assert value.value == pytest.approx(abs(down), abs=max(2, 4.5 * pose.spacing))  # a tip that stands out by 5 mm is three coarse pixels


@pytest.mark.parametrize(("long", "wide"), [(100, 10), (80, 24), (60, 60)])
@pytest.mark.parametrize("angle", [0, 20, -35])
def test_the_sternum_profile_is_the_ratio_of_its_axes(long, wide, angle):
    masks = lateral_masks()
    masks["sternum"] = fill(turned(ellipse(0, 0, long, wide), angle, (200, 100)), (500, 500))
    assert seen(masks)["sternum_profile"].value == pytest.approx(wide / long, abs=0.01)
    masks["sternum"] = fill(turned(box(-long, -wide, long, wide), angle, (200, 100)), (500, 500))
    assert seen(masks)["sternum_profile"].value == pytest.approx(wide / long, abs=0.01)


def test_the_arm_covers_its_share_of_the_lung():
    masks = lateral_masks()
    assert seen(masks)["arm_over_lung"].value == 0
    masks["arm"] = np.zeros((500, 500), dtype=bool)
    masks["arm"][:160] = True
    expected = (masks["arm"] & masks["lung"]).sum() / masks["lung"].sum()
    assert seen(masks)["arm_over_lung"].value == pytest.approx(expected)
    del masks["arm"]
    assert seen(masks)["arm_over_lung"].reason == "there is no mask of the arm"


def test_lengths_in_mm_do_not_apply_without_the_size_of_pixels():
    found = by_name(measure(Film("LAT", lateral_masks(), None, (0, 0, 500, 500))))
    for name in ("posterior_borders", "recess_level"):
        assert found[name].value is None
        assert not found[name].applicable


def test_an_overlap_beside_the_lungs_and_a_sternum_behind_the_spine_are_noticed():
    masks = lateral_masks()
    masks["lung_both"] = np.roll(masks["lung_both"], 120, axis=1)
    masks["sternum"] = np.roll(masks["sternum"], 340, axis=1)
    found = seen(masks)
    assert found["posterior_borders"].reason == "the overlap of the lungs does not lie in their outline"
    assert found["recess_level"].reason == found["posterior_borders"].reason
    assert found["wall_margin"].reason == found["tilt"].reason == "the sternum does not lie in front of the spine"


def test_cut_recesses_have_no_level():
    value = by_name(measure(lateral(field=(0, 0, 396, 500), pixels=False)))["recess_level"]
    assert value.value is None
    assert "cut off by the frame" in value.reason


def test_lateral_metrics_are_not_asked_of_frontal_films():
    assert not {"posterior_borders", "sternum_profile"} & set(by_name(measure(frontal(pixels=False))))
