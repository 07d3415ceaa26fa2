"""Labels from the store into a file, whole or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from medimg.io.files import write_atomically
from medimg.io.table import closest
from medimg.room.exchange import csv, jsonl, label_studio
from medimg.room.exchange.predictions import predictions
from medimg.room.exchange.row import ExchangeError
from medimg.room.store import Store

What = Literal["labels", "gold", "events", "predictions"]
WHATS: tuple[What, ...] = get_args(What)
TABLES: dict[What, Callable[[Store], pd.DataFrame]] = {
    "labels": lambda store: csv.labels(store.history()),
    "gold": lambda store: csv.gold(store.history()),
    "events": lambda store: csv.events(store.history()),
    "predictions": predictions,
}
FORMATS: dict[str, tuple[What, ...]] = {".csv": WHATS, ".jsonl": ("labels",), ".json": ("labels", "predictions")}


def export_file(store: Store, path: Path, *, what: What = "labels") -> int:
    """Write labels by the file's suffix; returns how many records were written.

    .csv: `labels` (one row for each reader and image), `gold` (one for each image, after adjudication), `events` (all of them), or the
    `predictions` of the last trained round. .jsonl: the whole history, which import and report read. .json: Label Studio, with
    `predictions` also what the model had said of the images when they were asked for.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ExchangeError(f"'{path.suffix}' is no known format{closest(path.suffix, FORMATS)}. Formats: {', '.join(FORMATS)}.")
    if what not in FORMATS[suffix]:
        able = ", ".join(other for other, known in FORMATS.items() if what in known)
        raise ExchangeError(f"{path.name}: {what} can be written as {able} only. Name such a file, or leave --what out.")
    if suffix == ".csv":
        frame = TABLES[what](store)
        data, count = csv.text(frame), len(frame)
    elif suffix == ".jsonl":
        history = store.history()
        data, count = jsonl.text(history), sum(map(len, history.tables.values()))
    else:
        history = store.history()
        data, count = label_studio.text(history, predictions=what == "predictions"), len(history.current())
    _put(path, data)
    return count


def export_places(store: Store, number: int, path: Path) -> int:
    """Write the batch of a round as CSV, to be filled in elsewhere and imported again; returns how many rows."""
    frame = csv.places(store.history(), number)
    _put(path, csv.text(frame))
    return len(frame)


def _put(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as fault:
        raise ExchangeError(f"{path} cannot be written ({fault.strerror}). Name another file.") from None
