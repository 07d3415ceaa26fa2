"""The units of a simulated learning curve: what was asked, what is finished, and the test cases of each training."""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import RunError
from medimg.metrics import Array

Json = dict[str, Any]
Cell = tuple[int, int]  # repeat and fold
FULL = ("full", 99)
NEEDED = ("kind", "classes", "strategies", "rounds", "repeats", "folds", "margin")


@dataclass(frozen=True)
class Simulation:
    """What was asked (simulation.json) and the finished units, by (repeat, fold, strategy, round)."""

    run: Path
    asked: Json
    units: dict[tuple[int, int, str, int], Json]

    @property
    def strategies(self) -> list[str]:
        """The strategies that were asked for, in their order."""
        return [str(name) for name in self.asked["strategies"]]

    @property
    def planned(self) -> int:
        """Units of a finished simulation: each repeat and fold has one initial, one full, and a curve of each strategy."""
        return sum(2 + sum(self.rounds_of(cell, name) for name in self.strategies) for cell in self.cells)

    @property
    def cells(self) -> list[Cell]:
        """Every repeat of every fold that was asked for."""
        folds = sorted(map(int, self.asked.get("parts") or range(self.asked["folds"])))
        return [(repeat, fold) for fold in folds for repeat in range(self.asked["repeats"])]

    @cached_property
    def rounds(self) -> int:
        """Rounds of the longest curve of a finished simulation."""
        return max((self.rounds_of(cell, name) for cell in self.cells for name in self.strategies), default=0)

    def rounds_of(self, cell: Cell, strategy: str) -> int:
        """Rounds that a curve has in the end: its own where its pool is empty, else what its open images (or patients) are enough for."""
        number = self.last(cell, strategy)
        last = self.unit(cell, strategy, number)
        pool = (self.asked.get("parts") or {}).get(str(cell[1]), {}).get("pool")
        if not pool:
            return int(self.asked["rounds"])
        if self.asked.get("unit") == "patient":
            left = pool["patients"] - (last["patients"] if last else 0)
        else:
            left = pool["images"] - (last["labels"] if last else self.asked["init"]["size"])
        return number if _emptied(last) else min(int(self.asked["rounds"]), number + math.ceil(max(0, left) / self.asked["budget"]))

    def last(self, cell: Cell, strategy: str) -> int:
        """Last round of a curve that is finished without a gap before it."""
        return next(n for n in count(1) if (*cell, strategy, n) not in self.units) - 1

    def unit(self, cell: Cell, strategy: str, number: int) -> Json | None:
        """Find a unit; round 0 of every strategy is the shared `initial`, and where the pool ran out the last unit stands for all later."""
        own = self.units.get((*cell, "initial" if number == 0 else strategy, number))
        if own or not number:
            return own
        end = self.last(cell, strategy)
        last = self.units.get((*cell, strategy if end else "initial", end))
        return last if last and number > end and _emptied(last) else None

    def depth(self, cell: Cell) -> int:
        """Last round that every strategy has finished without a gap; -1: not even the initial training."""
        last = self.rounds if self.unit(cell, "initial", 0) else -1
        for strategy in self.strategies:
            last = next((n - 1 for n in range(1, last + 1) if not self.unit(cell, strategy, n)), last)
        return int(last)

    def comparable(self) -> tuple[list[Cell], int]:
        """Choose the repeats and folds, and the last round, that keep most finished units: all strategies are compared on the same ones."""
        depths = {cell: self.depth(cell) for cell in self.cells}
        kept = {last: [cell for cell, depth in depths.items() if depth >= last] for last in range(self.rounds + 1)}
        last = max(kept, key=lambda n: (len(kept[n]) * (n + 1), n))
        return kept[last], last

    def probabilities(self, unit: Json, frame: pd.DataFrame) -> Array:
        """Read the test probabilities (cases, classes) of a unit, in the order of its fold's cases."""
        table = _table(self, unit)
        if not table[["id", "label"]].equals(frame[["id", "label"]]):
            raise RunError(
                f"sim/{_name(unit)}.csv: other test cases than the fold's first unit; a fold has the same test cases throughout."
            )
        columns = [pd.to_numeric(table[f"p_{name}"], errors="coerce") for name in self.asked["classes"]]
        values = np.column_stack(columns).astype(float)
        if not np.isfinite(values).all():
            raise RunError(f"sim/{_name(unit)}.csv: a probability is not a finite number. {_way_out(_name(unit))}")
        return values

    def cases(self, fold: int) -> pd.DataFrame:
        """Read the test cases of a fold from its first finished unit: id, patient, label, fold."""
        unit = next(unit for key, unit in sorted(self.units.items()) if key[1] == fold)
        return _table(self, unit)[["id", "patient", "label"]].assign(fold=fold)


def _emptied(unit: Json | None) -> bool:
    """Whether no image of the pool is left without a label."""
    return bool(unit) and ((unit or {}).get("round_facts") or {}).get("open") == 0


def _name(unit: Json) -> str:
    return f"r{unit['repeat']}_f{unit['fold']}_{unit['strategy']}_n{unit['round']:02d}"


def _way_out(unit: str) -> str:
    """One unit alone cannot be done again: what it began with is gone when its repeat and fold has ended."""
    cell = "_".join(unit.split("_")[:2])
    return f"Remove sim/{cell}_*.json and sim/open/{cell}_*, and go on with the run: that repeat and fold is done again."


def _table(simulation: Simulation, unit: Json) -> pd.DataFrame:
    path = simulation.run / "sim" / f"{_name(unit)}.csv"
    try:
        table = pd.read_csv(path, dtype={"id": str, "patient": str, "site": str, "label": str}, keep_default_na=False)
    except FileNotFoundError:
        raise RunError(f"sim/{path.name} is missing beside its .json. {_way_out(path.stem)}") from None
    lacking = {"id", "patient", "label", *(f"p_{name}" for name in simulation.asked["classes"])} - set(table.columns)
    if lacking:
        raise RunError(f"sim/{path.name}: columns are missing: {', '.join(sorted(lacking))}.")
    return table.sort_values("id", ignore_index=True)


def read_simulation(run: Path) -> Simulation:
    """Read simulation.json and every finished unit of sim/; a unit whose file cannot be read is an error, a missing one is not."""
    path = run / "simulation.json"
    if not path.is_file():
        raise RunError(
            f"run {run.name}: simulation.json is missing, so it is no simulation. Start one with `medimg active-label --simulate`."
        )
    asked, faults, units = json.loads(path.read_text()), [], {}
    faults += [f"simulation.json: {name} is missing." for name in NEEDED if name not in asked]
    for file in sorted((run / "sim").glob("r*_f*_n*.json")):
        try:
            unit = json.loads(file.read_text())
            units[(unit["repeat"], unit["fold"], unit["strategy"], unit["round"])] = unit
        except (ValueError, KeyError) as fault:
            faults.append(f"sim/{file.name} cannot be read ({fault!r}). {_way_out(file.stem)}")
    if faults:
        raise RunError(*faults)
    return Simulation(run, asked, units)
