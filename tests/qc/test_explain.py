"""Rules told as data, with the file that set each key."""

import json

import pytest
from qc.rulesets import CHEST, FOLDER, write_rules

from medimg.errors import ConfigError
from medimg.qc.explain import explain
from medimg.qc.load import load
from medimg.qc.words import REASONS, say


def test_a_rule_tells_formula_limits_source_and_who_set_them(tmp_path):
    site = load(write_rules(tmp_path, "version: x\nextends: [chest]\nrules:\n  P1_rotation: {critical: true}\n"), FOLDER)
    (rule,) = explain(site, "P1_rotation")
    assert "min(dR, dL)" in rule["formula"]
    assert (rule["limits"]["fail_lo"], rule["evidence"]["fail_lo"], rule["unit"]) == (0.4, "published", "ratio")
    assert rule["set_by"]["critical"].endswith("site.yaml, line 4")
    assert rule["set_by"]["limits"].startswith("chest_pa.yaml, line ")
    line = int(rule["set_by"]["limits"].split()[-1])
    assert (FOLDER / "chest_pa.yaml").read_text("utf-8").splitlines()[line - 1].strip().startswith("limits: [0.40, 0.60")


def test_a_number_names_all_its_rules_and_all_are_listed():
    assert [rule["id"] for rule in explain(CHEST, "C1")] == ["C1_apex_margin", "C1_apex_margin_lat"]
    assert len(json.dumps(explain(CHEST))) > 10_000
    assert len(explain(CHEST)) == len(CHEST.rules)


def test_an_unknown_rule_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match=r"no rule 'P1_rotatoin'. Did you mean P1_rotation\?"):
        explain(CHEST, "P1_rotatoin")


def test_every_reason_has_words_in_both_languages():
    for reason, words in REASONS.items():
        assert set(words) == {"en", "zh"}, reason
    assert say("gate:spine_residual", "zh") == "测量前提不成立（脊柱平直度）"
    assert say("off", "en") == "this rule is not used for such films"
