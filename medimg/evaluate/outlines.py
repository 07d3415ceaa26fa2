"""How well organs are outlined: Dice of every organ from the per-film table, with intervals over patients."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.evaluate.draws import WITHIN, draw
from medimg.evaluate.files import write_json, write_table
from medimg.evaluate.intervals import Interval, Sampled, Support, interval
from medimg.metrics import Array, Flags
from medimg.words import metric_name, plural

Row = dict[str, Any]
NONE = "no test film shows this organ, outlined"
NOTHING = "no test film shows an organ, outlined"
MOST = 25  # films in the table of the worst
DICE = "dice_"


def evaluate_outlines(run: Path) -> dict[str, Any]:
    """Judge predictions/test.csv by evaluation.json: writes metrics.json and tables/, and returns the metrics.

    A film's Dice is its mean over seeds and members, a patient's the mean over his films, an organ's the mean over patients.
    """
    asked = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    table = pd.read_csv(run / "predictions" / "test.csv", dtype={"id": str, "patient": str}, keep_default_na=True)
    films, organs = of_films(table, asked["organs"]), list(asked["organs"])
    rows = [*dice_rows(films, organs, "all", asked)]
    for column in asked["subgroups"]:
        groups = films[column].fillna("").astype(str)
        for value in sorted(set(groups)) if len(set(groups)) > 1 else ():
            rows += [row for row in dice_rows(films[groups == value], organs, f"{column}={value}", asked) if row["metric"] == "mean_dice"]
    told = {"headline": headline(rows[0]), "rows": rows, "notes": list(asked.get("notes") or ()), "against": None}
    metrics = {"schema": 1, "kind": "outlines", "organs": organs, **told}
    write_table(run / "tables", "dice", pd.DataFrame(rows), "Dice of each organ, with 95 % intervals over patients")
    write_table(run / "tables", "worst_films", worst(films, organs), "The films that were outlined worst")
    write_json(run / "metrics.json", metrics)
    return metrics


def headline(row: Row) -> Row:
    """Say the number on top in words too."""
    limits = f"95 % interval {row['low']:.3f} to {row['high']:.3f}" if row["low"] is not None else row["method"]
    name, films = metric_name("mean_dice"), f"{plural(row['n'], 'film')} of {plural(row['patients'], 'patient')}"
    text = f"{name} is undefined ({row['undefined']})" if row["undefined"] else f"{name} {row['estimate']:.3f} ({limits}; {films})"
    told = {key: row[key] for key in ("metric", "level", "scope", "aggregate", "estimate", "low", "high")}
    return told | {"text": text}


def of_films(table: pd.DataFrame, organs: Sequence[str]) -> pd.DataFrame:
    """Average each film over seeds and members: one row a film, Dice NaN where an organ has none."""
    columns = [f"{DICE}{organ}" for organ in organs]
    facts = table.drop_duplicates("id").drop(columns=columns)
    means = table.groupby("id", as_index=False)[columns].mean()
    return facts.merge(means, on="id").sort_values("id").reset_index(drop=True)


def dice_rows(films: pd.DataFrame, organs: Sequence[str], scope: str, asked: Row) -> Iterator[Row]:
    """Measure films: their mean Dice of organs, then, where the scope is all, each organ, in the form of metrics.json."""
    drawn = draw(films.assign(label=""), asked["draws"], asked["seed"])
    own = _of_patients(films, organs, drawn.columns(films["patient"]))
    there = ~np.isnan(own)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (drawn.stacked @ np.where(there, own, 0)) / (drawn.stacked @ there.astype(float))
    supports = [_support(films, organ) for organ in organs]
    known: Flags = np.asarray(there.any(axis=0))
    least = min((one for one, seen in zip(supports, known, strict=True) if seen), key=lambda one: one.patients, default=Support((), 0))
    way = "pooled" if len(set(films["fold"])) > 1 else "single"
    told = {"level": "image", "aggregate": way, "calibrated": False, "positives": None, "seed_sd": None}
    whole = values[:, known].mean(axis=1) if known.any() else np.full(len(values), np.nan)
    yield {"metric": "mean_dice", "scope": scope, **_estimate(whole, drawn.changed, least, NOTHING), **_size(films), **told}
    for organ, column, support in zip(organs, values.T, supports, strict=True):
        shown = films[films[f"{DICE}{organ}"].notna()]
        where = f"organ={organ}" if scope == "all" else f"{scope},organ={organ}"
        yield {"metric": "dice", "scope": where, **_estimate(column, drawn.changed, support, NONE), **_size(shown), **told}


def _of_patients(films: pd.DataFrame, organs: Sequence[str], place: NDArray[np.int_]) -> Array:
    """Mean Dice of each patient's films, (patients, organs), NaN where none shows the organ."""
    grouped = films[[f"{DICE}{organ}" for organ in organs]].groupby(place).mean()
    return np.asarray(grouped.sort_index().to_numpy(dtype=float))


def _support(films: pd.DataFrame, organ: str) -> Support:
    shown = films[films[f"{DICE}{organ}"].notna()].groupby("patient").size()
    return Support((np.asarray(shown, dtype=float),), int(films["patient"].nunique()))


def _estimate(values: Array, changed: int, support: Support, reason: str) -> Row:
    """Estimate with limits; `values` (weightings,) are the value, those with patients changed, those of the draws."""
    if not np.isfinite(values[0]):
        return {"estimate": None, "low": None, "high": None, "method": "undefined", "undefined": reason}
    sampled = Sampled(float(values[0]), values[1 + changed :], values[0] - values[1 : 1 + changed])
    limits: Interval = interval("dice", sampled, support)
    method = limits.method.replace(f" {WITHIN}", "")
    return {"estimate": float(values[0]), "low": limits.low, "high": limits.high, "method": method, "undefined": None}


def _size(films: pd.DataFrame) -> Row:
    return {"n": len(films), "patients": int(films["patient"].nunique())}


def worst(films: pd.DataFrame, organs: Sequence[str]) -> pd.DataFrame:
    """Films by their mean Dice, the least first: id, mean_dice, worst_organ and its dice."""
    values = films[[f"{DICE}{organ}" for organ in organs]]
    some = values.notna().any(axis=1)
    films, values = films[some], values[some]
    least = [str(name).removeprefix(DICE) for name in values.idxmin(axis=1)] if len(values) else []
    table = pd.DataFrame({"id": films["id"], "mean_dice": values.mean(axis=1), "worst_organ": least, "dice": values.min(axis=1)})
    return table.sort_values(["mean_dice", "id"]).head(MOST)
