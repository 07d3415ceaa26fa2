"""Limits from a site's own films: percentiles with intervals, proposed and never applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medimg.metrics import Array
from medimg.qc.rules import NONE, Limits, Rule, RuleSet
from medimg.words import plural

LEVEL = 0.95
PERCENTILES = (1.0, 5.0, 95.0, 99.0)
LEAST = 368  # films: 0.99 ** n is under 2.5 % from here on; with fewer, even the smallest value may lie above the true 1st percentile
MEASURED = ("frac", "ratio", "mm", "deg", "DI", "-")  # units that have percentiles; counts and yes or no have none to speak of
DIGITS = 3


@dataclass(frozen=True)
class Percentile:
    """One percentile of a site's films with its 95 % interval."""

    percent: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Proposal:
    """New limits of one rule, or why there are none. `percentiles` are in the order of the limits; None where there is no limit."""

    rule: str
    n: int
    patients: int
    old: Limits
    new: Limits | None
    percentiles: tuple[Percentile | None, ...] = (None, None, None, None)
    refused: str = ""


def asked(rule: Rule) -> tuple[float | None, ...]:
    """Percentiles a rule is calibrated by: its own, else 1, 5, 95 and 99 where it has limits; none of masks' trust, counts, yes or no."""
    if any(one is not None for one in rule.percentiles):
        return rule.percentiles
    if rule.distrust or rule.unit not in MEASURED:
        return NONE
    return tuple(percent if limit is not None else None for percent, limit in zip(PERCENTILES, rule.limits, strict=True))


def percentiles(values: Array, patient: NDArray[np.int_], wanted: Sequence[float], draws: int, seed: int) -> list[Percentile]:
    """Percentiles (the smallest value that so many per cent do not exceed) of (n,) values, patients drawn with replacement.

    `patient`: (n,) whole numbers from 0. Memory does not grow with the number of draws.
    """
    order = np.argsort(values, kind="stable")
    ranked, owner = values[order], patient[order]
    people = int(patient.max()) + 1
    generator = np.random.default_rng(seed)
    shares = np.asarray(wanted) / 100

    def at(weight: Array) -> Array:
        total = np.cumsum(weight)
        found: Array = ranked[np.minimum(np.searchsorted(total, shares * total[-1] * (1 - 1e-12)), len(ranked) - 1)]
        return found

    estimate = at(np.ones(len(ranked)))
    drawn = np.array([at(np.bincount(generator.integers(0, people, people), minlength=people)[owner].astype(float)) for _ in range(draws)])
    low, high = np.percentile(drawn, [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2], axis=0)
    return [Percentile(float(p), float(v), float(a), float(b)) for p, v, a, b in zip(wanted, estimate, low, high, strict=True)]


def propose(
    rule: Rule, values: ArrayLike, patients: Sequence[str], draws: int = 1000, seed: int = 0, least: int = LEAST
) -> Proposal | None:
    """Propose limits of one rule from the values of films where they are sound; None for a rule that has no percentiles.

    Refused below `least` films or patients. The limits are rounded to three significant digits, outwards nothing is added: 1 % of
    films beyond a fail limit is what a percentile means, whether these films are good or not.
    """
    wanted = asked(rule)
    if all(percent is None for percent in wanted):
        return None
    numbers = np.asarray(values, dtype=float)
    names, patient = np.unique(np.asarray(list(patients), dtype=str), return_inverse=True)
    n, people = len(numbers), len(names)
    if min(n, people) < least:
        few = f"{plural(n, 'film')} of {plural(people, 'patient')}"
        why = f"{few}; at least {least} of each are needed, or the 1st and 99th percentile are not known"
        return Proposal(rule.id, n, people, rule.limits, None, refused=why)
    told = iter(percentiles(numbers, patient, [percent for percent in wanted if percent is not None], draws, seed))
    found = tuple(None if percent is None else next(told) for percent in wanted)
    a, b, c, d = (None if one is None else float(f"{one.value:.{DIGITS}g}") for one in found)
    return Proposal(rule.id, n, people, rule.limits, (a, b, c, d), found)


def propose_all(rules: RuleSet, values: Mapping[str, ArrayLike], patients: Mapping[str, Sequence[str]], **how: int) -> list[Proposal]:
    """Propose limits of every enabled rule, in their order: values and patients by rule id, of films in which they are sound."""
    found = (propose(rule, values.get(rule.id, ()), patients.get(rule.id, ()), **how) for rule in rules.rules if rule.enabled)
    return [proposal for proposal in found if proposal is not None]
