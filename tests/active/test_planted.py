"""Sets whose right answer is known: where a strategy must win, where it must lose, and where none may.

The learner is logistic regression; a repeat's curve is its mean test accuracy over the rounds, paired with random's.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression

from medimg.active.lots import Lots
from medimg.active.pool import Pool
from medimg.active.strategies import STRATEGIES, pick

REPEATS = 15
RANDOM = {"strategy": "random"}


@dataclass
class Planted:
    """Items to choose from, the labels they would get, first labels, and a test set."""

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    first: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


def taught(planted, labelled):
    return LogisticRegression(C=100.0, fit_intercept=False).fit(planted.x[labelled], planted.y[labelled])


def curve(planted, seed, way, rounds=5, budget=8):
    """Mean accuracy on the test set after each of some rounds."""
    labelled, accuracy = list(planted.first), []
    model = taught(planted, labelled)
    for number in range(rounds):
        left = np.setdiff1d(np.arange(len(planted.x)), labelled)
        draws = [model.predict_proba(planted.x[left] + shift) for shift in (-0.05, 0.0, 0.05)]
        pool = Pool([str(row) for row in left], planted.groups[left], draws[1], planted.x[left], np.array(draws), planted.x[labelled])
        labelled += left[pick(pool=pool, budget=budget, lots=Lots(seed, number), **way).index].tolist()
        model = taught(planted, labelled)
        accuracy.append(model.score(planted.test_x, planted.test_y))
    return np.mean(accuracy)


@cache
def curves(make, way):
    """The means of all repeats of a way to pick, given as its items."""
    return np.array([curve(make(seed), seed, dict(way)) for seed in range(REPEATS)])


def gain(make, way, other, confidence=0.99):
    """Interval of the paired difference in accuracy of two ways to pick, over repeats."""
    apart = curves(make, tuple(way.items())) - curves(make, tuple(other.items()))
    half = student.ppf((1 + confidence) / 2, REPEATS - 1) * np.std(apart, ddof=1) / np.sqrt(REPEATS)
    return np.mean(apart) - half, np.mean(apart) + half


def first_of_both(y, rng, each=3):
    return np.concatenate([rng.permutation(np.flatnonzero(y == answer))[:each] for answer in (0, 1)])


def boundary(seed):
    """Two classes that a plane parts without noise: only items near it teach anything."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=10)
    x = rng.normal(size=(900, 10))
    y = (x @ normal > 0).astype(int)
    return Planted(x[:400], y[:400], np.arange(400) // 4, first_of_both(y[:400], rng), x[400:], y[400:])


def redundant(seed):
    """As `boundary`, and one patient of 60 nearly equal blank slices, which a model without intercept doubts for ever."""
    clean, rng = boundary(seed), np.random.default_rng(1000 + seed)
    x = np.vstack([clean.x, 1e-3 * rng.normal(size=(60, 10))])
    y = np.append(clean.y, rng.integers(0, 2, 60))
    return Planted(x, y, np.append(clean.groups, np.full(60, 100)), clean.first, clean.test_x, clean.test_y)


def null(seed):
    """Labels that nothing tells."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(500, 5)), rng.integers(0, 2, 500)
    return Planted(x[:200], y[:200], np.arange(200) // 4, first_of_both(y[:200], rng), x[200:], y[200:])


def test_entropy_beats_random_where_only_the_boundary_teaches():
    low, _ = gain(boundary, {"strategy": "entropy"}, RANDOM)
    assert low > 0


@pytest.mark.parametrize("way", [{"strategy": "diverse"}, {"strategy": "badge"}, {"strategy": "entropy", "cap": "auto"}], ids=str)
def test_top_entropy_loses_where_one_patient_is_in_doubt_for_ever(way):
    low, _ = gain(redundant, way, {"strategy": "entropy"})
    assert low > 0


QUICK = ("entropy", "diverse", "badge", "random_patient")


@pytest.mark.parametrize(
    "strategy", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in STRATEGIES if name != "random"]
)
def test_nothing_beats_random_where_there_is_nothing_to_learn(strategy):
    low, high = gain(null, {"strategy": strategy}, RANDOM, confidence=1 - 0.05 / len(STRATEGIES))
    assert low <= 0 <= high
