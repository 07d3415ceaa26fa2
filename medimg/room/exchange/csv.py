"""Labels as CSV: written as UTF-8 with commas; read in any encoding, with commas, semicolons or tabs."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.io.table import read_table
from medimg.room.exchange.row import NAMES, ExchangeError, Row
from medimg.room.store import History

LABELS = [
    "token", "item", "pixel_sha256", "image", "patient", "sequence", "label", "reader", "confidence", "round", "first", "final", "kind",
    "seq", "at_utc",
]  # fmt: skip
GOLD = ["token", "item", "pixel_sha256", "image", "patient", "sequence", "label", "source", "readers", "seq"]
PLACES = ["token", "item", "pixel_sha256", "image", "sequence", "slice_mm", "reader", "label", "confidence", "skip"]
FREE = ("image", "sequence", "reader", "name", "value")  # columns of words that anybody may have written
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]*$)")  # how a cell begins that a spreadsheet would compute
OTHER = {"id": "item", "path": "image", "class": "label", "choice": "label", "annotator": "reader", "file": "image"}


def labels(history: History) -> pd.DataFrame:
    """One row for each reader and image: the labels that stand."""
    return _named(history.current())[LABELS]


def gold(history: History) -> pd.DataFrame:
    """One row for each image: the label to learn, "" while readers disagree."""
    return history.gold().rename(columns={"path": "image"})[GOLD]


def events(history: History) -> pd.DataFrame:
    """Every event, with the image's token and the reader's name."""
    frame = history.frame("event")
    frame = frame.merge(history.frame("item")[["item", "token"]], on="item", how="left")
    return frame.merge(history.frame("reader")[["reader", "name"]], on="reader", how="left").convert_dtypes()


def places(history: History, number: int) -> pd.DataFrame:
    """The batch of a round to be filled in elsewhere: label, confidence and skip (the reason) are empty."""
    frame = (
        history.frame("assignment").merge(history.frame("item"), on="item").merge(history.frame("reader")[["reader", "name"]], on="reader")
    )
    frame = _named(frame[frame["round"] == number].sort_values(["reader", "position"]))
    return frame.assign(label="", confidence="", skip="")[PLACES]


def text(frame: pd.DataFrame) -> bytes:
    """Write a table as CSV, numbers with nine digits; words that a spreadsheet would take for a formula get an apostrophe before them."""
    words = {name: frame[name].map(_inert) for name in FREE if name in frame}
    return frame.assign(**words).to_csv(index=False, lineterminator="\n", float_format="%.9g").encode()


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def _as_written(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell


def read(path: Path) -> list[Row]:
    """Read answers; ExchangeError where no column names the image or none holds the answer."""
    frame = read_table(path, "labels")
    frame = frame.rename(columns={other: name for other, name in OTHER.items() if other in frame and name not in frame})
    faults = []
    if not set(NAMES) & set(frame.columns):
        faults.append(f"labels {path}: a column {', '.join(NAMES)} is needed to know the images. Columns: {', '.join(frame.columns)}.")
    if not {"label", "skip"} & set(frame.columns):
        faults.append(f"labels {path}: a column label is needed. Columns: {', '.join(frame.columns)}.")
    if faults:
        raise ExchangeError(*faults)
    known = [name for name in (*NAMES, "label", "reader", "confidence", "skip") if name in frame]
    frame = frame.assign(**{name: frame[name].map(_as_written) for name in FREE if name in known})
    return [Row(f"line {line}", **dict(zip(known, values, strict=True))) for line, *values in frame[known].itertuples()]


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="reader").rename(columns={"name": "reader", "path": "image"})
