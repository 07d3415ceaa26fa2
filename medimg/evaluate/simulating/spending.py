"""What labels were spent on: patients and classes of the picks, seconds, and where each stop rule would have ended it."""

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from medimg.active.stopping import Round, Stop, stopped_by
from medimg.evaluate.simulating.contrasts import HEADLINE
from medimg.evaluate.simulating.grid import Grid
from medimg.evaluate.simulating.simulation import Json, Simulation
from medimg.metrics import Array

Row = dict[str, Any]
ROUND = {one.name for one in fields(Round)}
STOP = {one.name for one in fields(Stop)}


def pick_rows(simulation: Simulation, grid: Grid) -> list[Row]:
    """Picks of each round: how many, of how many patients, most of one patient, and the share of each class; means over cells.

    Patients and labels come from cases.csv; without it there is nothing to say.
    """
    path = simulation.run / "cases.csv"
    if not path.is_file():
        return []
    cases = pd.read_csv(path, dtype=str, keep_default_na=False).drop_duplicates("id").set_index("id")[["patient", "label"]]
    rows = []
    for s, name in enumerate(grid.strategies):
        for n, line in enumerate(grid.units[s]):
            own = [unit for unit in line if unit["round"] == n and unit.get("chosen")]
            seen = [_picks(cases, unit["chosen"], simulation.asked["classes"]) for unit in own]
            if seen and (n or not s):
                means = pd.DataFrame(seen).mean()
                rows.append({"strategy": name if n else "initial", "round": n} | {key: float(means[key]) for key in seen[0]})
    return rows


def _picks(cases: pd.DataFrame, chosen: list[str], classes: list[str]) -> dict[str, float]:
    known = cases.reindex(chosen)
    of = known["patient"].value_counts()
    shares = {f"share_{name}": float((known["label"] == str(name)).mean()) for name in classes}
    return {"picks": len(chosen), "patients": len(of), "most_of_one_patient": int(of.max()) if len(of) else 0} | shares


def second_rows(grid: Grid) -> list[Row]:
    """Seconds of acquisition and of training: the mean of a round, and the sum over a curve, means over cells."""
    own = grid.own[:, 1:]
    if not own.shape[1]:
        return []
    train, pick = (np.where(own, grid.fact(name)[:, 1:], 0.0) for name in ("seconds_train", "seconds_pick"))
    rows = []
    for s, name in enumerate(grid.strategies):
        row = {"pick_mean": pick[s].sum() / own[s].sum(), "pick_total": pick[s].sum(axis=0).mean()}
        row |= {"train_mean": train[s].sum() / own[s].sum(), "train_total": train[s].sum(axis=0).mean()}
        rows.append({"strategy": name} | {key: float(value) for key, value in row.items()})
    return rows


def _history(units: list[Json]) -> list[Round] | None:
    """Facts of a curve's rounds as the stop rules take them; None where a round has none."""
    if not all(unit.get("round_facts") for unit in units):
        return None
    facts = [{key: value for key, value in unit["round_facts"].items() if key in ROUND} for unit in units]
    answers = [None if one.get("stop_set") is None else np.asarray(one["stop_set"], dtype=int) for one in facts]
    return [Round(**(one | {"stop_set": answer})) for one, answer in zip(facts, answers, strict=True)]


def stop_rows(simulation: Simulation, grid: Grid) -> list[Row]:
    """Replay the stop rules: in which share of repeats and folds each would have stopped, the labels spent by then, and the AUROC lost.

    Where a rule never holds, labelling goes on to the last round and nothing is lost, so the means are over all repeats and folds.
    """
    asked: dict[str, Any] = {name: value for name, value in simulation.asked.get("stop", {}).items() if name in STOP}
    stop = Stop(**asked | {"rules": tuple(asked.get("rules", Stop.rules))})
    rows = []
    for s, name in enumerate(grid.strategies):
        curves = [_history([line[c] for n, line in enumerate(grid.units[s]) if grid.own[s, n, c]]) for c in range(len(grid.cells))]
        known = [curve for curve in curves if curve is not None]
        if len(known) < len(curves):
            continue
        ends = [stopped_by(curve, stop) for curve in known]
        for rule in ends[0]:
            stopped = [end[rule] for end in ends]
            rows.append({"strategy": name, "rule": rule, "could": _could(rule, stop)} | _stopped(grid, s, stopped))
    return rows


def _could(rule: str, stop: Stop) -> bool:
    """Whether a rule could have held before the last round: a limit that is not set never does, and an empty pool is the end."""
    limits = {"max_labels": stop.max_labels, "max_rounds": stop.max_rounds, "target": stop.target, "pool_empty": None}
    return rule not in limits or limits[rule] is not None


def _stopped(grid: Grid, s: int, stopped: list[int | None]) -> Row:
    last = grid.values[HEADLINE].shape[1] - 1
    at = np.array([last if n is None else n for n in stopped])
    cells = np.arange(len(at))
    values, drawn = grid.values[HEADLINE][s], grid.drawn[HEADLINE][s]
    row = grid.sampler.row(*grid.sampler.mean(values[last] - values[at, cells], drawn[last] - drawn[at, cells]), -1.0, 1.0)
    labels = grid.fact("labels")[s][at, cells]
    spent = {"stopped": float(np.mean([n is not None for n in stopped])), "round": float(at.mean()), "labels": _mean(grid, labels)}
    spent |= {"labels_to_the_end": _mean(grid, grid.fact("labels")[s][last])}
    return spent | {"lost": row["estimate"], "low": row["low"], "high": row["high"], "method": row["method"]}


def _mean(grid: Grid, values: Array) -> float:
    return float(values @ grid.sampler.weight)
