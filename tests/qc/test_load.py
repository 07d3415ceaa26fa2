"""Wrong rule files: each kind of fault with its file, its line and the nearest name, all of them in one list."""

import pytest
from qc.rulesets import FOLDER, NAMES, write_rules

from medimg.errors import ConfigError
from medimg.qc.load import load

HEAD = "version: test\nextends: [chest]\n"
RULE = """rules:
  X1_mine:
    group: overall
    views: [PA]
    metric: apex_margin
    unit: frac
    limits: [0.01, 0.03, null, null]
    cid7011: Positioning
    source: ours
    text:
      title: {en: Mine, zh: 自定}
      low: {finding: {en: Low, zh: 低}, mend: {en: Raise it, zh: 升高}}
"""


def change(key, value):
    """The rule above with one line for another."""
    lines = [f"    {key}: {value}" if line.startswith(f"    {key}:") else line for line in RULE.splitlines()]
    return HEAD + "\n".join(lines) + "\n"


def add(line):
    return HEAD + RULE + f"    {line}\n"


CASES = {
    "unknown key of the set": (HEAD + "verson: 2\n", 3, ["no key 'verson'", "Did you mean version?"]),
    "no version": ("extends: [chest]\n", 1, ["version is missing"]),
    "unknown set": ("version: test\nextends: [chest_pq]\n", 2, ["no rule set 'chest_pq'", "Did you mean chest_pa?"]),
    "extends itself": ("version: test\nextends: [site.yaml]\n", 2, ["extends itself"]),
    "extends is no list": ("version: test\nextends: {a: 1}\n", 2, ["extends needs a list"]),
    "not YAML": ("version: test\nrules: [\n", 3, ["is not YAML"]),
    "a tab": ("version: test\n\trules: {}\n", 2, ["is not YAML"]),
    "no mapping": ("- a\n", 1, ["keys with values are needed"]),
    "an anchor": ("version: &v test\nextends: [chest]\n", 1, ["anchors"]),
    "an object": ("version: !!python/name:os.system test\nextends: [chest]\n", 1, ["no value that is used here"]),
    "key twice": (HEAD + "rules:\n  P1_rotation: {critical: true}\n  P1_rotation: {}\n", 5, ["'P1_rotation' is there twice"]),
    "rules are a list": (HEAD + "rules: [a]\n", 3, ["rules needs a mapping"]),
    "no rules": ("version: test\n", 1, ["there are no rules"]),
    "rule is no mapping": (HEAD + "rules:\n  P1_rotation: 3\n", 4, ["rule P1_rotation", "mapping of keys"]),
    "misspelt rule": (HEAD + "rules:\n  P1_rotaton: {critical: true}\n", 4, ["no rule 'P1_rotaton'", "Did you mean P1_rotation?"]),
    "unknown key of a rule": (add("limit: [0, 1, 2, 3]"), 15, ["no key 'limit'", "Did you mean limits?"]),
    "key missing": (HEAD + RULE.replace("    source: ours\n", ""), 4, ["source missing"]),
    "unknown metric": (change("metric", "apex_margn"), 7, ["no metric 'apex_margn'", "Did you mean apex_margin?"]),
    "unknown organ": (add("needs: [lungr]"), 15, ["organ in PA 'lungr'", "Did you mean lung_r?"]),
    "organ of another view": (add("needs: [sternum]"), 15, ["no organ in PA 'sternum'"]),
    "unknown group": (change("group", "overal"), 5, ["no group 'overal'", "Did you mean overall?"]),
    "unknown view": (change("views", "[PAA]"), 6, ["no view 'PAA'", "Did you mean PA?"]),
    "view of another metric": (change("views", "[study]"), 6, ["not measured in study"]),
    "no view": (change("views", "[]"), 6, ["at least one view"]),
    "limits do not rise": (change("limits", "[0.05, 0.03, null, null]"), 9, ["do not rise", "fail_lo"]),
    "three limits": (change("limits", "[0.05, 0.03, null]"), 9, ["4 numbers or null"]),
    "a limit in words": (change("limits", "[low, 0.03, null, null]"), 9, ["'low' is no number"]),
    "a limit that is no number": (change("limits", "[.nan, 0.03, null, null]"), 9, ["is no number"]),
    "a limit that is a list": (change("limits", "[[1], 2, null, null]"), 9, ["is no number"]),
    "a limit that is a date": (change("limits", "[2026-01-01, 2, null, null]"), 9, ["is no number"]),
    "a limit that is a flag": (change("limits", "[true, 2, null, null]"), 9, ["is no number"]),
    "unit mismatch": (change("unit", "mm"), 8, ["apex_margin is measured in frac"]),
    "unknown reason": (change("cid7011", "Positionning"), 10, ["no reason of CID 7011 'Positionning'", "Did you mean Positioning?"]),
    "no reason": (HEAD + RULE.replace("    cid7011: Positioning\n", ""), 4, ["needs a reason of CID 7011"]),
    "unknown gate": (add("gates: {lung_gp: 1}"), 15, ["no gate of this metric 'lung_gp'", "Did you mean lung_gap?"]),
    "gate turned round": (add("gates: {lung_gap: [2, 1]}"), 15, ["do not rise"]),
    "evidence for no limit": (add("evidence: [published, published, site, null]"), 15, ["a word is needed for each limit"]),
    "unknown evidence": (add("evidence: [publishd, site, null, null]"), 15, ["'publishd'", "Did you mean published?"]),
    "flag in words": (add("critical: very"), 15, ["true or false"]),
    "side without text": (change("limits", "[0.01, 0.03, 0.5, null]"), 12, ["no text.high"]),
    "language missing": (HEAD + RULE.replace("{en: Mine, zh: 自定}", "{en: Mine}"), 12, ["once in each language"]),
    "text is empty": (HEAD + RULE.replace("zh: 升高", "zh: ''"), 12, ["a text is needed"]),
    "override without when": (add("overrides: [{limits: [0, 1, null, null]}]"), 15, ["an override needs when"]),
    "unknown condition": (add("overrides: [{when: {StationNam: DR3}, critical: true}]"), 15, ["'StationNam'", "mean StationName?"]),
    "unknown key of an override": (add("overrides: [{when: {view: PA}, limts: [0]}]"), 15, ["'limts'", "Did you mean limits?"]),
    "override out of order": (add("overrides: [{when: {view: PA}, limits: [2, 1, null, null]}]"), 15, ["do not rise"]),
    "override for an unknown view": (add("overrides: [{when: {view: LATERAL}, critical: true}]"), 15, ["no view 'LATERAL'"]),
    "ages turned round": (HEAD + "ages: [16, 0]\n", 3, ["do not rise"]),
    "percentile": (add("percentiles: [0, 5, null, null]"), 15, ["between 0 and 100"]),
    "expected of a film": (add("expected: [PA]"), 15, ["for the rule of a study"]),
    "way": (HEAD + "unevaluable: reviw\n", 3, ["'reviw'", "Did you mean review?"]),
    "group of the set": (HEAD + "groups: {imagin: {verdict: any_fail}}\n", 3, ["no key 'imagin'", "Did you mean imaging?"]),
    "verdict of a group": (HEAD + "groups: {imaging: {verdict: most}}\n", 3, ["no verdict 'most'"]),
    "grades": (HEAD + "grade: {A: no_warn, B: warn}\n", 3, ["each of no_warn", "needs one grade"]),
}  # fmt: skip


def faults(path, views=()):
    with pytest.raises(ConfigError) as caught:
        load(str(path), FOLDER, views)
    return caught.value.faults


def test_there_are_many_kinds():
    assert len(CASES) >= 20


@pytest.mark.parametrize("kind", CASES)
def test_a_wrong_file_is_told_with_file_line_and_nearest_name(tmp_path, kind):
    text, line, parts = CASES[kind]
    found = faults(write_rules(tmp_path, text))
    told = [fault for fault in found if all(part in fault for part in parts)]
    assert told, found
    assert f"site.yaml, line {line}: " in told[0]
    assert len("\n".join(found).splitlines()) < 25
    assert all(len(fault) < 700 and "Traceback" not in fault for fault in found)


def test_one_fault_gives_one_line(tmp_path):
    kinds = ("unknown metric", "unit mismatch", "limits do not rise", "unknown key of the set", "misspelt rule", "unknown gate")
    for kind in (*kinds, "not YAML", "unknown set", "no mapping"):
        assert len(faults(write_rules(tmp_path, CASES[kind][0]))) == 1, kind


def test_all_faults_of_all_files_come_in_one_list(tmp_path):
    write_rules(tmp_path, HEAD + "rules:\n  P1_rotation: {unit: mm, critical: 1}\n", "base.yaml")
    found = faults(
        write_rules(tmp_path, "version: test\nextends: [base.yaml]\nunevaluable: no\nrules:\n  P2_scapula_overlap: {group: x}\n")
    )
    assert [fault.split(":")[0] for fault in found] == ["base.yaml, line 4", "base.yaml, line 4", f"{tmp_path}/site.yaml, line 5",
                                                       f"{tmp_path}/site.yaml, line 3"]  # fmt: skip


def test_two_files_that_define_one_rule_are_refused_and_one_over_the_other_is_not(tmp_path):
    write_rules(tmp_path, "version: a\n" + RULE, "a.yaml")
    write_rules(tmp_path, "version: b\n" + RULE, "b.yaml")
    found = faults(write_rules(tmp_path, "version: test\nextends: [a.yaml, b.yaml]\n"))
    assert len(found) == 1
    assert all(part in found[0] for part in ("b.yaml, line 3", "X1_mine is there twice", "a.yaml, line 3"))
    write_rules(tmp_path, "version: b\nextends: [a.yaml]\n" + RULE, "b.yaml")
    assert load(write_rules(tmp_path, "version: test\nextends: [a.yaml, b.yaml]\n"), FOLDER)["X1_mine"].metric == "apex_margin"


def test_a_missing_or_unreadable_file_is_told(tmp_path):
    assert faults(tmp_path / "none.yaml") == [f"rules={tmp_path}/none.yaml: there is no file {tmp_path}/none.yaml. Check the path."]
    (tmp_path / "latin.yaml").write_bytes("version: \xe9".encode("latin-1"))
    assert "is not UTF-8" in faults(tmp_path / "latin.yaml")[0]


def test_a_view_that_will_be_judged_needs_a_rule():
    with pytest.raises(ConfigError, match=r"no rule is enabled for view LAT. Extend chest_lat") as caught:
        load("chest_pa", FOLDER, ["PA", "LAT", "PPA"])
    assert "no view 'PPA'. Did you mean PA?" in caught.value.faults[1]


def test_a_site_changes_what_it_names_and_keeps_the_rest(tmp_path):
    text = """version: site-A-2026-01
extends: [chest]
grade: {A: no_warn, B: warn, C: fail_noncritical, D: fail_critical}
rules:
  P1_rotation:
    limits: [0.45, 0.65, null, null]
    text: {title: {en: Turned, zh: 旋转}}
  I1_deviation_index:
    overrides: [{when: {StationName: [DR3, DR4], view: PA}, limits: [-3, -1.5, 1.5, 3]}]
  C5_collimation_excess: {enabled: false}
"""
    built_in, site = load("chest", FOLDER), load(write_rules(tmp_path, text), FOLDER)
    rule = site["P1_rotation"]
    assert (site.version, rule.limits, rule.evidence) == ("site-A-2026-01", (0.45, 0.65, None, None), ("site", "site", None, None))
    assert (rule.text.title["en"], rule.text.finding, rule.gates) == (
        "Turned", built_in["P1_rotation"].text.finding, built_in["P1_rotation"].gates)  # fmt: skip
    assert site["I1_deviation_index"].at({"StationName": "DR4", "view": "PA"}).limits == (-3, -1.5, 1.5, 3)
    assert rule.source == {"en": "site.yaml", "zh": "site.yaml"}  # the sources of the limits below say nothing of these
    assert site["I1_deviation_index"].at({"StationName": "DR4", "view": "PA"}).source["en"] == "site.yaml"
    assert site["I1_deviation_index"].source == built_in["I1_deviation_index"].source
    assert not site["C5_collimation_excess"].enabled
    changed = ("P1_rotation", "I1_deviation_index", "C5_collimation_excess")
    assert [one for one in site.rules if one.id not in changed] == [one for one in built_in.rules if one.id not in changed]
    assert site.places["P1_rotation", "limits"].line == 6
    assert str(site.places["P1_rotation", "gates"]).startswith("chest_pa.yaml, line ")


def test_overrides_of_a_site_come_after_those_below(tmp_path):
    text = (
        "version: test\nextends: [chest]\nrules:\n  P3_inspiration: {overrides: [{when: {unit: ratio}, limits: [0.5, 0.6, null, null]}]}\n"
    )
    rule = load(write_rules(tmp_path, text), FOLDER)["P3_inspiration"]
    assert len(rule.overrides) == 2
    assert rule.at({"unit": "ratio"}).limits == (0.5, 0.6, None, None)


def test_every_built_in_set_loads_alone():
    assert NAMES == ["chest", "chest_child", "chest_lat", "chest_pa"]
    for name in NAMES:
        assert load(name, FOLDER).rules
