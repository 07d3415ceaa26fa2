"""From an estimate and its bootstrap draws to a 95 % interval that covers: one rule per measure, chosen by simulation.

docs/decisions/intervals.md holds the measured coverage of each rule and of those that were given up.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from medimg.evaluate.draws import WITHIN
from medimg.metrics import Array
from medimg.words import plural

LEVEL = 0.95
FEWEST = 10  # patients in a class below which no measured rule is known to cover
MOST_LOST = 0.05  # share of draws without a value above which an interval would describe another, luckier sample
STEADY = 1.5  # how fast the trust in the bootstrap's variance grows with the patients behind it: 1 too wide, 2 too narrow (simulated)
PROPORTIONS = {"accuracy", "sensitivity", "specificity", "precision", "exact_match", "no_decision"}
LOSSES = {"brier", "ece"}
WILSON, STUDENT = "Wilson score interval", "Student interval on the logit scale"  # the words of a method
SIGNED = {"kappa", "mcc"}


@dataclass(frozen=True)
class Interval:
    """Limits of a 95 % interval, or neither, and how they were found or why they were not."""

    low: float | None
    high: float | None
    method: str


@dataclass(frozen=True)
class Support:
    """The patients a measure rests on: for each class it needs, the number of rows of each patient; and all of them."""

    rows: tuple[Array, ...]
    total: int

    @property
    def pairs(self) -> int:
        """Pairs of patients, one of each class, that have no patient in common."""
        return min(self.patients, self.total // 2)

    @property
    def patients(self) -> int:
        """Patients of the smallest class."""
        return min((len(counts) for counts in self.rows), default=0)

    @property
    def share_of_one(self) -> float:
        """Variance of a proportion's estimate, as a part of p (1 - p), if all images of a patient were right or wrong together."""
        return float(sum((counts**2).sum() / counts.sum() ** 2 for counts in self.rows) / len(self.rows) ** 2)


@dataclass(frozen=True)
class Sampled:
    """An estimate, its values in the bootstrap draws, and its changes when patients are given half their weight."""

    estimate: float
    draws: Array
    changes: Array


def clopper_pearson(share: float, n: float) -> tuple[float, float]:
    """Exact limits of a binomial proportion; `n` may be an effective size and need not be whole."""
    hits, tail = share * n, (1 - LEVEL) / 2
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits > 1e-9 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, n - hits)) if n - hits > 1e-9 else 1.0
    return low, high


def exact_area(value: float, pairs: int) -> tuple[float, float]:
    """Limits of an AUROC seen as 1 (or 0): with `pairs` disjoint pairs of patients, P(AUROC seen = 1) is at most AUROC ** pairs."""
    low = float(((1 - LEVEL) / 2) ** (1 / pairs))
    return (low, 1.0) if value > 0.5 else (0.0, 1 - low)


def steady_variance(sampled: Sampled, support: Support, value: float) -> float:
    """Mix the bootstrap's variance with that of patients who are right or wrong as a whole, by how many patients it rests on.

    Near 0 and 1 a few patients carry all the variance, and one wrong image of one patient would make an interval shorter than none.
    Their number is that of equal contributions, (sum of squares)^2 / sum of fourth powers, of the changes patient by patient.
    """
    variance = float(np.nanvar(sampled.draws, ddof=1))
    squares = sampled.changes**2
    carriers = float(squares.sum() ** 2 / (squares**2).sum()) if squares.any() else 0.0
    part = (carriers + 1) ** -STEADY
    return max(variance, float((1 - part) * variance + part * value * (1 - value) * support.share_of_one))


def score_limits(value: float, n: float, freedom: float) -> tuple[float, float]:
    """Wilson's limits of a proportion for an effective number `n`, with Student quantiles; a tail out of reach gives its share away.

    Where even a sample of nothing but hits would not be too many for a true value, only too few can speak against it,
    and the whole 5 % lie there: without this, true values near 0 and 1 are covered to 97.5 %.
    """
    return 1 - _upper(1 - value, n, freedom), _upper(value, n, freedom)


def _upper(value: float, n: float, freedom: float) -> float:
    both, one = (float(stats.t.ppf(level, freedom)) for level in ((1 + LEVEL) / 2, LEVEL))
    out_of_reach = n / (n + both**2)
    return max(_wilson(value, n, one), min(_wilson(value, n, both), out_of_reach))


def _wilson(value: float, n: float, quantile: float) -> float:
    middle = value + quantile**2 / (2 * n)
    half = quantile * float(np.sqrt(value * (1 - value) / n + quantile**2 / (4 * n**2)))
    return (middle + half) / (1 + quantile**2 / n)


def logit_limits(value: float, error: float, freedom: float) -> tuple[float, float]:
    """Student limits on the logit scale, moved back."""
    width = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error / (value * (1 - value))
    middle = float(np.log(value / (1 - value)))
    return float(1 / (1 + np.exp(width - middle))), float(1 / (1 + np.exp(-width - middle)))


def unbiased(value: float, draws: Array) -> float:
    """Take off what resampling adds: a calibration error is a sum of absolute values, so chance alone makes it larger."""
    return max(2 * value - float(np.nanmean(draws)), value / 10)


def interval(metric: str, sampled: Sampled, support: Support, scale: float = 1.0, lonely: int = 0) -> Interval:
    """Choose the rule for a measure and apply it.

    `scale` is the largest value the measure can have (2 for a Brier score of several classes); `lonely` counts the patients who could
    not be exchanged for another in the draws.
    """
    estimate, patients = sampled.estimate, support.patients
    if patients < 1:
        return Interval(None, None, "too few patients for an interval: none")
    if metric in PROPORTIONS and (patients < FEWEST or lonely or estimate in (0.0, 1.0)):
        return Interval(*clopper_pearson(estimate, patients), f"exact, {plural(patients, 'patient')}")
    if patients < FEWEST:
        return Interval(None, None, f"too few patients for an interval: {patients} in a class, at least {FEWEST} are needed")
    if lonely:
        return Interval(None, None, f"too few patients for an interval: {lonely} are alone in their fold")
    if metric == "auroc" and estimate in (0.0, 1.0):
        return Interval(*exact_area(estimate, support.pairs), f"exact, {plural(support.pairs, 'pair')} of patients")
    lost = int(np.isnan(sampled.draws).sum())
    if lost > MOST_LOST * len(sampled.draws):
        return Interval(None, None, f"too few patients for an interval: {lost} of {len(sampled.draws)} draws have no value")
    return _sampled(metric, sampled, support, scale)


def _sampled(metric: str, sampled: Sampled, support: Support, scale: float) -> Interval:
    move = 1.0 if metric in SIGNED else 0.0  # measures from -1 to 1 are judged as (value + 1) / 2
    span = scale * (1 + move)
    value = (sampled.estimate + move) / span
    inside = Sampled(value, (sampled.draws + move) / span, sampled.changes / span)
    error = float(np.nanstd(inside.draws, ddof=1))
    if value in (0.0, 1.0) and metric not in LOSSES:
        low, high = clopper_pearson(value, support.patients)
        return Interval(low * span - move, high * span - move, f"exact as of a proportion, {plural(support.patients, 'patient')}")
    if error == 0 or not 0 < value < 1:
        return Interval(None, None, "no interval: every draw gives the same value, and this measure has no exact interval")
    if metric in LOSSES:
        centre = unbiased(value, inside.draws) if metric == "ece" else value
        low, high = logit_limits(centre, error, support.patients - 1)
        rule = STUDENT
    else:
        variance = steady_variance(inside, support, value)
        low, high = score_limits(value, value * (1 - value) / variance, support.patients - 1)
        rule = WILSON
    return Interval(low * span - move, high * span - move, f"patient bootstrap {WITHIN}, {len(sampled.draws)} draws, {rule}")
