"""The rules that come with medimg: all of the specification, sources for every limit, texts in both languages."""

import re

import pytest
from qc.rulesets import CHEST, FOLDER, NAMES

from medimg.qc.load import load
from medimg.qc.reasons import CID7011
from medimg.qc.registry import metrics
from medimg.qc.rules import NONE

RULES = [rule for name in NAMES for rule in load(name, FOLDER).rules]
NUMBERS = (
    [f"C{n}" for n in range(1, 8)] + [f"O{n}" for n in range(1, 8)] + [f"I{n}" for n in range(1, 11)] + [f"P{n}" for n in range(1, 10)]
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_rule_of_the_specification_is_there():
    assert [number for number in [*NUMBERS, "S1"] if number not in {rule.id.partition("_")[0] for rule in CHEST.rules}] == []
    assert {rule.metric for rule in CHEST.rules} == set(metrics())


@pytest.mark.parametrize("rule", CHEST.rules, ids=lambda rule: rule.id)
def test_every_side_with_a_limit_has_its_texts_in_both_languages(rule):
    limits = [rule.limits, *(one.change.get("limits", NONE) for one in rule.overrides)]
    sides = {
        side for side, places in (("low", (0, 1)), ("high", (2, 3))) if any(one[place] is not None for one in limits for place in places)
    }
    assert sides <= set(rule.text.finding) == set(rule.text.mend)
    for words in (rule.text.title, *rule.text.finding.values(), *rule.text.mend.values()):
        assert CHINESE.search(words["zh"])
        assert not CHINESE.search(words["en"])
        assert len(words["en"]) > 3
    for words in (*rule.text.finding.values(), *rule.text.mend.values()):
        assert words["en"].endswith(".")
        assert words["zh"].endswith("。")
        assert not re.search(r"[\u4e00-\u9fff][,;:.]|[,;]\s*[\u4e00-\u9fff]", words["zh"]), "Chinese text with Western punctuation"


@pytest.mark.parametrize("rule", CHEST.rules, ids=lambda rule: rule.id)
def test_every_limit_has_its_evidence_and_every_rule_a_source(rule):
    assert set(rule.source) == {"en", "zh"}
    assert not re.search(r"[\u4e00-\u9fff][,;:.]|[,;]\s*[\u4e00-\u9fff]", rule.source["zh"]), "Chinese text with Western punctuation"
    for limit, mark in zip(rule.limits, rule.evidence, strict=True):
        assert (limit is None) == (mark is None)
        assert mark in (None, "published", "common knowledge", "proposal")
    assert set(rule.cid7011.values()) <= set(CID7011)


def test_only_masks_fail_nothing_and_notes_count_for_nothing():
    assert {rule.metric for rule in CHEST.rules if rule.distrust} == {"lung_area", "lung_fragments", "mask_trust"}
    assert {rule.metric for rule in CHEST.rules if not rule.counted} == {"rotation_mm", "trachea_shift", "cardiothoracic_ratio"}
    assert all(rule.limits[0] is rule.limits[3] is None for rule in CHEST.rules if not rule.counted)


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("C1_apex_margin", (0.01, 0.03, 0.20, None)), ("C2_lateral_margin", (0.005, 0.015, None, None)),
        ("C3_base_margin_lat", (0.03, 0.09, 0.30, None)), ("C4_centring_x", (None, None, 0.05, 0.10)),
        ("C5_collimation_excess", (None, None, 0.45, 1.0)), ("C6_tilt_lat", (2.5, 4.5, 10.5, 12.5)),
        ("C7_wall_margin_lat", (0, 0.01, None, None)),
        ("O1_organ_set", (None, None, 0, 0)), ("O2_organ_cut", (None, None, 0, 0.02)), ("O2_shoulder_cut", (None, None, 0.25, None)),
        ("O3_lung_area", (0.12, 0.20, 0.60, 0.70)), ("O4_lung_balance", (0.5, 0.7, None, None)),
        ("O5_lung_fragments", (None, None, 0.03, 0.10)), ("O6_mask_trust", (0.6, 0.7, None, None)),
        ("O7_angles_found", (2, 2, None, None)), ("O7_angles_found_lat", (1, 1, None, None)), ("I1_deviation_index", (-3, -1, 1, 3)),
        ("I2_clipped_lung", (None, None, 0.01, 0.05)), ("I3_lung_grey", (0.10, 0.15, 0.50, 0.60)),
        ("I4_organ_contrast", (0.15, 0.25, None, None)), ("I4_organ_contrast_lat", (None, None, None, None)),
        ("I6_sharpness", (None, None, 2.0, 3.0)), ("I8_polarity", (1, 1, None, None)),
        ("I9_annotation", (None, None, 0, 0)), ("I10_tube_voltage", (None, 100, 130, None)),
        ("I10_source_distance", (None, 1500, 2000, None)), ("I10_exposure_time", (None, None, 20, None)),
        ("I10_exposure_time_lat", (None, None, 40, None)), ("P1_rotation", (0.40, 0.60, None, None)),
        ("P2_scapula_overlap", (None, None, 0.10, 0.30)), ("P3_inspiration", (8, 9, 12, None)),
        ("P4_clavicle_level", (None, None, 0.03, 0.05)),
        ("P5_view_match", (1, 1, None, None)), ("P6_cardiothoracic_ratio", (None, None, 0.50, None)),
        ("P7_posterior_borders_lat", (None, None, 10, 20)), ("P8_sternum_profile_lat", (None, None, 0.20, 0.30)),
        ("P8_arm_over_lung_lat", (None, None, 0.01, 0.03)), ("P9_recess_level_lat", (None, None, 15, 30)),
    ],
)  # fmt: skip
def test_limits_are_those_of_the_specification(rule, limits):
    assert CHEST[rule].limits == limits


def test_children_are_judged_by_the_adults_set_with_changes_under_16():
    child = load("chest_child", FOLDER)
    assert child.ages == (None, None)
    assert child["P3_inspiration"].at({"age": 10.0, "unit": "ribs"}).limits == (7, 8, None, None)
    assert child["P3_inspiration"].at({"age": 16.0, "unit": "ribs"}) == child["P3_inspiration"]
    assert [child["P6_cardiothoracic_ratio"].at({"age": age}).limits[2] for age in (0.5, 1.0, 20.0)] == [0.60, 0.50, 0.50]
    assert not child["S1_views_present"].at({"age": 3.0}).enabled
