"""Texts of rules come from the folder, and a rule that it does not know is called by its id."""

import pytest
from qc.rulesets import CHEST

from medimg.qc.explain import explain
from medimg.report.quality.rules import RuleTexts, number_of
from medimg.report.quality.words import Words

KNOWN = {rule["id"]: rule for rule in explain(CHEST)}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_has_a_title_and_each_side_a_finding_with_advice(language):
    texts = RuleTexts(KNOWN, Words(language))
    for rule in CHEST.rules:
        assert texts.title(rule.id) == rule.text.title[language]
        for side in rule.text.finding:
            assert texts.finding(rule.id, side) == rule.text.finding[side][language]
            assert texts.mend(rule.id, side) == rule.text.mend[side][language]


def test_rules_are_told_by_number_and_lateral_ones_as_such():
    texts = RuleTexts(KNOWN, Words("en"))
    assert texts.numbered("C1_apex_margin") == "C1 Apex margin"
    assert texts.numbered("C6_tilt_lat").endswith("(LAT)")
    assert texts.numbered("overall") == "Overall completeness"
    assert texts.source("C1_apex_margin").startswith("published, proposal – 0.01 CheXStruct")
    assert RuleTexts(KNOWN, Words("zh")).source("C1_apex_margin") == "已发表、建议值 – 0.01 取自 CheXStruct；0.03 与 0.20 为建议值"
    assert RuleTexts({"X1": {"source": "told once"}}, Words("zh")).source("X1") == "told once"
    assert not texts.counted("P1_rotation_mm")


def test_limits_of_some_films_have_their_own_source():
    evidence = {"fail_lo": None, "warn_lo": "published"}
    override = {
        "when": {"site": ["A"]},
        "limits": [None, 2.0],
        "evidence": [None, "site"],
        "source": {"en": "site.yaml", "zh": "site.yaml"},
    }
    rule = {"limits": {"fail_lo": None, "warn_lo": 1.0}, "evidence": evidence, "source": "RCR", "overrides": [override]}
    texts = RuleTexts({"X1": rule}, Words("en"))
    assert (texts.source("X1"), texts.source("X1", (None, 1.0)), texts.source("X1", (None, 2.0))) == (
        "published – RCR", "published – RCR", "this site – site.yaml")  # fmt: skip


def test_a_rule_that_is_not_described_is_called_by_its_id():
    texts = RuleTexts({}, Words("zh"))
    assert (texts.title("X1_own_rule"), texts.numbered("X1_own_rule")) == ("own rule", "X1 own rule")
    assert (texts.finding("X1_own_rule", "low"), texts.source("X1_own_rule")) == ("", "")
    assert number_of("X1_own_rule") == "X1"


def test_items_stand_as_the_rules_do():
    texts = RuleTexts(KNOWN, Words("en"))
    assert texts.in_order(["film", "overall", "P1_rotation", "X1_own", "C1_apex_margin"]) == [
        "film", "overall", "C1_apex_margin", "P1_rotation", "X1_own",
    ]  # fmt: skip
