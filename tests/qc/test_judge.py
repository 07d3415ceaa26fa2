"""Verdicts of films: four groups, grade, reasons; masks that are not trusted never fail a film."""

from dataclasses import replace

import pytest
from qc.rulesets import CHEST, FOLDER, good_film, value_for

from medimg.qc.judge import judge_film
from medimg.qc.load import load
from medimg.qc.reasons import CID7011, codes_of
from medimg.qc.rules import NONE

POSITION = [rule for rule in CHEST.rules if rule.group == "position" and rule.limits != NONE]
BROKEN = [
    (rule, way)
    for rule in POSITION
    for way in ("no mask", "not trusted", *(["shut gate"] if any(gate[2] for gate in rule.gates.values()) else []))
]
DISTRUST = {"lung_area": 0.05, "lung_fragments": 0.3, "mask_trust": 0.4}


def judged(view="PA", rules=CHEST, facts=None, **numbers):
    return judge_film(good_film(view, rules, **numbers), {"view": view, **(facts or {})}, rules)


@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_a_good_film_passes_with_the_best_grade(view):
    film = judged(view)
    assert (film.verdict, film.grade, film.reason) == ("pass", "A", "")
    assert set(film.groups.values()) == {"pass"}


def test_grades_tell_warnings_fails_and_critical_fails():
    assert judged(centring_x=0.07).grade == "B"
    assert (judged(centring_x=0.2).verdict, judged(centring_x=0.2).grade) == ("fail", "C")
    assert judged(apex_margin=0.0).grade == "D"


def test_the_first_reason_is_the_gravest():
    film = judged(centring_x=0.2, apex_margin=0.0, deviation_index=1.5)
    assert film.reasons == ("C1_apex_margin", "C4_centring_x", "I1_deviation_index")
    assert (film.reason, film.groups["overall"], film.groups["imaging"]) == ("C1_apex_margin", "fail", "warn")
    assert codes_of(film, CHEST) == {"Positioning": "111209"}


def test_the_reason_for_rejecting_tells_the_side():
    assert codes_of(judged(deviation_index=-4.0), CHEST) == {"Under exposed": "111211"}
    assert codes_of(judged(deviation_index=4.0), CHEST) == {"Over exposed": "111212"}


def test_codes_are_those_of_the_standard():
    codes = pytest.importorskip("pydicom.sr.codedict").codes
    found = [getattr(codes.cid7011, name) for name in codes.cid7011.dir()]
    assert {code.meaning: code.value for code in found} == CID7011
    assert {code.scheme_designator for code in found} == {"DCM"}


@pytest.mark.parametrize(("metric", "number"), DISTRUST.items())
@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_masks_that_are_not_trusted_make_a_film_review_whatever_else_fails(view, metric, number):
    film = judged(view, apex_margin=0.0, organ_cut=0.5, deviation_index=5.0, **{metric: number})
    verdicts = {one.metric: one for one in film.rules}
    assert (film.verdict, film.grade) == ("review", "")
    assert film.reasons[0] == verdicts[metric].rule
    assert verdicts["apex_margin"].verdict == verdicts["organ_cut"].verdict == "unevaluable"
    assert verdicts["apex_margin"].reason == f"masks:{verdicts[metric].rule}"
    assert verdicts["deviation_index"].verdict == "fail"  # rests on no mask
    assert film.groups["imaging"] == "fail"


@pytest.mark.parametrize("unevaluable", ["review", "fail", "ignore"])
def test_no_setting_turns_a_doubted_film_into_a_reject(unevaluable):
    film = judged(rules=replace(CHEST, unevaluable=unevaluable), apex_margin=0.0, lung_area=0.05)
    assert film.verdict == "review"


def test_masks_whose_trust_cannot_be_told_are_doubted_and_masks_without_trust_are_not():
    values = [value for value in good_film(apex_margin=0.0) if value.metric != "lung_fragments"]
    gone = value_for(CHEST["O5_lung_fragments"], None, reason="the right lung is not on the film")
    assert judge_film([*values, gone], {"view": "PA"}, CHEST).verdict == "review"
    drawn_by_hand = value_for(CHEST["O6_mask_trust"], None, reason="the masks come without trust", applicable=False)
    values = [value for value in good_film(apex_margin=0.0) if value.metric != "mask_trust"]
    assert judge_film([*values, drawn_by_hand], {"view": "PA"}, CHEST).verdict == "fail"


@pytest.mark.parametrize(("rule", "broken"), BROKEN, ids=lambda item: getattr(item, "id", item))
def test_broken_masks_never_fail_a_position_rule(rule, broken):
    view = rule.views[0]
    worst = next((limit for limit in (rule.limits[0], rule.limits[3]) if limit is not None), None)
    number = None if worst is None else worst - 1 if worst == rule.limits[0] else worst + 1
    values = {value.metric: value for value in good_film(view)}
    bad = value_for(rule, number)
    if broken == "no mask":
        bad = value_for(rule, None, reason="a mask is missing")
    elif broken == "shut gate":
        bad = value_for(rule, number, gates={})
    else:
        values["lung_fragments"] = value_for(next(r for r in CHEST.of_view(view) if r.metric == "lung_fragments"), 0.5)
    film = judge_film([*(values | {rule.metric: bad}).values()], {"view": view}, CHEST)
    verdict = next(one for one in film.rules if one.rule == rule.id)
    assert verdict.verdict == "unevaluable"
    assert film.verdict == ("review" if rule.required or broken == "not trusted" else "pass")
    assert film.groups["position"] != "fail"


@pytest.mark.parametrize(("metric", "number"), [("organs_missing", 1.0), ("angles_found", 1.0)])
def test_an_organ_not_found_is_review_unless_its_neighbour_meets_the_frame(metric, number):
    rule = next(rule for rule in CHEST.of_view("PA") if rule.metric == metric)
    others = [value for value in good_film() if value.metric != metric]
    unexplained, explained = (value_for(rule, number, gates={"unexplained": count}) for count in (1.0, 0.0))
    assert judge_film([*others, unexplained], {"view": "PA"}, CHEST).verdict == "review"
    film = judge_film([*others, explained], {"view": "PA"}, CHEST)
    assert (film.verdict, film.grade, film.reason) == ("fail", "D", rule.id)


@pytest.mark.parametrize(("way", "verdict"), [("review", "review"), ("fail", "fail"), ("ignore", "pass")])
def test_a_group_that_cannot_be_judged_is_what_the_site_says(way, verdict):
    rules = replace(CHEST, unevaluable=way)
    values = [value for value in good_film() if value.metric != "rotation"]
    film = judge_film(values, {"view": "PA"}, rules)
    assert (film.groups["position"], film.verdict) == ("unevaluable", verdict)


def test_a_rule_that_is_not_required_or_not_counted_changes_no_group():
    values = [value for value in good_film() if value.metric != "tube_voltage"]
    assert judge_film(values, {"view": "PA"}, CHEST).verdict == "pass"
    film = judged(cardiothoracic_ratio=0.7)
    assert (film.verdict, film.grade, film.reasons) == ("pass", "A", ())
    assert next(one.verdict for one in film.rules if one.metric == "cardiothoracic_ratio") == "warn"


def test_a_group_may_fail_for_critical_rules_only():
    rules = replace(CHEST, groups={**CHEST.groups, "overall": "critical_fail"})
    assert (judged(rules=rules, centring_x=0.2).verdict, judged(rules=rules, centring_x=0.2).grade) == ("pass", "B")
    assert judged(rules=rules, apex_margin=0.0).verdict == "fail"


def test_ap_films_are_always_looked_at_and_scapulae_are_not_judged_on_them():
    film = judged("AP")
    assert (film.verdict, film.grade, film.reason) == ("review", "", "always_review")
    assert "P2_scapula_overlap" not in {one.rule for one in film.rules}
    assert judged("AP", apex_margin=0.0).verdict == "review"


def test_children_have_no_rules_but_their_own():
    assert (judged(facts={"age": 15.0}).verdict, judged(facts={"age": 15.0}).reason) == ("not_applicable", "age")
    assert judged(facts={"age": 16.0}).verdict == "pass"
    child = load("chest_child", FOLDER)
    film = judged(rules=child, facts={"age": 9.0}, inspiration=8.0, tube_voltage=70.0)
    verdicts = {one.metric: (one.verdict, one.reason) for one in film.rules}
    assert verdicts["inspiration"] == ("pass", "")
    assert verdicts["tube_voltage"] == ("not_applicable", "off")
    assert judged(rules=child, facts={"age": 40.0}, inspiration=8.0).grade == "B"


def test_a_view_without_rules_is_not_applicable():
    film = judge_film([], {"view": "OBL"}, CHEST)
    assert (film.verdict, film.reason) == ("not_applicable", "view")


def test_a_film_of_which_nothing_was_measured_is_review():
    film = judge_film([], {"view": "PA"}, CHEST)
    assert (film.verdict, set(film.groups.values())) == ("review", {"unevaluable"})
