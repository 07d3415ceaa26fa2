"""Breath, view, trachea and heart on frontal films."""

from dataclasses import replace

import numpy as np
import pytest
from qc.rulesets import CHEST
from qc.shapes import CPA, DOME, HEART, RIB_TOPS, Pose, by_name, frontal, frontal_masks, lateral_masks, mirrored

from medimg.qc.film import Film
from medimg.qc.registry import measure
from medimg.qc.verdict import judge_value

POSES = [Pose(), Pose(angle_deg=3), Pose(spacing=0.4, shape=(1000, 1000)), Pose(spacing=1.4, shape=(290, 300))]
WIDTH = CPA["l"][1] - CPA["r"][1]


def seen(masks, **film):
    return by_name(measure(Film("PA", masks, None, (0, 0, 500, 500), **film)))


@pytest.mark.parametrize("pose", POSES)
def test_ribs_above_the_dome_are_counted(pose):
    slope = 28 * 0.9 / 114
    middles = [top + 4 + slope * (-20 - DOME["r"][1]) for top in RIB_TOPS]
    value = by_name(measure(frontal(pose, pixels=False)))["inspiration"]
    assert value.value == sum(middle < DOME["r"][0] for middle in middles) == 10
    assert value.unit == "ribs"
    assert value.gates["rib_gap"] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("lower_mm", [-50, -25, 0, 15])
def test_a_lower_dome_shows_more_ribs(lower_mm):
    masks = frontal_masks()
    masks["diaphragm_r"] = np.roll(masks["diaphragm_r"], round(lower_mm / 0.8), axis=0)
    middles = [top + 4 + 28 * 0.9 * 60 / 114 for top in RIB_TOPS]
    assert seen(masks)["inspiration"].value == sum(middle < DOME["r"][0] + lower_mm for middle in middles)


def test_a_rib_that_is_missing_or_two_that_touch_show_in_the_gate():
    masks, row = frontal_masks(), round(Pose().at((RIB_TOPS[5] + 17, -80.0))[0])
    ribs = masks["ribs_r"].copy()
    ribs[row - 25 : row + 1, 100:240] = True
    assert seen({**masks, "ribs_r": ribs})["inspiration"].gates["rib_gap"] > 1.4


@pytest.mark.parametrize("columns", [slice(90, 125), slice(90, 175), slice(190, 210)])
def test_ribs_that_touch_each_other_somewhere_are_counted_one_by_one(columns):
    masks = frontal_masks()
    whole, ribs = seen(masks)["inspiration"], masks["ribs_r"].copy()
    ribs[:, columns] |= masks["lung_r"][:, columns]
    found = seen({**masks, "ribs_r": ribs})["inspiration"]
    assert found.value == whole.value
    assert found.gates["rib_gap"] == pytest.approx(1, abs=0.3)


def test_ribs_beside_the_dome_alone_tell_no_breath():
    masks = frontal_masks()
    ribs = masks["ribs_r"].copy()
    ribs[:, 140:] = False
    assert seen({**masks, "ribs_r": ribs})["inspiration"].reason == "no rib lies between the right dome and the spine"


def test_without_rib_masks_the_proportion_of_the_thorax_is_told_with_its_unit():
    masks = {organ: mask for organ, mask in frontal_masks().items() if organ != "ribs_r"}
    value = seen(masks)["inspiration"]
    assert value.unit == "ratio"
    assert value.value == pytest.approx((DOME["r"][0] + 130) / WIDTH, rel=0.01)


def test_an_empty_rib_mask_is_no_proportion():
    masks = frontal_masks() | {"ribs_r": np.zeros((500, 500), dtype=bool)}
    assert seen(masks)["inspiration"].reason == "nothing was found of the right ribs"


@pytest.mark.parametrize("pose", POSES)
def test_heart_and_trachea_over_the_thorax(pose):
    found = by_name(measure(frontal(pose, pixels=False)))
    slant = 0.01 if pose.angle_deg else 0.0
    assert found["cardiothoracic_ratio"].value == pytest.approx(2 * HEART[3] / WIDTH, abs=0.005 + slant)
    assert found["trachea_shift"].value == pytest.approx(1 / WIDTH, abs=0.003)


@pytest.mark.parametrize(
    ("tag", "view", "matches"),
    [
        ("PA", "PA", 1),
        (" pa ", "PA", 1),
        ("AP", "PA", 0),
        ("LEFT LATERAL", "PA", 0),
        ("LL", "PA", 0),
        ("AP", "AP", 1),
        ("", "PA", 1),
        ("LLO", "PA", 1),
        (None, "PA", 1),
    ],
)
def test_the_view_is_compared_with_the_tag(tag, view, matches):
    value = by_name(measure(frontal(view=view, stored={"ViewPosition": tag}, pixels=False)))["view_match"]
    assert value.value == matches


def test_a_film_that_only_the_networks_see_otherwise_is_for_a_person_and_fails_where_a_site_trusts_them():
    for view in ("PA", "LAT"):
        rule = next(rule for rule in CHEST.of_view(view) if rule.metric == "view_match")
        other = "LAT" if view == "PA" else "PA"
        masks = frontal_masks() if view == "PA" else lateral_masks()
        value = by_name(measure(Film(view, masks, None, (0, 0, 500, 500), 0.8, {"PredictedView": other})))["view_match"]
        assert (value.value, value.gates["networks_disagree"]) == (0, 1)
        found = judge_value(rule, value, {"view": view})
        assert (found.verdict, found.reason) == ("unevaluable", "gate:networks_disagree")
        assert judge_value(replace(rule, gates={}), value, {"view": view}).verdict == "fail"


def test_a_heart_on_the_right_does_not_match():
    value = by_name(measure(mirrored(frontal(pixels=False, stored={"ViewPosition": "PA"}))))["view_match"]
    assert value.value == 0
    assert value.gates["heart_offset"] == pytest.approx(-HEART[1] / 400, abs=0.005)
    assert by_name(measure(frontal(pixels=False)))["view_match"].gates["heart_offset"] == pytest.approx(HEART[1] / 400, abs=0.005)


@pytest.mark.parametrize("name", ["inspiration", "cardiothoracic_ratio", "trachea_shift"])
def test_a_spine_elsewhere_or_lost_lungs_give_reasons(name):
    masks = frontal_masks()
    masks["spine"] = np.roll(masks["spine"], 160, axis=1)
    masks["lung_l"] = np.zeros((500, 500), dtype=bool)
    masks["diaphragm_r"] = masks["lung_l"]
    value = seen(masks)[name]
    assert value.value is None
    assert "nothing was found of the left lung" in value.reason or "right diaphragm" in value.reason


def test_a_spine_beside_the_lungs_is_noticed():
    masks = frontal_masks()
    masks["spine"] = np.roll(masks["spine"], 160, axis=1)
    found = seen(masks)
    for name in ("centring_x", "tilt", "rotation", "trachea_shift"):
        assert found[name].reason == "the spine does not run between the lungs"
