"""From the units of a simulated learning curve to its numbers, tables and verdict; an unfinished simulation gives what it can."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.evaluate.files import write_json, write_table
from medimg.evaluate.simulating import contrasts, spending
from medimg.evaluate.simulating.claims import verdict
from medimg.evaluate.simulating.fold import MEASURES
from medimg.evaluate.simulating.grid import THRESHOLD, Grid, measure_all
from medimg.evaluate.simulating.simulation import FULL, Simulation, read_simulation
from medimg.words import plural

Row = dict[str, Any]
ABOUT = (
    "kind",
    "classes",
    "title",
    "cohort",
    "preset",
    "unit",
    "budget",
    "rounds",
    "init",
    "mode",
    "frozen",
    "strategies",
    "repeats",
    "folds",
    "margin",
)
ABOUT_CHANCE = ("noise", "draws", "seed")
TABLES = {
    "curves": "Score by strategy and round",
    "full": "Score of training on the whole pool",
    "areas": "Mean AUROC over the common range of labels and of patients opened",
    "differences": "Each strategy minus random, same patients and repeats",
    "against_full": "Each strategy minus the full data",
    "targets": "Labels and patients needed to come within the margin of the full data",
    "wins": "Repeats and folds won, tied and lost, by area over labels",
    "spread": "Standard deviation over repeats within folds: chance in initial labels and training",
    "picks": "What was picked",
    "seconds": "Seconds of acquisition and training",
    "stops": "Stop rules, replayed",
}
LARGEST = {"brier": 2.0}


def evaluate_simulation(run: Path) -> dict[str, Any]:
    """Judge the finished units of a simulation: writes learning.json and tables/, and returns what learning.json holds."""
    simulation = read_simulation(Path(run))
    grid = measure_all(simulation)
    about = {name: simulation.asked.get(name) for name in (*ABOUT, *ABOUT_CHANCE)}
    parts = {"parts": simulation.asked.get("parts", {})}
    about["rounds"] = simulation.rounds
    result: dict[str, Any] = {"schema": 1} | about | parts | {"units": _units(simulation, grid)} | _numbers(simulation, grid)
    result |= {"notes": _notes(simulation, grid)}
    result |= {"verdict": verdict(result)}
    for name, heading in TABLES.items():
        write_table(Path(run) / "tables", f"learning_{name}", pd.DataFrame(result[name]), heading)
    write_json(Path(run) / "learning.json", result)
    return result


def _units(simulation: Simulation, grid: Grid | None) -> Row:
    """How many units are there, and how many of them are compared."""
    found = {"finished": len(simulation.units), "planned": simulation.planned, "complete": len(simulation.units) >= simulation.planned}
    folds = [fold for _, fold in grid.cells] if grid else []
    used = {"cells": len(folds), "cells_planned": simulation.asked["repeats"] * simulation.asked["folds"]}
    used |= {"repeats_used": min((folds.count(fold) for fold in folds), default=0), "folds_used": len(set(folds))}
    return found | used | {"rounds_used": grid.values["auroc"].shape[1] - 1 if grid else 0, "alone": grid.sampler.alone if grid else True}


def _numbers(simulation: Simulation, grid: Grid | None) -> Row:
    if grid is None:
        return {name: [] for name in TABLES}
    margin = float(simulation.asked["margin"])
    return {
        "curves": _curve_rows(grid),
        "full": _full_rows(simulation, grid),
        "areas": contrasts.area_rows(grid),
        "differences": contrasts.difference_rows(grid),
        "against_full": contrasts.full_rows(grid, margin),
        "targets": contrasts.target_rows(grid, margin),
        "wins": contrasts.win_rows(grid),
        "spread": _spread_rows(grid),
        "picks": spending.pick_rows(simulation, grid),
        "seconds": spending.second_rows(grid),
        "stops": spending.stop_rows(simulation, grid),
    }


def _curve_rows(grid: Grid) -> list[Row]:
    """Mean over folds and repeats of each measure at each round, with limits, and what it has cost so far."""
    facts = {name: grid.fact(name) @ grid.sampler.weight for name in ("labels", "patients", "val_labels", "val_patients", "steps")}
    rows = []
    for metric in MEASURES:
        if metric not in grid.values:
            rows += [_undefined(name, n, metric, grid) for name in grid.strategies for n in range(grid.values["auroc"].shape[1])]
            continue
        values, draws = grid.sampler.mean(grid.values[metric], grid.drawn[metric])
        for s, n in np.ndindex(values.shape):
            row = grid.sampler.row(values[s, n], draws[s, n], 0.0, LARGEST.get(metric, 1.0))
            spent = {name: float(fact[s, n]) for name, fact in facts.items()}
            rows.append({"strategy": grid.strategies[s], "round": n, "metric": metric} | spent | row)
    return rows


def _undefined(strategy: str, number: int, metric: str, grid: Grid) -> Row:
    reason = f"mixed labels: {plural(grid.mixed, 'patient')} with images of more than one label"
    nothing = {"estimate": None, "low": None, "high": None, "method": "undefined", "undefined": reason}
    return {"strategy": strategy, "round": number, "metric": metric} | nothing


def _full_rows(simulation: Simulation, grid: Grid) -> list[Row]:
    whole = [unit for key, unit in simulation.units.items() if key[2:] == FULL]
    spent = {name: float(np.mean([unit[name] for unit in whole])) for name in ("labels", "patients", "val_labels", "steps") if whole}
    rows = []
    for metric, values in grid.full.items():
        row = grid.sampler.row(*grid.sampler.mean(values, grid.full_drawn[metric]), 0.0, LARGEST.get(metric, 1.0))
        rows.append({"metric": metric} | spent | row)
    return rows


def _spread_rows(grid: Grid) -> list[Row]:
    """How much AUROC differs between repeats of one fold, root mean square over folds: at the start, at the end, and as an area."""
    if grid.sampler.alone:
        return []
    areas, _ = contrasts.areas(grid, "labels")
    fold = np.array([fold for _, fold in grid.cells])

    def spread(values: Any) -> float:
        return float(np.sqrt(np.mean([np.var(values[fold == one], ddof=1) for one in np.unique(fold)])))

    scores = grid.values["auroc"]
    lines = [(name, spread(scores[s, -1]), spread(areas[s])) for s, name in enumerate(grid.strategies)]
    start = spread(scores[0, 0])
    rows = [
        {"strategy": name, "initial_sd": start, "last_sd": last, "area_sd": None if np.isnan(area) else area} for name, last, area in lines
    ]
    return rows


def _notes(simulation: Simulation, grid: Grid | None) -> list[str]:
    """What a reader of the numbers must know."""
    several = len(simulation.asked["classes"]) > 2
    notes = ["The most probable class is the answer." if several else f"The threshold is {THRESHOLD}."]
    notes += ["Validation labels are counted beside those of the pool and are in no curve; they are the same for all strategies."]
    notes += ["All strategies start from the same initial labels; these are in every curve and are no one's merit."]
    if grid is None:
        return notes
    if grid.mixed:
        notes.append(f"{plural(grid.mixed, 'patient')} with images of more than one label, so patient-level numbers are undefined.")
    left = len(simulation.units) - _used(simulation, grid)
    if left:
        notes.append(f"In no number: {plural(left, 'finished unit')}; not every strategy has got as far in their repeat and fold.")
    full = {key[:2] for key in simulation.units if key[2:] == FULL}
    if not grid.own.all():
        notes.append("Pools run out at different rounds; from then on a repeat and fold stands in the mean with its last training.")
    if grid.full and not set(grid.cells) <= full:
        notes.append("The full-data training was not repeated in every repeat, so chance in it is only partly in the intervals.")
    if grid.sampler.alone:
        notes.append("A fold has one repeat only: intervals hold the chance of patients, not that of initial labels and training.")
    return notes


def _used(simulation: Simulation, grid: Grid) -> int:
    full = sum(key[2:] == FULL and any(key[1] == fold for _, fold in grid.cells) for key in simulation.units)
    return int(len(grid.cells) + grid.own[:, 1:].sum()) + (full if grid.full else 0)
