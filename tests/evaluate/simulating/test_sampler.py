"""Means over folds and repeats: drawn as they vary, with limits only where these mean something."""

import numpy as np
import pytest

from medimg.evaluate.simulating.sampler import sampler

CELLS = [(r, f) for f in range(3) for r in range(5)]


def made(cells=CELLS, patients=60, lonely=0, draws=4000):
    return sampler(cells, draws, 0, patients, lonely)


def test_the_mean_is_over_folds_of_means_over_repeats():
    cells = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)]
    values = np.array([1.0, 2.0, 3.0, 10.0, 20.0])
    centre, _ = made(cells).mean(values, np.repeat(values[:, None], 4000, axis=1).astype(np.float32))
    assert centre == pytest.approx((2 + 15) / 2)


def test_repeats_vary_within_folds_as_the_mean_of_independent_ones_does():
    values = np.random.default_rng(1).normal(size=15)
    _, draws = made().mean(values, np.repeat(values[:, None], 4000, axis=1).astype(np.float32))
    expected = np.sqrt(sum(values[5 * f : 5 * f + 5].var(ddof=1) / 5 for f in range(3)) / 9)
    assert draws.std() == pytest.approx(expected, rel=0.05)


def test_chance_of_patients_is_counted_once():
    """Models that differ only by errors on the patients they share: fresh patients are all the chance there is."""
    rng = np.random.default_rng(2)
    found, true = [], []
    for _ in range(60):
        errors = rng.normal(size=(15, 30))  # cells, patients
        values = errors.mean(axis=1)
        weights = rng.multinomial(29, np.full(30, 1 / 30), size=4000) * (30 / 29 / 30)
        drawn = (errors @ weights.T).astype(np.float32)
        found.append(made().mean(values, drawn)[1].var())
        true.append(1 / (15 * 30))
    assert np.mean(found) == pytest.approx(np.mean(true), rel=0.35)  # twice as much without the correction
    assert np.mean(found) > np.mean(true)


def test_no_interval_from_few_patients_from_no_spread_or_from_draws_without_value():
    spread, lost = np.random.default_rng(0).normal(0.8, 0.05, 4000), np.full(4000, np.nan)
    assert made().row(0.8, spread)["low"] is not None
    assert "too few patients" in made(patients=9).row(0.8, spread)["method"]
    assert "too few patients" in made(lonely=1).row(0.8, spread)["method"]
    for draws in (np.full(4000, 0.8), lost):
        assert made().row(0.8, draws)["low"] is None
    assert made().row(np.nan, spread)["undefined"]
    assert made().difference(0.1, np.full(4000, 0.1))["p"] is None


def test_limits_stay_in_range_and_one_repeat_is_said():
    row = made().row(0.99, np.random.default_rng(0).normal(0.99, 0.05, 4000), 0.0, 1.0)
    assert row["high"] == 1.0
    alone = made([(0, 0), (1, 0), (0, 1)])
    assert alone.alone
    assert alone.row(0.5, np.random.default_rng(0).normal(0.5, 0.05, 4000))["method"] == "patients drawn 4000 times"


def test_p_agrees_with_the_interval():
    draws = np.random.default_rng(3).normal(0, 0.01, 4000)
    for value in (0.005, 0.015, 0.025, 0.04):
        row = made().difference(value, draws)
        assert (row["p"] < 0.05) == (row["low"] > 0)
