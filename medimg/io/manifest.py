"""The table of images: read, checked in one go, fingerprinted. Every fault is told before anything is trained."""

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import ManifestError
from medimg.io.aliases import canonical, canonical_all
from medimg.io.identity import hash_ids
from medimg.io.index import facts_of
from medimg.io.labels import choose_labels
from medimg.io.table import closest, lines, read_table
from medimg.io.workers import Refused

_LOG = logging.getLogger(__name__)
_CANONICAL = ("sequence", "view")
_UIDS = ("study", "series", "sop")
STANDARD = [
    "id", "path", "frame", "patient", "label", "site", "sequence", "view", "slice_mm", *_UIDS, "pixel_sha256", "acquired_month",
]  # fmt: skip


@dataclass(frozen=True)
class Manifest:
    """Images that can be used, the classes in their order, and what became of every row of the file."""

    rows: pd.DataFrame
    classes: list[str]
    multilabel: bool
    sha256: str
    source: str
    flow: dict[str, int]
    refused: pd.DataFrame  # row (line of the file), reason


def read_manifest(
    source: Path | str,
    *,
    label: str | None = "label",
    classes: Sequence[Any] | None = None,
    multilabel: bool = False,
    where: Mapping[str, Any] | None = None,
    exclude: Path | str | None = None,
    columns: Sequence[str] = (),
    workers: int | None = None,
) -> Manifest:
    """Read a manifest CSV: see the design's contract for its columns and `Manifest.rows` for what comes out.

    `label` names the column of labels (None: no labels wanted); `classes` chooses and orders them, rows of other labels are left out;
    `where` keeps rows by {column: value or values}; `exclude` is a CSV of withdrawn patients, ids raw or hashed;
    `columns` must be there besides. All faults come in one ManifestError. `flow` counts
    found = excluded + refused + duplicate + used. Masks become absolute paths.
    """
    source = Path(source).absolute()
    table = read_table(source)
    _check_columns(table, ["image", "patient_id", *([label] if label else []), *(where or {}), *columns])
    for kind in _CANONICAL:
        if kind in table:
            table[kind] = canonical_all(kind, list(table[kind]))
    flow = {"found": len(table)}
    faults: list[str] = []
    kept, flow["excluded_where"] = _where(table, where or {}, faults)
    kept, flow["excluded_withdrawn"], flow["withdrawn_unknown"] = _without_withdrawn(kept, exclude)
    chosen = choose_labels(kept, label, classes, multilabel, faults)
    kept, flow["excluded_label"] = kept.loc[chosen.labels.index], len(kept) - len(chosen.labels)
    rows = _rows(kept, chosen.labels, source.parent, faults, label)
    if faults:
        raise ManifestError(*faults)
    rows, refused = _with_facts(rows, workers)
    flow["refused"] = len(refused)
    rows, duplicates = _without_duplicates(rows)
    flow["duplicate"] = len(duplicates)
    if rows.empty:
        raise ManifestError(f"no image is left of {len(table)} rows{_why_none(flow, refused)}")
    flow["excluded"] = sum(count for name, count in flow.items() if name.startswith("excluded_"))
    flow |= {"used": len(rows), "unlabelled": int((rows["label"] == "").sum()) if label else 0, "patients": rows["patient"].nunique()}
    told = pd.DataFrame(sorted(refused + duplicates), columns=["row", "reason"])
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return Manifest(rows.reset_index(drop=True), chosen.classes, multilabel, sha256, str(source), flow, told)


def _check_columns(table: pd.DataFrame, needed: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(needed) if name not in table]
    if missing:
        there = f"The file has: {', '.join(map(str, table.columns[:20]))}."
        raise ManifestError(*(f"column {name} is missing{closest(name, table.columns) or '.'} {there}" for name in missing))
    if table.empty:
        raise ManifestError("the manifest has a header and no rows. Add one row for each image.")


def _where(table: pd.DataFrame, where: Mapping[str, Any], faults: list[str]) -> tuple[pd.DataFrame, int]:
    """Rows whose columns have one of the wanted values, compared as text."""
    kept = table
    for column, wanted in where.items():
        several = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        words = [canonical(column, str(value)) if column in _CANONICAL else str(value) for value in several]
        found = table[column].value_counts()
        kept = kept[kept[column].isin(words)]
        if not any(word in found for word in words):
            near = closest(words[0], found.index) if words else ""
            listed = ", ".join(f"{value or '(empty)'} ({count})" for value, count in found.head(10).items())
            faults.append(f"no row has {column} = {' or '.join(words)}{near or '.'} Found: {listed}.")
    if kept.empty and not faults:
        faults.append(f"no row has all of {', '.join(where)} as chosen. Choose fewer conditions in data.where.")
    return kept, len(table) - len(kept)


def _without_withdrawn(table: pd.DataFrame, exclude: Path | str | None) -> tuple[pd.DataFrame, int, int]:
    """Rows of patients that are not on the list, how many rows went, and how many listed ids are in no row."""
    if exclude is None:
        return table, 0, 0
    listed = read_table(Path(exclude), "list of withdrawn patients")
    column = "patient_id" if "patient_id" in listed else listed.columns[0]
    ids = [str(value) for value in listed[column] if value]
    if "patient_id" not in listed:
        ids.append(str(column))  # a bare list has no header: its first line is an id as well
    hashed = set(hash_ids(ids))
    patients = pd.Series(hash_ids(list(table["patient_id"])), index=table.index, dtype=str)
    unknown = len(hashed - set(patients)) - ("patient_id" not in listed and not set(hash_ids([str(column)])) & set(patients))
    if unknown:
        _LOG.warning("%d of %d withdrawn patients are in no row of the manifest: check how their ids are written", unknown, len(hashed))
    gone = patients.isin(hashed)
    return table[~gone], int(gone.sum()), int(unknown)


def _rows(table: pd.DataFrame, labels: "pd.Series[str]", folder: Path, faults: list[str], label: str | None) -> pd.DataFrame:
    """The standard columns that need no image, then the others; faults of single rows are collected."""
    rows = pd.DataFrame(index=table.index)
    rows["path"] = [_path(folder, value) for value in table["image"]]
    rows["frame"] = _numbers(table, "frame", -1.0, faults).astype(int)
    rows["patient"] = hash_ids(list(table["patient_id"]))
    rows["label"] = labels
    for name in ("site", "sequence", "view", "acquired_month", "pixel_sha256"):
        rows[name] = table.get(name, "")
    rows["slice_mm"] = _numbers(table, "slice_mm", np.nan, faults)
    for name in _UIDS:
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
            f"{column} is not a number in {len(wrong)} rows ({lines(wrong)}), for example {table[column][wrong[0]]!r}. Correct or empty it."
        )
    return values.where(values.notna() & ~values.index.isin(wrong), empty)


def _check_cells(table: pd.DataFrame, rows: pd.DataFrame, faults: list[str]) -> None:
    for column, what in (("image", "no image"), ("patient_id", "no patient_id, so a leak could not be seen")):
        empty = table.index[table[column] == ""]
        if len(empty):
            faults.append(f"{len(empty)} rows have {what} ({lines(empty)}). Fill the column {column}, or remove the rows.")
    for column in ["image", *filter(_is_mask, table.columns)]:
        paths = rows["path" if column == "image" else column]
        cells = zip(table.index, table[column], paths, strict=True)
        gone = [(line, cell) for line, cell, path in cells if cell and not os.path.isfile(path)]
        if gone:
            told = ", ".join(f"line {line}: {cell}" for line, cell in gone[:10])
            faults.append(f"{len(gone)} files of column {column} are missing ({told}). Paths are relative to the manifest's folder.")


def _with_facts(rows: pd.DataFrame, workers: int | None) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Ids, pixel hashes and header facts of each row; rows whose image cannot be read are listed with the reason."""
    facts = facts_of(list(zip(rows["path"], rows["frame"], strict=True)), workers=workers)
    refused = [(int(line), fact.reason) for line, fact in zip(rows.index, facts, strict=True) if isinstance(fact, Refused)]
    good = [fact for fact in facts if not isinstance(fact, Refused)]
    rows = rows[np.array([not isinstance(fact, Refused) for fact in facts], bool)].copy()
    changed = [line for line, told, fact in zip(rows.index, rows["pixel_sha256"], good, strict=True) if told and told != fact.pixel_sha256]
    for name in (*_UIDS, "acquired_month"):
        read = pd.Series([getattr(fact, name) for fact in good], index=rows.index, dtype=str)
        rows[name] = rows[name].where(rows[name] != "", read)
    rows["pixel_sha256"] = [fact.pixel_sha256 for fact in good]
    rows["id"] = [fact.id for fact in good]
    rows = rows[[*STANDARD, *(name for name in rows.columns if name not in STANDARD)]]
    refused += [
        (int(line), "its pixels are not those of pixel_sha256: the file has changed since the manifest was made") for line in changed
    ]
    return rows.drop(index=changed), refused


def _without_duplicates(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Identical pixels under one patient count once; with different labels they are a fault."""
    groups = rows.groupby(["patient", "pixel_sha256"], sort=False)
    conflicts = [list(group.index) for _, group in groups if len(set(group["label"])) > 1] if groups.ngroups < len(rows) else []
    if conflicts:
        told = "; ".join(
            " and ".join(f"line {line} ({rows['label'][line] or 'no label'})" for line in group[:3]) for group in conflicts[:10]
        )
        raise ManifestError(
            f"{len(conflicts)} images occur twice under one patient with different labels ({told}). Decide on one label for each."
        )
    first = rows.groupby(["patient", "pixel_sha256"], sort=False)["id"].transform(lambda ids: ids.index[0])
    later = rows.index[first.to_numpy() != rows.index.to_numpy()]
    return rows.drop(index=later), [(int(line), f"the same pixels as line {first[line]}, same patient") for line in later]


def _why_none(flow: dict[str, int], refused: list[tuple[int, str]]) -> str:
    counts = pd.Series([reason for _, reason in refused], dtype=str).value_counts().head(10)
    told = [f"{count} rows: {reason}" for reason, count in counts.items()]
    if flow["excluded_withdrawn"]:
        told.insert(0, f"{flow['excluded_withdrawn']} belong to withdrawn patients")
    return f": {'; '.join(told)}"
