"""Two measurements of the same films: bias, limits of agreement, repeatability and intraclass correlation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from medimg.evaluate.intervals import LEVEL
from medimg.metrics import Array

ROUNDING = 1e-12  # of a variance that is none

Row = dict[str, Any]
FEWEST = 3  # pairs below which there is no spread to speak of
GREY = 30


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


def _t(freedom: float) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))


def limits_of_agreement(difference: Array) -> dict[str, Estimate]:
    """Bias and limits of agreement (bias - 1.96 SD, bias + 1.96 SD) of (n,) differences, n at least 3.

    Intervals by Student, with standard errors SD / sqrt(n) and SD sqrt(3 / n) (Bland and Altman, Lancet 1986;i:307).
    """
    n, bias, spread = len(difference), float(np.mean(difference)), float(np.std(difference, ddof=1))
    t, reach = _t(n - 1), float(stats.norm.ppf((1 + LEVEL) / 2)) * spread
    around = {
        "bias": (bias, spread / np.sqrt(n)),
        "lower": (bias - reach, spread * np.sqrt(3 / n)),
        "upper": (bias + reach, spread * np.sqrt(3 / n)),
    }
    return {name: Estimate(value, value - t * error, value + t * error) for name, (value, error) in around.items()}


def repeatability(readings: ArrayLike) -> Estimate:
    """Repeatability coefficient 1.96 sqrt(2) s_w of (n, k) readings of the same: what two of them differ by at most in 95 %.

    s_w^2 is the mean of the variances within films; its interval is that of a chi-square with n (k - 1) degrees of freedom.
    """
    values = np.asarray(readings, dtype=float)
    freedom = values.shape[0] * (values.shape[1] - 1)
    variance = float(values.var(axis=1, ddof=1).mean())
    factor = float(stats.norm.ppf((1 + LEVEL) / 2)) * np.sqrt(2)
    tails = stats.chi2.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], freedom)
    low, high = (float(factor * np.sqrt(variance * freedom / tail)) for tail in tails)
    return Estimate(float(factor * np.sqrt(variance)), low, high)


def _mean_squares(values: Array) -> tuple[float, float, float]:
    """Mean squares between films, between raters, and of what is left, of (n, k) readings."""
    n, k = values.shape
    values = values - values.flat[0]  # so that readings that are all the same leave exactly nothing
    whole = values.mean()
    rows = k * ((values.mean(axis=1) - whole) ** 2).sum()
    columns = n * ((values.mean(axis=0) - whole) ** 2).sum()
    left = ((values - whole) ** 2).sum() - rows - columns
    return float(rows / (n - 1)), float(columns / (k - 1)), float(max(left, 0.0) / ((n - 1) * (k - 1)))


def icc_agreement(readings: ArrayLike) -> Estimate | None:
    """ICC(2,1), absolute agreement of single ratings by raters drawn at random: (n, k) readings; None where nothing varies.

    Shrout and Fleiss, Psychol Bull 1979;86:420; interval by McGraw and Wong, Psychol Methods 1996;1:30.
    """
    values = np.asarray(readings, dtype=float)
    n, k = values.shape
    between, raters, left = _mean_squares(values)
    bottom = between + (k - 1) * left + k * (raters - left) / n
    if bottom <= 0:
        return None
    value = (between - left) / bottom
    if 1 - value < ROUNDING:
        return Estimate(1.0, 1.0, 1.0)
    a, b = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    freedom = (a * raters + b * left) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * left) ** 2 / ((n - 1) * (k - 1)))
    upper, lower = stats.f.ppf((1 + LEVEL) / 2, n - 1, freedom), stats.f.ppf((1 + LEVEL) / 2, freedom, n - 1)
    rest = k * raters + (k * n - k - n) * left
    return Estimate(
        value, n * (between - upper * left) / (upper * rest + n * between), n * (lower * between - left) / (rest + n * lower * between)
    )


def icc_consistency(readings: ArrayLike) -> Estimate | None:
    """ICC(3,1), consistency of single ratings by these raters: (n, k) readings; None where nothing varies. Sources as above."""
    values = np.asarray(readings, dtype=float)
    n, k = values.shape
    between, _, left = _mean_squares(values)
    if between + (k - 1) * left <= 0:
        return None
    if left < ROUNDING * between:
        return Estimate(1.0, 1.0, 1.0)
    freedom = (n - 1) * (k - 1)
    seen = between / left
    low = seen / float(stats.f.ppf((1 + LEVEL) / 2, n - 1, freedom))
    high = seen * float(stats.f.ppf((1 + LEVEL) / 2, freedom, n - 1))
    return Estimate((seen - 1) / (seen + k - 1), (low - 1) / (low + k - 1), (high - 1) / (high + k - 1))


def continuous(first: ArrayLike, second: ArrayLike, patients: ArrayLike | None = None) -> list[Row]:
    """Compare two measurements of the same films, (n,) each, first minus second; `patients`, (n,), only tells how many there are.

    Rows: bias, lower and upper limit of agreement, repeatability, icc_2_1, icc_3_1. Films of one patient are taken as independent, and
    the method says so.
    """
    readings = np.column_stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    if not np.isfinite(readings).all():
        raise ValueError("a measurement is not a finite number")
    n = len(readings)
    people = n if patients is None else len(np.unique(np.asarray(patients)))
    names = ("bias", "lower", "upper", "repeatability", "icc_2_1", "icc_3_1")
    common: Row = {"n": n, "patients": people, "grey": n < GREY}
    if n < FEWEST:
        nothing: Row = {"estimate": None, "low": None, "high": None, "method": "undefined"}
        return [{"metric": name} | nothing | common | {"undefined": f"{n} pairs, at least {FEWEST} are needed"} for name in names]
    found: dict[str, Estimate | None] = {**limits_of_agreement(readings[:, 0] - readings[:, 1]), "repeatability": repeatability(readings)}
    found |= {"icc_2_1": icc_agreement(readings), "icc_3_1": icc_consistency(readings)}
    how = "normal theory" + (", films of one patient taken as independent" if people < n else "")
    return [_told(name, found[name], how) | common for name in names]


def _told(name: str, found: Estimate | None, how: str) -> Row:
    if found is None:
        return {"metric": name, "estimate": None, "low": None, "high": None, "method": "undefined", "undefined": "nothing varies"}
    return {"metric": name, "estimate": found.value, "low": found.low, "high": found.high, "method": how, "undefined": None}
