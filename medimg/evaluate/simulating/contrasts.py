"""Strategies against random, against the full data and against each other: always on the same cells, patients and repeats."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medimg.evaluate.intervals import LEVEL
from medimg.evaluate.simulating.areas import all_area_weights, common_range, cost_to_reach, quantile_with_censored
from medimg.evaluate.simulating.grid import Grid
from medimg.evaluate.simulating.sampler import Singles
from medimg.metrics import Array

Row = dict[str, Any]
BASELINE = "random"
HEADLINE = "auroc"
AXES = ("labels", "patients")
TIE = 0.005  # areas nearer than half a point of AUROC are a tie


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction: the smallest p times n, the next times n - 1 ..., never falling, at most 1.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(np.argsort(p, kind="stable")):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = highest
    return corrected


def _corrected(rows: list[Row]) -> list[Row]:
    """Add p_holm within one family; a comparison without a p-value is not counted in it."""
    known = [row for row in rows if row.get("p") is not None]
    for row, value in zip(known, holm([row["p"] for row in known]), strict=True):
        row["p_holm"] = value
    return [row | {"p_holm": row.get("p_holm")} for row in rows]


def areas(grid: Grid, axis: str) -> tuple[Array, Singles]:
    """(strategies, cells) normalised areas under the AUROC curves over one axis, and their draws."""
    weights = all_area_weights(grid.fact(axis))
    values = (weights * grid.values[HEADLINE]).sum(axis=1)
    return values, np.einsum("snc,sncd->scd", weights.astype(np.float32), grid.drawn[HEADLINE])


def area_rows(grid: Grid) -> list[Row]:
    """Normalised area of each strategy over each axis, in the range that all strategies have in common."""
    rows = []
    for axis in AXES:
        values, draws = grid.sampler.mean(*areas(grid, axis))
        low, high = (float(edge @ grid.sampler.weight) for edge in common_range(grid.fact(axis)))
        for s, name in enumerate(grid.strategies):
            row = grid.sampler.row(values[s], draws[s], 0.0, 1.0)
            if high <= low or np.isnan(values[s]):
                row |= {"undefined": "in some repeat and fold the curves have no range in common"}
            rows.append({"strategy": name, "axis": axis, "from": low, "to": high} | row)
    return rows


def _difference(grid: Grid, s: int, other: int, values: Array, drawn: Singles) -> Row:
    row = grid.sampler.difference(*grid.sampler.mean(values[s] - values[other], drawn[s] - drawn[other]))
    return {"strategy": grid.strategies[s], "against": grid.strategies[other]} | row


def difference_rows(grid: Grid) -> list[Row]:
    """Each strategy minus random: areas over labels, areas over patients, and AUROC at every round; Holm within each of the three."""
    if BASELINE not in grid.strategies:
        return []
    base = grid.strategies.index(BASELINE)
    others = [s for s in range(len(grid.strategies)) if s != base]
    rows = []
    for axis in AXES:
        values, drawn = areas(grid, axis)
        family = [_difference(grid, s, base, values, drawn) for s in others]
        rows += _corrected([{"what": "area", "axis": axis, "round": None} | row for row in family])
    values, drawn = grid.values[HEADLINE], grid.drawn[HEADLINE]
    rounds = [(s, n) for s in others for n in range(1, values.shape[1])]
    family = [{"what": "round", "axis": None, "round": n} | _difference(grid, s, base, values[:, n], drawn[:, n]) for s, n in rounds]
    return rows + _corrected(family)


def full_rows(grid: Grid, margin: float) -> list[Row]:
    """Each strategy minus the full data at every round; `within`: the lower limit and those of all later rounds are above -margin.

    Going back from the last round and stopping at the first that fails keeps one error rate for all rounds of a strategy.
    """
    if not grid.full:
        return []
    rows = []
    for s, name in enumerate(grid.strategies):
        open_ = True
        for n in reversed(range(grid.values[HEADLINE].shape[1])):
            values = grid.values[HEADLINE][s, n] - grid.full[HEADLINE]
            row = grid.sampler.row(*grid.sampler.mean(values, grid.drawn[HEADLINE][s, n] - grid.full_drawn[HEADLINE]), -1.0, 1.0)
            open_ = open_ and row["low"] is not None and row["low"] > -margin
            rows.append({"strategy": name, "round": n} | row | {"within": open_})
    return rows[::-1]


def target_rows(grid: Grid, margin: float) -> list[Row]:
    """Labels and patients needed to come within `margin` of the full data: where the mean curve gets there, by estimate and by draws.

    Draws whose curve never gets there are kept as infinite, so a limit may be open; `reached` is the share of those that do.
    """
    if not grid.full:
        return []
    full, full_draws = grid.sampler.mean(grid.full[HEADLINE], grid.full_drawn[HEADLINE])
    centre, draws = grid.sampler.mean(grid.values[HEADLINE], grid.drawn[HEADLINE])
    rows = []
    for axis in AXES:
        cost = grid.fact(axis) @ grid.sampler.weight
        found = [cost_to_reach(cost[s], draws[s].T, full_draws - margin) for s in range(len(grid.strategies))]
        for s, name in enumerate(grid.strategies):
            point = float(cost_to_reach(cost[s], centre[s], full - margin))
            limits = [_known(quantile_with_censored(found[s], share)) for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
            row = {"strategy": name, "axis": axis, "target": float(full - margin), "estimate": _known(point), "initial": float(cost[s, 0])}
            row |= {"low": limits[0], "high": limits[1], "reached": float(np.isfinite(found[s]).mean()), "end": float(cost[s, -1])}
            rows.append(row | {"fewer_than_random": _fewer(grid, s, found)})
    return rows


def _fewer(grid: Grid, s: int, found: list[Array]) -> float | None:
    """Share of draws in which a strategy gets there at less cost than random; a draw in which neither does is no win."""
    if BASELINE not in grid.strategies or grid.strategies[s] == BASELINE:
        return None
    return float((found[s] < found[grid.strategies.index(BASELINE)]).mean())


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def win_rows(grid: Grid) -> list[Row]:
    """Count, for each pair of strategies, the repeats and folds in which the area over labels is larger, tied or smaller."""
    values, _ = areas(grid, "labels")
    pairs = [(a, b) for a in range(len(values)) for b in range(len(values)) if a != b]
    return [
        {"strategy": grid.strategies[a], "against": grid.strategies[b]}
        | {"wins": int((values[a] - values[b] > TIE).sum()), "losses": int((values[b] - values[a] > TIE).sum())}
        | {"ties": int((np.abs(values[a] - values[b]) <= TIE).sum())}
        for a, b in pairs
    ]
