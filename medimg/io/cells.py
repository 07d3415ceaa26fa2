"""The cells of a manifest, one by one: paths, numbers and ids, with all faults collected."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.io.identity import hash_ids
from medimg.io.table import lines
from medimg.words import plural

UIDS = ("study", "series", "sop", "frame_of_reference")
STANDARD = [
    "id", "path", "frame", "patient", "label", "site", "sequence", "view", "slice_mm", *UIDS, "pixel_sha256", "header_sha256",
    "acquired_month", "line",
]  # fmt: skip


def rows_of(table: pd.DataFrame, labels: "pd.Series[str]", folder: Path, faults: list[str], label: str | None) -> pd.DataFrame:
    """The standard columns that need no image, then the others; faults of single rows are collected."""
    rows = pd.DataFrame(index=table.index)
    rows["path"] = [_path(folder, value) for value in table["image"]]
    rows["frame"] = _numbers(table, "frame", -1.0, faults).astype(int)
    rows["patient"] = hash_ids(list(table["patient_id"]))
    rows["label"] = labels
    for name in ("site", "sequence", "view", "acquired_month", "pixel_sha256"):
        rows[name] = table.get(name, "")
    rows["line"] = rows.index  # of the file, as a spreadsheet counts
    rows["slice_mm"] = _numbers(table, "slice_mm", np.nan, faults)
    for name in UIDS:
        rows[name] = hash_ids(list(table[name])) if name in table else ""
    taken = {*STANDARD, "image", "patient_id"} - ({"label"} if label != "label" else set())
    for name in (str(column) for column in table.columns if column not in taken or column in ("path", "patient")):
        cells = [_path(folder, cell) if cell else "" for cell in table[name]] if _is_mask(name) else table[name]
        rows[f"given_{name}" if name in rows else name] = cells
    _check_cells(table, rows, faults)
    return rows


def _is_mask(column: str) -> bool:
    return column == "mask" or column.startswith("mask_")


def _path(folder: Path, value: str) -> str:
    path = os.path.abspath(os.path.join(folder, value))
    return path if "\\" not in value or os.path.exists(path) else os.path.abspath(os.path.join(folder, value.replace("\\", "/")))


def _numbers(table: pd.DataFrame, column: str, empty: float, faults: list[str]) -> "pd.Series[float]":
    if column not in table:
        return pd.Series(empty, index=table.index, dtype=float)
    values = pd.to_numeric(table[column].str.replace(",", "."), errors="coerce").astype(float)
    wrong = table.index[(table[column] != "") & ~np.isfinite(values)]
    if column == "frame":
        wrong = wrong.union(table.index[values.notna() & ((values % 1 != 0) | (values < -1))])
    if len(wrong):
        faults.append(
            f"{column} is not a number in {plural(len(wrong), 'row')} ({lines(wrong)}), for example {table[column][wrong[0]]!r}. "
            "Correct or empty it."
        )
    return values.where(values.notna() & ~values.index.isin(wrong), empty)


def _check_cells(table: pd.DataFrame, rows: pd.DataFrame, faults: list[str]) -> None:
    for column, what in (("image", "no image"), ("patient_id", "no patient_id, so a leak could not be seen")):
        empty = table.index[table[column] == ""]
        if len(empty):
            faults.append(f"{plural(len(empty), 'row')} with {what} ({lines(empty)}). Fill the column {column}, or remove the rows.")
    for column in ["image", *filter(_is_mask, table.columns)]:
        paths = rows["path" if column == "image" else column]
        cells = zip(table.index, table[column], paths, strict=True)
        gone = [(line, cell) for line, cell, path in cells if cell and not os.path.isfile(path)]
        if gone:
            told = ", ".join(f"line {line}: {cell}" for line, cell in gone[:10])
            faults.append(f"column {column}: {plural(len(gone), 'file')} missing ({told}). Paths are relative to the manifest's folder.")
