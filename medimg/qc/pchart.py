"""A p-chart: fail rates over time against the limits that chance would stay in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from medimg.qc.rates import interval

Row = dict[str, Any]
SIGMAS = 3.0
RUN = 8  # points in a row on one side of the centre that speak for a shift (Nelson's rule has nine, Western Electric's eight)
NOTHING = ("rate", "rate_low", "rate_high", "centre", "low", "high", "exact_low", "exact_high")  # what a month without films has not


def binomial(share: float, n: int) -> tuple[float, float]:
    """Limits around a share for n films that chance leaves on either side as seldom as three sigmas would, exact where faults are rare."""
    tail = float(stats.norm.sf(SIGMAS))
    return float(stats.binom.ppf(tail, n, share)) / n, float(stats.binom.isf(tail, n, share)) / n


def shewhart(share: float, n: float, quantile: float = SIGMAS) -> tuple[float, float]:
    """Three standard deviations around a share for n films, cut at 0 and 1."""
    half = quantile * float(np.sqrt(share * (1 - share) / n))
    return max(0.0, share - half), min(1.0, share + half)


def p_chart(words: Sequence[str], fails: Sequence[int], films: Sequence[int]) -> list[Row]:
    """Lay out a p-chart: word, n, fails, rate with Wilson's 95 % limits, centre, 3-sigma limits, exact limits, `signal` and `run`.

    `centre`: the rate of all films here. `signal`: the rate lies outside the exact limits. The 3-sigma limits
    stand beside them as most offices know them: of 50 films with 2 % faults they cry wolf once in 60 months, the exact ones once in 2,000.
    `run`: the eighth or later point in a row on one side of the centre. A month without films has no rate and interrupts no run.
    """
    if any(k < 0 or k > n for k, n in zip(fails, films, strict=True)):
        raise ValueError("more fails than films, or fewer than none")
    if not sum(films):
        return [{"word": word, "n": 0, "fails": 0, **dict.fromkeys(NOTHING), "signal": False, "run": False} for word in words]
    middle = sum(fails) / sum(films)
    rows: list[Row] = []
    side, length = 0, 0
    for word, k, n in zip(words, fails, films, strict=True):
        row: Row = {"word": word, "n": n, "fails": k, **dict.fromkeys(NOTHING), "centre": middle, "signal": False, "run": False}
        if n:
            rate = k / n
            (low, high), (least, most), (rate_low, rate_high) = shewhart(middle, n), binomial(middle, n), interval(k, n)
            here = int(np.sign(rate - middle))
            length = length + 1 if here == side and here else abs(here)
            side = here
            row |= {"rate": rate, "rate_low": rate_low, "rate_high": rate_high, "low": low, "high": high}
            row |= {"exact_low": least, "exact_high": most, "signal": not least <= rate <= most, "run": length >= RUN}
        rows.append(row)
    return rows
