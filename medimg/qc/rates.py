"""Fail rates of groups and rules with 95 % intervals, per room, operator, view or month, counted film by film."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from medimg.qc.rules import GROUPS
from medimg.qc.verdict import FAIL, PASS, REVIEW, UNEVALUABLE, WARN, FilmVerdict

LEVEL = 0.95
Z = float(stats.norm.ppf((1 + LEVEL) / 2))
GREY = 30  # films below which a rate is greyed out and persons are not ranked
UNKNOWN = "unknown"
FILM = "film"
Row = dict[str, Any]
Item = tuple[str, str, str]  # division, its word, film or group or rule
JUDGED = (PASS, WARN, FAIL)  # what a rate is a share of; the others are counted beside it


@dataclass
class Counts:
    """How often each item (film, group or rule) had each verdict, by the words of each division; fed film by film.

    The films of one study come one after another: how much they fail together is kept as sums over studies, not as studies.
    """

    by: tuple[str, ...]
    seen: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    sums: dict[Item, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))  # of fails^2, fails n, n^2, 1
    study: str = ""
    open_study: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)

    def add(self, facts: Mapping[str, Any], film: FilmVerdict) -> None:
        """Count one film. `facts`: words of the divisions (StationName, operator, view, month) and study; an empty one is unknown."""
        study = str(facts.get("study") or UNKNOWN)
        if study == UNKNOWN or study != self.study:
            self._close()
        self.study = study
        words = [("", ""), *((name, str(facts.get(name) or UNKNOWN)) for name in self.by)]
        items = [(FILM, film.verdict), *film.groups.items(), *((one.rule, one.verdict) for one in film.rules)]
        for name, word in words:
            self.seen.update((name, word, item, verdict) for item, verdict in items)
            self.open_study.update((name, word, item, verdict == FAIL) for item, verdict in items if verdict in JUDGED)

    def _close(self) -> None:
        for key in {key[:3] for key in self.open_study}:
            fails = self.open_study[*key, True]
            n = fails + self.open_study[*key, False]
            self.sums[key] = [old + new for old, new in zip(self.sums[key], (fails * fails, fails * n, n * n, 1), strict=True)]
        self.open_study.clear()

    def effective(self, item: Item, fails: int, n: int) -> float:
        """How many independent films tell as much of a share as these n, by the variance of the share over studies; n at most.

        Where all or none fail, the number of studies.
        """
        self._close()
        squares, products, sizes, studies = self.sums.get(item, [0, 0, 0, n])
        if studies == n:
            return n
        if studies < 2 or fails in (0, n):
            return float(studies)
        share = fails / n
        variance = (squares - 2 * share * products + share * share * sizes) / n**2 * studies / (studies - 1)
        return min(float(n), share * (1 - share) / variance) if variance > 0 else n

    def divisions(self) -> Iterator[tuple[str, str]]:
        """Every division and its words: the whole first, then by name and word."""
        return iter(sorted({(name, word) for name, word, _, _ in self.seen}))

    def items(self) -> list[str]:
        """The film, the four groups, then rules in the order they were first seen."""
        listed = dict.fromkeys(item for _, _, item, _ in self.seen)
        return [FILM, *GROUPS, *(item for item in listed if item not in (FILM, *GROUPS))] if listed else []

    def count(self, name: str, word: str, item: str) -> dict[str, int]:
        """Films of each verdict."""
        words = (*JUDGED, REVIEW, UNEVALUABLE, "not_applicable")
        return {verdict: self.seen[name, word, item, verdict] for verdict in words}


def interval(fails: float, n: float) -> tuple[float, float] | tuple[None, None]:
    """Wilson's limits of a share; none of nothing.

    >>> [round(limit, 3) for limit in interval(3, 30)]
    [0.035, 0.256]
    """
    if n == 0:
        return None, None
    share, weight = fails / n, Z * Z / n  # a report asks thousands of times, and binomtest would count out a p-value each time
    middle, half = share + weight / 2, Z * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (middle - half) / (1 + weight), (middle + half) / (1 + weight)
    return (low if fails else 0.0), (high if fails < n else 1.0)


def fail_rate(counts: Counts, name: str, word: str, item: str) -> Row:
    """Fail rate of one item in one division: n (films judged), fails, rate, and Wilson's limits of as many films as are independent."""
    seen = counts.count(name, word, item)
    n, fails = sum(seen[verdict] for verdict in JUDGED), seen[FAIL]
    alone = counts.effective((name, word, item), fails, n)
    low, high = interval(fails * alone / n, alone) if n else (None, None)
    return {"n": n, "fails": fails, "rate": fails / n if n else None, "low": low, "high": high}


def rates(counts: Counts) -> list[Row]:
    """Fail rate of every item in every division: by, word, item, n (films judged), fails, rate, low, high, grey, and what was not judged.

    A film that a person has to look at, and a rule or group that could not be evaluated, are in no rate; `open` counts them.
    Rates are of films as they were stored: not reject rates, as what was rejected at the console is not among them.
    """
    rows = []
    for name, word in counts.divisions():
        for item in counts.items():
            seen = counts.count(name, word, item)
            row: Row = {"by": name, "word": word, "item": item, **fail_rate(counts, name, word, item), "warns": seen[WARN]}
            row["grey"] = row["n"] < GREY
            rows.append(row | {"open": seen[REVIEW] + seen[UNEVALUABLE], "not_applicable": seen["not_applicable"]})
    return rows


def months(counts: Counts, item: str) -> tuple[list[str], list[int], list[int]]:
    """Months in order, with fails and films judged of one item: what a p-chart is drawn of."""
    words = [word for name, word in counts.divisions() if name == "month"]
    seen = [counts.count("month", word, item) for word in words]
    return words, [one[FAIL] for one in seen], [sum(one[verdict] for verdict in JUDGED) for one in seen]


def spread(values: ArrayLike) -> Row:
    """Deviation index (or another number) of one room: n, median, quartiles, sd, skewness, grey; NaN and None are left out.

    AAPM's benchmark of 2025 asks for a standard deviation of the deviation index under 2.5.
    """
    there = np.asarray(values, dtype=float)
    there = there[np.isfinite(there)]
    n = len(there)
    row: Row = {"n": n, "median": None, "q1": None, "q3": None, "iqr": None, "sd": None, "skew": None, "grey": n < GREY}
    if n:
        q1, median, q3 = (float(value) for value in np.percentile(there, [25, 50, 75]))
        row |= {"median": median, "q1": q1, "q3": q3, "iqr": q3 - q1}
    if n > 2 and np.ptp(there) > 0:
        row |= {"sd": float(there.std(ddof=1)), "skew": float(stats.skew(there, bias=False))}
    return row
