"""Limits from a site's films: percentiles against NumPy, intervals that cover, a diff that is applied by a person."""

from dataclasses import replace

import numpy as np
import pytest
from qc.rulesets import CHEST, FOLDER, write_rules
from scipy import stats

from medimg.errors import ConfigError
from medimg.qc.calibrate import LEAST, asked, percentiles, propose, propose_all
from medimg.qc.load import load
from medimg.qc.proposal import as_yaml, diff
from medimg.qc.rules import NONE


def films(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 0.05, size=n), [f"p{k}" for k in range(n)]


def test_percentiles_are_numpys():
    values, _ = films(1000)
    found = percentiles(values, np.arange(1000), [1, 5, 50, 95, 99], 50, 0)
    assert [one.value for one in found] == np.percentile(values, [1, 5, 50, 95, 99], method="inverted_cdf").tolist()
    assert all(one.low <= one.value <= one.high for one in found)


def test_intervals_cover_the_true_percentile():
    true, held = stats.norm(0.3, 0.05).ppf(0.05), 0
    for seed in range(60):
        (found,) = percentiles(films(400, seed)[0], np.arange(400), [5], 100, seed)
        held += found.low <= true <= found.high
    assert 51 <= held <= 60  # 1 in 1,000 each way at a coverage of 0.95


def test_films_of_one_patient_widen_the_interval():
    values = np.repeat(films(400)[0], 5)
    alone = percentiles(values, np.arange(2000), [5], 300, 0)[0]
    together = percentiles(values, np.repeat(np.arange(400), 5), [5], 300, 0)[0]
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_fewer_films_than_a_first_percentile_needs_are_refused():
    rule = CHEST["I3_lung_grey"]
    assert 0.99**LEAST < 0.025 < 0.99 ** (LEAST - 1)
    few = propose(rule, *films(LEAST - 1))
    assert few.new is None
    assert f"at least {LEAST}" in few.refused
    values, patients = films(LEAST)
    assert propose(rule, values, patients, draws=50).new is not None
    assert propose(rule, values, ["one"] * LEAST, draws=50).refused.startswith(f"{LEAST} films of 1 patient;")


def test_what_is_calibrated():
    assert asked(CHEST["I3_lung_grey"]) == (1, 5, 95, 99)
    assert asked(CHEST["P1_rotation"]) == (1, 5, None, None)
    assert asked(CHEST["I5_retrocardiac"]) == (1, 5, None, None)
    assert asked(CHEST["I7_noise"]) == (None, None, 95, 99)
    for rule in ("I8_polarity", "O1_organ_set", "O3_lung_area", "I9_annotation", "P6_trachea"):
        assert asked(CHEST[rule]) == NONE
        assert propose(CHEST[rule], *films(500)) is None


def test_proposed_limits_are_the_percentiles_to_three_digits():
    values, patients = films(1000)
    found = propose(CHEST["I3_lung_grey"], values, patients, draws=50)
    wanted = np.percentile(values, [1, 5, 95, 99], method="inverted_cdf")
    assert found.new == tuple(float(f"{value:.3g}") for value in wanted)
    assert (found.old, found.n, found.patients) == (CHEST["I3_lung_grey"].limits, 1000, 1000)


def test_every_enabled_rule_with_films_is_proposed_in_order():
    values, patients = films(400)
    rules = replace(CHEST, rules=tuple(replace(rule, enabled=rule.id != "C6_tilt") for rule in CHEST.rules))
    found = propose_all(rules, {"P1_rotation": values}, {"P1_rotation": patients}, draws=20)
    assert "C6_tilt" not in [one.rule for one in found]
    assert [one.rule for one in found if one.new] == ["P1_rotation"]


SITE = """# our limits
version: site-A
extends: [chest]
rules:
  P1_rotation:  # agreed in March
    limits: [0.45, 0.65, null, null]
  C5_collimation_excess:
    enabled: true
unevaluable: review
"""


@pytest.mark.parametrize("text", [SITE, ""])
def test_the_diff_applied_by_hand_gives_the_proposed_limits_and_keeps_the_rest(tmp_path, text):
    path = write_rules(tmp_path, text or "version: site\nextends: [chest]\n")
    rules = load(path, FOLDER)
    values, patients = films(400)
    names = ("P1_rotation", "C5_collimation_excess", "I3_lung_grey")
    proposals = propose_all(rules, dict.fromkeys(names, values), dict.fromkeys(names, patients), draws=20)
    before = path.read_text() if text else ""
    shown = diff(before, str(path), proposals, rules)
    assert path.read_text() == (text or "version: site\nextends: [chest]\n")  # never applied
    new = [line[1:] for line in shown.splitlines()[2:] if line[:1] in "+ " and not line.startswith("@@")]
    removed = [line for line in shown.splitlines()[2:] if line.startswith("-")]
    assert removed == (["-    limits: [0.45, 0.65, null, null]"] if text else [])
    site = load(write_rules(tmp_path, "\n".join(new) + "\n", "new.yaml"), FOLDER)
    for proposal in proposals:
        assert site[proposal.rule].limits == (proposal.new or proposal.old)
    assert "was [0.45, 0.65, null, null]" in shown if text else "was [0.4, 0.6, null, null]" in shown
    assert "400 films, 400 patients: p1 " in shown


def test_a_file_whose_lines_cannot_be_changed_is_told(tmp_path):
    values, patients = films(400)
    path = write_rules(tmp_path, "version: a\nextends: [chest]\nrules: {P1_rotation: {limits: [0.45, 0.65, null, null]}}\n")
    rules = load(path, FOLDER)
    with pytest.raises(ConfigError, match="on a line of their own"):
        diff(path.read_text(), str(path), [propose(rules["P1_rotation"], values, patients, draws=20)], rules)
    with pytest.raises(ConfigError, match="write 'rules:' on a line of its own"):
        diff(path.read_text(), str(path), [propose(rules["I3_lung_grey"], values, patients, draws=20)], rules)


def test_limits_that_stay_make_no_diff():
    values, patients = films(400)
    one = propose(CHEST["I3_lung_grey"], values, patients, draws=20)
    assert diff("", "site.yaml", [replace(one, old=one.new)], CHEST) == ""
    assert as_yaml((1.0, None, 2.5, 1e-5)) == "[1, null, 2.5, 0.00001]"  # YAML 1.1 reads 1e-05 as a text
