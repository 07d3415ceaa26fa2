"""From an estimate and its bootstrap draws to a 95 % interval that covers: one rule per measure, chosen by simulation.

docs/decisions/intervals.md holds the measured coverage of each rule and of those that were given up.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from medimg.metrics import Array

LEVEL = 0.95
FEWEST = 10  # patients in a class below which no measured rule is known to cover
MOST_LOST = 0.05  # share of draws without a value above which an interval would describe another, luckier sample
PROPORTIONS = {"accuracy", "sensitivity", "specificity", "precision", "exact_match"}
SIGNED = {"kappa", "mcc"}


@dataclass(frozen=True)
class Interval:
    """Limits of a 95 % interval, or neither, and how they were found or why they were not."""

    low: float | None
    high: float | None
    method: str


def clopper_pearson(share: float, n: float) -> tuple[float, float]:
    """Exact limits of a binomial proportion; `n` may be an effective size and need not be whole."""
    hits, tail = share * n, (1 - LEVEL) / 2
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits > 1e-9 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, n - hits)) if n - hits > 1e-9 else 1.0
    return low, high


def exact_area(value: float, pairs: int) -> tuple[float, float]:
    """Limits of an AUROC seen as 1 (or 0): with `pairs` disjoint pairs of patients, P(AUROC seen = 1) is at most AUROC ** pairs."""
    limit = (1 - LEVEL) / 2
    low = float(limit ** (1 / pairs))
    return (low, 1.0) if value > 0.5 else (0.0, 1 - low)


def transformed(value: float, error: float, freedom: float, signed: bool = False) -> tuple[float, float]:
    """Student limits on the logit scale (atanh for measures from -1 to 1), moved back."""
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    if signed:
        middle, width = float(np.arctanh(value)), quantile * error / (1 - value**2)
        return float(np.tanh(middle - width)), float(np.tanh(middle + width))
    middle, width = float(np.log(value / (1 - value))), quantile * error / (value * (1 - value))
    return float(1 / (1 + np.exp(width - middle))), float(1 / (1 + np.exp(-width - middle)))


def interval(metric: str, estimate: float, draws: Array, patients: int, scale: float = 1.0, lonely: int = 0) -> Interval:
    """Choose the rule for a measure and apply it.

    `patients` is the number the measure rests on: the smaller class for an AUROC, those with a positive image for a sensitivity.
    `scale` is the largest value the measure can have (2 for a Brier score of several classes).
    """
    if metric in PROPORTIONS and (patients < FEWEST or lonely or estimate in (0.0, 1.0)):
        if patients < 1:
            return Interval(None, None, "no interval: no patient")
        return Interval(*clopper_pearson(estimate, patients), f"exact, {patients} patients")
    if patients < FEWEST:
        return Interval(None, None, f"too few patients for an interval: {patients}, at least {FEWEST} are needed")
    if lonely:
        return Interval(None, None, f"too few patients for an interval: {lonely} folds have one patient")
    if metric in ("auroc", "auroc_within_patients") and estimate in (0.0, 1.0):
        return Interval(*exact_area(estimate, patients), f"exact, {patients} pairs of patients")
    known = draws[np.isfinite(draws)]
    if len(known) < (1 - MOST_LOST) * len(draws):
        return Interval(None, None, f"too few patients for an interval: {len(draws) - len(known)} of {len(draws)} draws have no value")
    error = float(known.std(ddof=1))
    share = estimate / scale
    if error == 0 or share >= 1 or share <= (-1 if metric in SIGNED else 0):
        return Interval(None, None, "no interval: every draw gives the same value")
    low, high = transformed(share, error / scale, patients - 1, metric in SIGNED)
    return Interval(low * scale, high * scale, f"patient bootstrap, {len(draws)} draws")
