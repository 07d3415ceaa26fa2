"""Means over the folds and repeats of a simulation, with draws in which patients and repeats vary, and limits from their spread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from medimg.evaluate.intervals import FEWEST, LEVEL, MOST_LOST
from medimg.evaluate.simulating.simulation import Cell, Json
from medimg.metrics import Array

Singles = NDArray[np.float32]
SAME = 1e-6  # draws are kept in single precision


@dataclass(frozen=True)
class Sampler:
    """Draws of means over cells (repeat and fold).

    `fold` (cells,) names the fold of each, `weight` (cells,) makes the mean over folds of means over repeats, `repeats` (draws, cells) the
    same with repeats drawn within their fold; `patients` are those of the smallest class.
    """

    fold: NDArray[np.int_]
    weight: Array
    repeats: Array
    patients: int
    freedom: int
    lonely: int
    alone: bool  # a fold has one repeat only, so the spread over initial sets is not in the draws

    def mean(self, values: Array, drawn: Singles) -> tuple[Array, Array]:
        """(..., cells) values and (..., cells, draws) under drawn patients -> (...) means and their (..., draws).

        A draw is the mean under its patients, moved by what its repeats change in the mean: patients and repeats vary separately.
        """
        centre = values @ self.weight
        moved = values @ self.repeats.T - centre[..., None]
        return centre, np.asarray(self.weight @ drawn, dtype=float) + self.own_share(values, drawn)[..., None] * moved

    def own_share(self, values: Array, drawn: Singles) -> Array:
        """Share of the repeats' standard deviation that is not chance of patients: repeats also differ because each meets the same patients
        with errors of its own, which is in the draws of patients already and would be counted twice.
        """
        seen, chance = np.zeros(values.shape[:-1]), np.zeros(values.shape[:-1])
        for one in np.unique(self.fold):
            cells = np.flatnonzero(self.fold == one)
            if len(cells) > 1:
                part = self.weight[cells].sum() ** 2 / len(cells)
                seen += part * values[..., cells].var(axis=-1, ddof=1)
                apart = (drawn[..., cells, :] - values[..., cells, None]).var(axis=-2, ddof=1)
                chance += part * np.nanmean(apart, axis=-1)
        share: Array = np.sqrt(np.clip(1 - np.divide(chance, seen, out=np.ones_like(seen), where=seen > 0), 0, 1))
        return share

    def row(self, value: Array | float, draws: Array, low: float = -np.inf, high: float = np.inf) -> Json:
        """Give a mean with its Student limits, kept within `low` and `high`, and the reason where it has none."""
        centre = float(value)
        found: Json = {"estimate": centre, "low": None, "high": None, "method": "", "undefined": None}
        if not np.isfinite(centre):
            return found | {"estimate": None, "method": "undefined", "undefined": "a class is missing among the test cases of a fold"}
        if self.patients < FEWEST or self.lonely:
            return found | {"method": f"too few patients for an interval: {self.patients} in a class, at least {FEWEST} are needed"}
        error = self.error(draws)
        if error is None:
            return found | {"method": "no interval: the draws have no spread or no value"}
        width = float(stats.t.ppf((1 + LEVEL) / 2, self.freedom)) * error
        limits = {"low": max(low, centre - width), "high": min(high, centre + width)}
        return found | limits | {"method": f"{'patients' if self.alone else 'patients and repeats'} drawn {len(draws)} times"}

    def difference(self, value: Array | float, draws: Array) -> Json:
        """Give a difference with its limits and, where it has some, the two-sided p-value of none."""
        row, error = self.row(value, draws, -1.0, 1.0), self.error(draws)
        if row["low"] is None or error is None:
            return row | {"p": None}
        return row | {"p": 2 * float(stats.t.sf(abs(float(value)) / error, self.freedom))}

    def error(self, draws: Array) -> float | None:
        """Standard deviation of the draws; None where too many have no value, or all have the same."""
        error = float(np.nanstd(draws, ddof=1)) if np.isnan(draws).mean() <= MOST_LOST else np.nan
        return error if error > SAME else None


def sampler(cells: list[Cell], draws: int, seed: int, patients: int, lonely: int) -> Sampler:
    """Draw n - 1 of a fold's n repeats, weighted n / (n - 1), as patients are; initial sets are drawn anew in every fold."""
    of = np.array([fold for _, fold in cells])
    folds, size = np.unique(of, return_counts=True)
    weight = 1 / (len(folds) * size[np.searchsorted(folds, of)])
    repeats, generator = np.tile(weight, (draws, 1)), np.random.default_rng([seed, 1])
    for fold, n in zip(folds, size, strict=True):
        if n > 1:
            repeats[:, of == fold] *= generator.multinomial(n - 1, np.full(n, 1 / n), size=draws) * (n / (n - 1))
    alone = bool((size < 2).any())
    freedom = patients - 1 if alone else min(patients - 1, int((size - 1).sum()))
    return Sampler(of, weight, repeats, patients, max(freedom, 1), lonely, alone)
