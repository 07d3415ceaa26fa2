"""A study: each expected view exactly once, and the worst of its films."""

from dataclasses import replace

import pytest
from qc.rulesets import CHEST, FOLDER, good_film

from medimg.qc.judge import judge_film
from medimg.qc.load import load
from medimg.qc.study import judge_study, views_present


def film(view, **numbers):
    return view, judge_film(good_film(view, **numbers), {"view": view}, CHEST)


@pytest.mark.parametrize(
    ("views", "wrong"), [(["PA", "LAT"], 0), (["LAT", "PA"], 0), (["PA"], 1), (["PA", "PA", "LAT"], 1), (["LAT", "LAT"], 2), ([], 2)]
)
def test_each_expected_view_is_there_exactly_once(views, wrong):
    assert views_present(views, ("PA", "LAT")).value == wrong


def test_a_missing_or_doubled_view_fails_the_studys_completeness():
    for views in (["PA"], ["PA", "LAT", "LAT"]):
        study = judge_study([film(view) for view in views], {}, CHEST)
        assert (study.verdict, study.grade, study.reason, study.groups["overall"]) == ("fail", "C", "S1_views_present", "fail")
    study = judge_study([film("PA"), film("LAT")], {}, CHEST)
    assert (study.verdict, study.grade, study.reasons) == ("pass", "A", ())


def test_a_study_has_the_grade_of_its_worst_film():
    assert judge_study([film("PA"), film("LAT", apex_margin=0.02)], {}, CHEST).grade == "B"
    worst = judge_study([film("PA", apex_margin=0.0), film("LAT", centring_y=0.2)], {}, CHEST)
    assert (worst.verdict, worst.grade, worst.reason) == ("fail", "D", "C1_apex_margin")
    doubt = judge_study([film("PA", lung_area=0.05), film("LAT")], {}, CHEST)
    assert (doubt.verdict, doubt.grade, doubt.groups["organs"]) == ("review", "", "unevaluable")
    assert judge_study([film("PA", lung_area=0.05), film("LAT", centring_y=0.2)], {}, CHEST).verdict == "fail"


def test_a_study_of_another_kind_or_of_a_child_is_not_held_against_the_views():
    bedside = judge_study([film("AP")], {}, CHEST)
    assert (bedside.verdict, bedside.rules[0].verdict, bedside.rules[0].reason) == ("review", "not_applicable", "no_meaning:has AP")
    child = load("chest_child", FOLDER)
    one = ("PA", judge_film(good_film(rules=child), {"view": "PA", "age": 5.0}, child))
    assert judge_study([one], {"age": 5.0}, child).verdict == "pass"
    assert judge_study([one], {"age": 30.0}, child).verdict == "fail"


def test_the_adults_rules_say_nothing_of_a_childs_study():
    child = judge_film(good_film(), {"view": "PA", "age": 5.0}, CHEST)
    study = judge_study([("PA", child)], {"age": 5.0}, CHEST)
    assert (study.verdict, study.groups["overall"], study.grade, study.reasons) == ("not_applicable", "not_applicable", "", ("age",))
    assert (study.rules[0].verdict, study.rules[0].reason) == ("not_applicable", "age")


def test_without_a_rule_of_the_study_it_is_the_worst_film():
    rules = replace(CHEST, rules=tuple(rule for rule in CHEST.rules if rule.views != ("study",)))
    assert judge_study([film("PA")], {}, rules).verdict == "pass"
