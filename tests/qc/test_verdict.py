"""Verdicts of single values: limits flip exactly where they say, gates and reasons come first."""

import math
from dataclasses import replace

import numpy as np
import pytest
from qc.rulesets import CHEST, COUNTED, inside, value_for

from medimg.qc.rules import NONE, Override
from medimg.qc.verdict import against, judge_value

EDGES = [(rule, place) for rule in COUNTED for place, limit in enumerate(rule.limits) if limit is not None]
AT, BEYOND = ("warn", "pass", "pass", "warn"), ("fail", "warn", "warn", "fail")


def grade_of(rule, verdict):
    """A rule about masks never fails a film: beyond its fail limits it cannot be evaluated."""
    return "unevaluable" if rule.distrust and verdict == "fail" else verdict


def test_there_are_limits_of_every_group_and_both_views():
    assert len(EDGES) > 80
    assert {rule.group for rule, _ in EDGES} == {"overall", "organs", "imaging", "position"}


@pytest.mark.parametrize(("rule", "place"), EDGES, ids=lambda item: getattr(item, "id", str(item)))
def test_a_verdict_flips_exactly_beyond_its_limit(rule, place):
    limit = rule.limits[place]
    outward = -math.inf if place < 2 else math.inf
    beyond = judge_value(rule, value_for(rule, float(np.nextafter(limit, outward))), {"view": rule.views[0]})
    at = judge_value(rule, value_for(rule, limit), {"view": rule.views[0]})
    same = rule.limits[1 if place == 0 else 2 if place == 3 else place] == limit and place in (0, 3)  # no room between fail and warn
    assert beyond.verdict == grade_of(rule, BEYOND[place] if not _shadowed(rule, place) else "fail")
    assert at.verdict == ("pass" if same else AT[place])
    assert beyond.side == ("low" if place < 2 else "high")
    assert at.side == ("" if at.verdict == "pass" else beyond.side)


def _shadowed(rule, place):
    """Whether a warn limit equals the fail limit, so that beyond it there is no room for a warning."""
    return place in (1, 2) and rule.limits[0 if place == 1 else 3] == rule.limits[place]


@pytest.mark.parametrize("rule", COUNTED, ids=lambda rule: rule.id)
def test_a_value_in_the_middle_passes(rule):
    assert judge_value(rule, value_for(rule, inside(rule.limits)), {"view": rule.views[0]}).verdict == "pass"


def test_limits_against_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(500):
        limits = [None if rng.random() < 0.3 else number for number in np.sort(rng.integers(0, 6, 4)).astype(float)]
        value = float(rng.integers(0, 7))
        low = [limit is not None and value < limit for limit in limits[:2]]
        high = [limit is not None and value > limit for limit in limits[2:]]
        wanted = "fail" if low[0] or high[1] else "warn" if low[1] or high[0] else "pass"
        assert against(tuple(limits), value)[0] == wanted


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_not_judged(number):
    rule = CHEST["C1_apex_margin"]
    assert judge_value(rule, value_for(rule, number), {}).verdict == "unevaluable"


def test_what_was_not_measured_or_does_not_apply_says_so():
    rule = CHEST["I6_sharpness"]
    assert judge_value(rule, None, {}).reason == "not_measured"
    none = value_for(rule, None, reason="the size of the pixels is not known", applicable=False)
    assert judge_value(rule, none, {}).verdict == "not_applicable"
    assert judge_value(rule, none, {}).reason == "no_meaning:the size of the pixels is not known"
    gone = value_for(rule, None, reason="the heart is not on the film")
    assert (judge_value(rule, gone, {}).verdict, judge_value(rule, gone, {}).reason) == (
        "unevaluable",
        "no_value:the heart is not on the film",
    )


GATED = [(rule, gate, side) for rule in COUNTED for gate, bounds in rule.gates.items() for side in (0, 1) if bounds[side] is not None]


@pytest.mark.parametrize(("rule", "gate", "side"), GATED, ids=lambda item: getattr(item, "id", str(item)))
def test_a_gate_closes_exactly_beyond_its_range_and_before_the_limits(rule, gate, side):
    worst = next(limit for limit in (*rule.limits[:1], *rule.limits[3:], *rule.limits) if limit is not None)
    outward = worst + (-1 if worst in rule.limits[:2] else 1)
    edge = rule.gates[gate][side]
    value = value_for(rule, outward)
    at = replace(value, gates={**value.gates, gate: edge})
    beyond = replace(value, gates={**value.gates, gate: float(np.nextafter(edge, (-math.inf, math.inf)[side]))})
    assert judge_value(rule, at, {}).verdict in ("fail", "warn")
    assert (judge_value(rule, beyond, {}).verdict, judge_value(rule, beyond, {}).reason) == ("unevaluable", f"gate:{gate}")


@pytest.mark.parametrize("gates", [{}, {"clavicle_y_diff": math.nan, "clavicle_to_lung": 0.0, "spine_residual": 0.0}])
def test_a_gate_that_was_not_measured_is_shut(gates):
    rule = CHEST["P1_rotation"]
    assert judge_value(rule, value_for(rule, 0.1, gates=gates), {}).reason == "gate:clavicle_y_diff"


def test_a_gate_with_a_question_mark_is_open_where_nothing_was_measured():
    rule = CHEST["P5_view_match"]
    assert judge_value(rule, value_for(rule, 0.0, gates={"view_differs": 1.0}), {}).verdict == "fail"
    mirrored = value_for(rule, 0.0, gates={"view_differs": 0.0, "heart_offset": -0.1})
    assert judge_value(rule, mirrored, {}).reason == "gate:heart_offset"


def test_sharpness_in_pixels_is_not_held_against_millimetres():
    rule = CHEST["I6_sharpness"]
    assert judge_value(rule, value_for(rule, 9.0, unit="px"), {}).verdict == "not_applicable"


def test_a_value_in_another_unit_is_not_held_against_the_limits():
    rule = CHEST["C1_apex_margin"]
    found = judge_value(rule, value_for(rule, 12.0, unit="mm"), {})
    assert (found.verdict, found.reason) == ("unevaluable", "unit:mm")


def test_without_rib_masks_inspiration_has_limits_of_its_own():
    rule = CHEST["P3_inspiration"]
    shallow = judge_value(rule, value_for(rule, 0.5, unit="ratio", gates={}), {"view": "PA"})
    assert (shallow.verdict, shallow.limits) == ("warn", (None, 0.7, None, None))
    assert judge_value(rule, value_for(rule, 7.0), {"view": "PA"}).verdict == "fail"


def test_a_rule_without_limits_waits_for_the_sites_percentiles():
    rule = CHEST["I5_retrocardiac"]
    assert rule.limits == NONE
    assert judge_value(rule, value_for(rule, 2.0), {}).reason == "no_limits"


def test_the_last_override_that_fits_wins_and_an_unknown_fact_fits_none():
    first = Override({"StationName": ("DR3",)}, {"limits": (-4.0, -2.0, 2.0, 4.0)})
    second = Override({"StationName": ("DR3",), "age": (None, 16)}, {"limits": (-1.0, -1.0, 1.0, 1.0), "critical": True})
    rule = replace(CHEST["I1_deviation_index"], overrides=(first, second))
    value = value_for(rule, 3.5)
    assert judge_value(rule, value, {}).verdict == "fail"
    assert judge_value(rule, value, {"StationName": "DR3"}).verdict == "warn"
    child = judge_value(rule, value, {"StationName": "DR3", "age": 9.0})
    assert (child.verdict, child.critical) == ("fail", True)
    assert judge_value(rule, value, {"StationName": "DR3", "age": 16.0}).verdict == "warn"
    assert not rule.critical
