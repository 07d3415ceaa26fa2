"""How far readers agree with each other and with themselves, with intervals that draw patients."""

from itertools import combinations
from typing import Any

import pandas as pd

from medimg.evaluate.between_readers import alpha, pair
from medimg.room.store import History

Row = dict[str, Any]
EVERYONE = "all readers"


def between(history: History, draws: int = 2000) -> list[Row]:
    """Raw agreement and kappa of every two readers who share images, then alpha of all: first answers, before any model was shown."""
    found, classes = history.current(), list(history.meta.classes)
    found = found.assign(id=found["item"], label=found["first"])
    rows: list[Row] = []
    for one, other in combinations(sorted(set(found["name"])), 2):
        both = _beside(found[found["name"] == one], found[found["name"] == other])
        if len(both):
            rows += [{"reader": one, "other": other} | row for row in pair(both, classes, draws)]
    if rows:
        rows.append({"reader": EVERYONE, "other": ""} | alpha(found[["id", "patient", "label"]], classes, draws))
    return rows


def within(history: History, draws: int = 2000) -> list[Row]:
    """Raw agreement and kappa of a reader's hidden repeats with the reading before, by reader and of all."""
    found, classes = history.repeats(), list(history.meta.classes)
    found = found.assign(id=found["item"] + " " + found["seq"].astype(str), second=found["label"])
    groups = [(name, found[found["name"] == name]) for name in sorted(set(found["name"]))]
    groups += [(EVERYONE, found)] if len(groups) > 1 else []
    return [{"reader": name} | row for name, part in groups for row in pair(part[["id", "patient", "first", "second"]], classes, draws)]


def _beside(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    both = one[["id", "patient", "label"]].merge(other[["id", "label"]], on="id", suffixes=("", "_other"))
    return both.rename(columns={"label": "first", "label_other": "second"})
