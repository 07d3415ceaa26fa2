"""Intervals hold the true value as often as they say; at the edges they are exact or absent, never of no width."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from medimg.evaluate import intervals
from medimg.evaluate.intervals import Sampled, Support, interval

SCRIPT = Path(__file__).parents[2] / "scripts" / "coverage.py"


def load():
    spec = importlib.util.spec_from_file_location("coverage_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOADED = load()


@pytest.fixture
def script():
    return LOADED


def outside(held, simulations, low=0.92, high=0.97):
    """True when `held` of `simulations` speaks against every coverage between low and high (1 in 1,000 each way)."""
    return stats.binom.cdf(held, simulations, low) < 0.001 or stats.binom.sf(held - 1, simulations, high) < 0.001


def sampled(estimate, spread=0.02, patients=30):
    rng = np.random.default_rng(0)
    return Sampled(estimate, estimate + spread * rng.normal(size=2000), rng.normal(size=patients))


def whole(*patients):
    return Support(tuple(np.ones(n) for n in patients), sum(patients))


@pytest.mark.parametrize(("area", "right", "folds"), [(0.90, 0.95, 1), (0.95, 0.99, 1), (0.90, 0.97, 5)])
@pytest.mark.parametrize("patients", [15, 40])
def test_intervals_of_correlated_images_cover_fast(script, area, right, folds, patients):
    simulations = 120
    setting = script.Setting(area, right, patients, folds=folds, draws=400)
    count = script.coverage(setting, simulations, shown=script.PROMISED)
    assert {name: held for name, (held, none) in count.items() if none or outside(held, simulations)} == {}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("setting", LOADED.settings(draws=500), ids=lambda setting: setting.name)
def test_intervals_of_correlated_images_cover_with_full_counts(script, setting):
    """With 500 draws a spread is known to 3 %: that moves a coverage by less than 0.002, and takes a third of the time of 2,000."""
    count = script.coverage(setting, 1000, shown=script.PROMISED)
    assert {name: held for name, (held, none) in count.items() if none or outside(held, 1000)} == {}


def test_the_check_of_coverage_can_fail(script):
    assert outside(600, 1000)
    assert outside(1000, 1000)
    assert not outside(950, 1000)


def test_drawing_images_instead_of_patients_would_not_cover(script):
    """The stated 60 %: what the patient bootstrap is for."""
    rng = np.random.default_rng(0)
    setting = script.Setting(0.9, 0.9, 20, draws=200)
    cases, of = script.template(setting, rng)
    alone = cases.frame.assign(patient=cases.frame["id"])
    drawn, held = script.draw(alone, 200, 0), 0
    for _ in range(60):
        now = script.simulate(setting, cases, of, rng)
        images = type(now)(now.question, alone, now.truth, now.raw, now.calibrated, now.decided)
        seen = script.see(images, drawn, False)
        row = script.row_of(images, script.Key("auroc"), seen[script.Key("auroc")], 0, False)
        held += row["low"] <= 0.9 <= row["high"]
    assert held < 48


def test_all_right_gives_the_exact_limit_on_patients_not_images():
    found = interval("sensitivity", sampled(1.0, 0.0), Support((np.full(15, 8.0),), 15))
    assert (found.low, found.high) == (pytest.approx(0.025 ** (1 / 15)), 1.0)
    assert found.method == "exact, 15 patients"
    found = interval("accuracy", sampled(0.0, 0.0), whole(20))
    assert (found.low, found.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


def test_perfect_area_has_the_exact_limit_of_disjoint_pairs_of_patients():
    found = interval("auroc", sampled(1.0, 0.0), whole(12, 40))
    assert (found.low, found.high) == (pytest.approx(0.025 ** (1 / 12)), 1.0)
    assert found.method == "exact, 12 pairs of patients"


def test_patients_who_are_in_both_classes_make_half_as_many_pairs():
    found = interval("auroc", sampled(1.0, 0.0), Support((np.ones(20), np.ones(20)), 20))
    assert found.method == "exact, 10 pairs of patients"


def test_the_method_names_the_interval_in_words_of_the_field():
    told = "patient bootstrap within classes, 2000 draws, "
    assert interval("accuracy", sampled(0.8), whole(20)).method == f"{told}Wilson score interval"
    assert interval("brier", sampled(0.2), whole(20)).method == f"{told}Student interval on the logit scale"


def test_under_ten_patients_a_proportion_is_exact_and_the_rest_say_too_few():
    found = interval("sensitivity", sampled(0.75), whole(8))
    assert (found.low, found.high) == pytest.approx(tuple(stats.binomtest(6, 8).proportion_ci(method="exact")))
    for metric in ("auroc", "auprc", "f1", "kappa", "brier"):
        found = interval(metric, sampled(0.7), whole(9, 50))
        assert found.low is None
        assert found.high is None
        assert found.method == "too few patients for an interval: 9 in a class, at least 10 are needed"


def test_draws_without_a_value_or_patients_alone_give_no_interval():
    lost = sampled(0.8)
    lost.draws[:200] = np.nan
    assert "200 of 2000 draws have no value" in interval("precision", lost, whole(20)).method
    assert "2 are alone in their fold" in interval("auroc", sampled(0.8), whole(20, 20), lonely=2).method
    assert interval("accuracy", sampled(0.8), whole(20), lonely=2).method == "exact, 20 patients"


def test_one_wrong_image_does_not_make_an_interval_shorter_than_none_wrong():
    changes = np.zeros(15)
    changes[0] = 1.0
    draws = 1 - np.random.default_rng(0).poisson(1.0, 2000) / 120
    one = interval("accuracy", Sampled(119 / 120, draws, changes), Support((np.full(15, 8.0),), 15))
    none = interval("accuracy", sampled(1.0, 0.0), Support((np.full(15, 8.0),), 15))
    assert none.low < one.low < 0.95


@pytest.mark.parametrize("metric", ["auroc", "accuracy", "f1", "kappa", "mcc", "brier", "ece"])
@pytest.mark.parametrize("estimate", [0.02, 0.5, 0.98])
def test_limits_stay_inside_the_measures_range_and_hold_the_estimate(metric, estimate):
    rng = np.random.default_rng(0)
    noise = 0.005 * rng.normal(size=2000)
    found = interval(metric, Sampled(estimate, estimate + noise - noise.mean(), rng.normal(size=30)), whole(15, 15))
    assert (-1 if metric in intervals.SIGNED else 0) <= found.low < estimate < found.high <= 1


def test_score_limits_are_wilsons_where_both_tails_can_be_reached():
    found = intervals.score_limits(0.6, 200, 1e9)
    assert found == pytest.approx(tuple(stats.binomtest(120, 200).proportion_ci(method="wilson")), abs=1e-6)


def test_a_brier_score_of_several_classes_may_exceed_one():
    found = interval("brier", sampled(1.2), whole(40), scale=2.0)
    assert 1.1 < found.low < 1.2 < found.high < 1.3
