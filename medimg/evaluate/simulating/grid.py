"""Every unit of a simulation measured under the same draws, laid out by strategy, round and cell (repeat and fold)."""

from dataclasses import dataclass

import numpy as np

from medimg.evaluate.simulating.fold import Fold, measure, read_folds
from medimg.evaluate.simulating.sampler import Sampler, Singles, sampler
from medimg.evaluate.simulating.simulation import FULL, Cell, Json, Simulation
from medimg.metrics import Array

THRESHOLD = 0.5  # of two classes, in every unit
Seen = dict[str, Array]  # measure -> (1 + draws,), the first without any draw


@dataclass(frozen=True)
class Grid:
    """Measures of all units that are compared: arrays (strategies, rounds + 1, cells), drawn ones with a last axis of draws.

    `full` and `full_drawn` are those of training on the whole pool, (cells,) and (cells, draws); empty where a fold has none yet.
    """

    strategies: list[str]
    cells: list[Cell]
    units: list[list[list[Json]]]
    values: dict[str, Array]
    drawn: dict[str, Singles]
    full: dict[str, Array]
    full_drawn: dict[str, Singles]
    sampler: Sampler
    mixed: int  # patients with images of several labels

    def fact(self, name: str) -> Array:
        """Lay a number of every unit out as (strategies, rounds + 1, cells)."""
        return np.array([[[float(unit[name]) for unit in line] for line in lines] for lines in self.units])

    @property
    def own(self) -> Array:
        """(strategies, rounds + 1, cells) whether a unit is of that round; false where a pool had run out before it."""
        return np.array([[[unit["round"] == n for unit in line] for n, line in enumerate(lines)] for lines in self.units])


def measure_all(simulation: Simulation) -> Grid | None:
    """Measure every unit that can be compared; None while not one repeat and fold has its initial training."""
    cells, last = simulation.comparable()
    if not cells:
        return None
    draws, seed = int(simulation.asked.get("draws", 2000)), int(simulation.asked.get("seed", 0))
    folds, facts = read_folds(simulation, sorted({fold for _, fold in cells}), draws, seed)
    units = [[[_unit(simulation, cell, name, n) for cell in cells] for n in range(last + 1)] for name in simulation.strategies]
    initial = {cell: _see(simulation, units[0][0][c], folds, facts.mixed) for c, cell in enumerate(cells)}
    names = list(initial[cells[0]])
    shape = (len(simulation.strategies), last + 1, len(cells))
    values = {name: np.empty(shape) for name in names}
    drawn = {name: np.empty((*shape, draws), dtype=np.float32) for name in names}
    for s, n, c in np.ndindex(shape):
        seen = _see(simulation, units[s][n][c], folds, facts.mixed) if n else initial[cells[c]]
        for name in names:
            values[name][s, n, c], drawn[name][s, n, c] = seen[name][0], seen[name][1:]
    whole = {
        key[:2]: _see(simulation, unit, folds, facts.mixed) for key, unit in simulation.units.items() if key[2:] == FULL and key[1] in folds
    }
    full = _full(cells, whole)
    return Grid(
        simulation.strategies, cells, units, values, drawn,
        {name: rows[:, 0] for name, rows in full.items()},
        {name: rows[:, 1:].astype(np.float32) for name, rows in full.items()},
        sampler(cells, draws, seed, facts.patients, facts.lonely), facts.mixed,
    )  # fmt: skip


def _unit(simulation: Simulation, cell: Cell, strategy: str, number: int) -> Json:
    unit = simulation.unit(cell, strategy, number)
    assert unit is not None, "only finished units are compared"
    return unit


def _see(simulation: Simulation, unit: Json, folds: dict[int, Fold], mixed: int) -> Seen:
    fold = folds[unit["fold"]]
    return measure(fold, simulation.probabilities(unit, fold.frame), THRESHOLD, mixed)


def _full(cells: list[Cell], seen: dict[Cell, Seen]) -> Seen:
    """(cells, 1 + draws) of the full-data model of each cell, or the mean of its fold's; nothing where a fold has none."""
    of_fold = {fold: [one for (_, other), one in seen.items() if other == fold] for _, fold in cells}
    if not all(of_fold.values()):
        return {}
    return {
        name: np.stack([seen[c][name] if c in seen else np.mean([one[name] for one in of_fold[c[1]]], axis=0) for c in cells])
        for name in of_fold[cells[0][1]][0]
    }
