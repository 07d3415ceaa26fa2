"""What was answered: places and labels by round and reader, patients opened, classes, skips, and the time it took."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from medimg.room.store import History
from medimg.room.store.views import readings, standing

Row = dict[str, Any]
IDLE_SECONDS = 60.0  # a longer look counts as this much in the hours: the reader was away


def by_reader(history: History) -> list[Row]:
    """One row for each round and reader: places asked, labelled, skipped, patients, seconds of a label, hours.

    Round None holds what belongs to no round, such as labels that were imported.
    """
    found = _answers(history)
    asked = _asked(history)
    names = {row["reader"]: (row["name"], row["role"]) for row in history.tables["reader"]}
    rows = []
    for number, reader in sorted({*_pairs(found), *asked}):
        own = found[(found["round"] == number) & (found["reader"] == reader)]
        name, role = names[reader]
        told = {"round": None if number < 0 else number, "reader": name, "role": role, "asked": asked.get((number, reader), 0)}
        rows.append(told | _amounts(own) | seconds(history, number, reader))
    return rows


def totals(history: History) -> Row:
    """Of everything: images with an answer, patients opened, labels by part and class, skips by reason."""
    found, gold = _answers(history), history.gold()
    known, items = gold[gold["label"] != ""], history.frame("item")
    asked = items[items["role"] != "context"]
    skips = found[found["kind"] == "skip"]
    return {
        "images": len(asked),
        "patients": int(asked["patient"].nunique()),
        "patients_opened": int(found["patient"].nunique()),
        "answers": len(found),
        "labelled": len(known),
        "disagreed": int((gold["source"] == "disagreed").sum()),
        "settled": int((gold["source"] == "adjudicated").sum()),
        "by_part": {str(role): int(n) for role, n in known["role"].value_counts(sort=False).sort_index().items()},
        "by_class": [
            {"class": label}
            | {str(role): int(n) for role, n in known.loc[known["label"] == label, "role"].value_counts(sort=False).items()}
            for label in history.meta.classes
        ],
        "skips": {str(reason): int(n) for reason, n in skips["reason"].value_counts().sort_index().items()},
        "undone": int((history.frame("event")["kind"] == "undo").sum()),
        "flagged": int((standing(history.frame("event"))["kind"] == "flag").sum()),
    }


def seconds(history: History, number: int, reader: int) -> Row:
    """Time from an image's appearance to its answer: median and quartiles in seconds, and hours with long looks cut at 60 s."""
    events = history.frame("event")
    own = events[events["kind"].isin(["label", "skip"]) & (events["dwell_ms"] > 0) & (events["reader"] == reader)]
    spent = own.loc[own["round"] == number, "dwell_ms"].to_numpy(dtype=float) / 1000
    if not len(spent):
        return {"seconds": None, "seconds_low": None, "seconds_high": None, "hours": None}
    low, middle, high = (float(value) for value in np.quantile(spent, [0.25, 0.5, 0.75]))
    return {"seconds": middle, "seconds_low": low, "seconds_high": high, "hours": float(spent.clip(max=IDLE_SECONDS).sum() / 3600)}


def _answers(history: History) -> pd.DataFrame:
    return readings(history.frame("event")).merge(history.frame("item")[["item", "patient", "role"]], on="item", how="left")


def _amounts(own: pd.DataFrame) -> Row:
    skipped = int((own["kind"] == "skip").sum())
    return {"labelled": len(own) - skipped, "skipped": skipped, "patients": int(own["patient"].nunique())}


def _asked(history: History) -> dict[tuple[int, int], int]:
    """Places of each round and reader, reserves left out."""
    frame = history.frame("assignment").merge(history.frame("proposal")[["round", "item", "reason"]], on=["round", "item"])
    kept = frame[frame["reason"] != "reserve"].drop_duplicates(["round", "reader", "item"])
    return dict(Counter(_pairs(kept)))


def _pairs(frame: pd.DataFrame) -> list[tuple[int, int]]:
    return [(int(number), int(reader)) for number, reader in zip(frame["round"], frame["reader"], strict=True)]
