"""A run beside others on the same patients: paired differences, and whether it is better than all of them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import RunError
from medimg.evaluate.cases import Cases, mixed_patients, to_patients
from medimg.evaluate.compare import judged, paired, same_question
from medimg.evaluate.rows import Row
from medimg.words import plural

COLUMNS = ["other", "level", "n", "patients", "a", "b", "difference", "low", "high", "p", "aggregate", "method", "undefined"]


def against_rows(run: Path, ours: Cases) -> list[Row]:
    """The difference of the headline measure from each run in `against/`, by image and by patient, on what both have judged.

    A fused case is compared with the slice of the other run that it holds.
    """
    rows = []
    for title, folder in _titled(run):
        theirs = judged(folder)
        other = theirs["image"]
        if not same_question(ours, other):
            raise RunError(f"evaluate.against: {title} answers another question (kind or classes), so there is no difference to measure.")
        rows.append({"other": title, "level": "image"} | _difference(*shared(_as_slices(run, ours, other), other)))
        if "patient" in theirs and not mixed_patients(ours):
            a, b = (_by_patient(one) for one in (to_patients(ours), theirs["patient"]))
            rows.append({"other": title, "level": "patient"} | _difference(*shared(a, b)))
    return rows


def verdict(rows: list[Row]) -> str | None:
    """Say whether the run is better than all others: shown only where the interval of every difference lies above 0.

    To be better than the best of several is to be better than each, so no correction is due (intersection-union).
    """
    names = [{row["other"] for row in rows if row["level"] == level} for level in ("image", "patient")]
    level = "patient" if names[0] == names[1] else "image"  # of all others, or of none
    here = [row for row in rows if row["level"] == level]
    if not here:
        return None
    others = here[0]["other"] if len(here) == 1 else f"the best of {', '.join(row['other'] for row in here)}"
    unsure = [row for row in here if row["low"] is None or row["low"] <= 0]
    if not unsure:
        return f"Better than {others}: shown, AUROC per {level}; every difference has an interval above 0."
    worse = [row["other"] for row in here if row["high"] is not None and row["high"] < 0]
    told = "; ".join(f"{row['other']} {_told(row)}" for row in unsure)
    return f"Better than {others}: {'no' if worse else 'not shown'}. AUROC per {level}, difference from {told}."


def _titled(run: Path) -> list[tuple[str, Path]]:
    """The runs taken along, in the order of their titles; the run's name stands behind a title that comes twice."""
    origins = {path.parent: json.loads(path.read_text()) for path in (run / "against").glob("*/origin.json")}
    titles = [origin["title"] for origin in origins.values()]
    told = {folder: f"{o['title']} ({o['run']})" if titles.count(o["title"]) > 1 else o["title"] for folder, o in origins.items()}
    return sorted((title, folder) for folder, title in told.items())


def _told(row: Row) -> str:
    if row["difference"] is None:
        return f"undefined: {row['undefined']}"
    return f"{row['difference']:+.3f}" + (
        f" ({row['low']:+.3f} to {row['high']:+.3f})" if row["low"] is not None else f" ({row['method']})"
    )


def _difference(a: Cases, b: Cases) -> Row:
    counts: dict[str, Any] = {"n": int(a.frame["id"].nunique()), "patients": int(a.frame["patient"].nunique())}
    if not len(a):
        return counts | dict.fromkeys(COLUMNS[4:]) | {"undefined": "no case in common"}
    scope = "all" if a.question.kind == "binary" else "macro"
    row = next(row for row in paired(a, b) if (row["metric"], row["scope"], row["calibrated"]) == ("auroc", scope, False))
    return counts | {name: row.get(name) for name in COLUMNS[4:]}


def shared(a: Cases, b: Cases) -> tuple[Cases, Cases]:
    """Keep the cases that both have; RunError where one has two labels."""
    facts = [one.frame.drop_duplicates("id").set_index("id")["label"] for one in (a, b)]
    common = facts[0].index.intersection(facts[1].index)
    torn = common[(facts[0][common] != facts[1][common]).to_numpy()]
    if len(torn):
        raise RunError(f"evaluate.against: another label there: {plural(len(torn), 'case')}, for example {', '.join(torn[:5])}.")
    kept = [one.where(one.frame["id"].isin(common).to_numpy()) for one in (a, b)]
    return kept[0], kept[1]


def _by_patient(cases: Cases) -> Cases:
    """Name the pooled cases by their patients, because two runs pool different slices."""
    return replace(cases, frame=cases.frame.assign(id=cases.frame["patient"]))


def _as_slices(run: Path, ours: Cases, theirs: Cases) -> Cases:
    """Name each fused case by the slice of it that the other run judged; cases of single images stay as they are."""
    if not (run / "places.csv").is_file():
        return ours
    places = pd.read_csv(run / "places.csv", dtype=str, keep_default_na=False)
    known = set(theirs.frame["id"])
    slices = {
        place: name for place, *members in places[["id", *_members(places)]].itertuples(index=False) for name in members if name in known
    }
    named = ours.frame["id"].map(slices)
    kept = ours.where(named.notna().to_numpy())
    return replace(kept, frame=kept.frame.assign(id=named.dropna().to_numpy(dtype=np.str_)))


def _members(places: pd.DataFrame) -> list[str]:
    """The columns of places.csv that name slices: one for each sequence."""
    return list(dict.fromkeys(name for names in places["sequences"] for name in names.split("+")))
