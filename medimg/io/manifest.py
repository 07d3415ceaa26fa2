"""The table of images: read, checked in one go, fingerprinted. Every fault is told before anything is trained."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import ManifestError
from medimg.io.aliases import canonical, canonical_all
from medimg.io.cells import STANDARD, UIDS, rows_of
from medimg.io.identity import hash_ids
from medimg.io.index import facts_of
from medimg.io.labels import choose_labels
from medimg.io.table import closest, read_table
from medimg.io.workers import Refused
from medimg.words import plural

_LOG = logging.getLogger(__name__)
_CANONICAL = ("sequence", "view")
WAYS_OUT = {  # what to do where a column of a fixed name is missing
    "image": "Rename the column that holds the path of each image.",
    "patient_id": "Rename the column that tells patients apart.",
}


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
    left_out: dict[str, int] = field(default_factory=dict)  # rows of each label that is none of the classes
    misspelt: dict[str, str] = field(default_factory=dict)  # of these labels: the class that may be meant


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
    """Read a manifest CSV (columns: docs/your_own_data.md); `Manifest.rows` is what comes out.

    `label` names the column of labels (None: no labels wanted); `classes` chooses and orders them, rows of other labels are left out;
    `where` keeps rows by {column: value or values}; `exclude` is a CSV of withdrawn patients, ids raw or hashed;
    `columns` must be there besides. All faults come in one ManifestError. `flow` counts
    found = excluded + refused + duplicate + used. Masks become absolute paths.
    """
    source = Path(source).absolute()
    table = read_table(source)
    needed = WAYS_OUT | ({label: "data.label=COLUMN names another."} if label else {})
    needed |= dict.fromkeys(where or {}, "data.where or data.fuse asks for it.")
    _check_columns(table, needed | dict.fromkeys(columns, "data.subgroups, data.stratify or data.leave_out asks for it; [] asks for none."))
    for kind in _CANONICAL:
        if kind in table:
            table[kind] = canonical_all(kind, list(table[kind]))
    flow = {"found": len(table)}
    faults: list[str] = []
    kept, flow["excluded_where"] = _where(table, where or {}, faults)
    kept, flow["excluded_withdrawn"], flow["withdrawn_unknown"] = _without_withdrawn(kept, exclude)
    chosen = choose_labels(kept, label, classes, multilabel, faults)
    kept, flow["excluded_label"] = kept.loc[chosen.labels.index], len(kept) - len(chosen.labels)
    rows = rows_of(kept, chosen.labels, source.parent, faults, label)
    if faults:
        raise ManifestError(*faults)
    misspelt = {name: near for name in chosen.left_out if (near := chosen.meant(name))}
    if chosen.told:
        _LOG.log(logging.WARNING if misspelt else logging.INFO, chosen.told)
    rows, refused = _with_facts(rows, workers)
    flow["refused"] = len(refused)
    rows, duplicates = _without_duplicates(rows)
    flow["duplicate"] = len(duplicates)
    if rows.empty:
        raise ManifestError(f"no image is left of {plural(len(table), 'row')}{_why_none(flow, refused)}")
    flow["excluded"] = sum(count for name, count in flow.items() if name.startswith("excluded_"))
    flow |= {"used": len(rows), "unlabelled": int((rows["label"] == "").sum()) if label else 0, "patients": rows["patient"].nunique()}
    told = pd.DataFrame(sorted(refused + duplicates), columns=["row", "reason"])
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return Manifest(rows.reset_index(drop=True), chosen.classes, multilabel, sha256, str(source), flow, told, chosen.left_out, misspelt)


def _check_columns(table: pd.DataFrame, needed: Mapping[str, str]) -> None:
    """Refuse a table that lacks a column of `needed`, each with its way out."""
    there = f"The file has: {', '.join(map(str, table.columns[:20]))}."
    missing = {name: way_out for name, way_out in needed.items() if name not in table}
    if missing:
        faults = (f"column {name} is missing{closest(name, table.columns) or '.'} {there} {way_out}" for name, way_out in missing.items())
        raise ManifestError(*faults)
    if table.empty:
        raise ManifestError("the manifest has a header and no rows. Add one row for each image.")


def _where(table: pd.DataFrame, where: Mapping[str, Any], faults: list[str]) -> tuple[pd.DataFrame, int]:
    """Rows whose columns have one of the wanted values, compared as text; a condition no row meets is a fault and keeps all."""
    kept = table
    for column, wanted in where.items():
        several = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        words = [canonical(column, str(value)) if column in _CANONICAL else str(value) for value in several]
        found = table[column].value_counts()
        if any(word in found for word in words):
            kept = kept[kept[column].isin(words)]
        else:
            near = closest(words[0], found.index) if words else ""
            listed = ", ".join(f"{value or '(empty)'} ({count})" for value, count in found.head(10).items())
            faults.append(f"no row has {column} = {' or '.join(words)}{near or '.'} Found: {listed}.")
    if kept.empty and not faults:
        faults.append(f"no row has all of {', '.join(where)} as chosen. Choose fewer conditions in data.where.")
        return table, 0
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


def _with_facts(rows: pd.DataFrame, workers: int | None) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Ids, pixel hashes and header facts of each row; rows whose image cannot be read are listed with the reason."""
    facts = facts_of(list(zip(rows["path"], rows["frame"], strict=True)), workers=workers)
    refused = [(int(line), fact.reason) for line, fact in zip(rows.index, facts, strict=True) if isinstance(fact, Refused)]
    good = [fact for fact in facts if not isinstance(fact, Refused)]
    rows = rows[np.array([not isinstance(fact, Refused) for fact in facts], bool)].copy()
    changed = [line for line, told, fact in zip(rows.index, rows["pixel_sha256"], good, strict=True) if told and told != fact.pixel_sha256]
    for name in (*UIDS, "acquired_month"):
        read = pd.Series([getattr(fact, name) for fact in good], index=rows.index, dtype=str)
        rows[name] = rows[name].where(rows[name] != "", read)
    position = pd.to_numeric(pd.Series([fact.slice_mm for fact in good], index=rows.index, dtype=str))
    rows["slice_mm"] = rows["slice_mm"].fillna(position)
    for name in ("pixel_sha256", "header_sha256"):
        rows[name] = [getattr(fact, name) for fact in good]
    rows["id"] = [fact.id for fact in good]
    rows = rows[[*STANDARD, *(name for name in rows.columns if name not in STANDARD)]]
    refused += [
        (int(line), "its pixels are not those of pixel_sha256: the file has changed since the manifest was made") for line in changed
    ]
    return rows.drop(index=changed), refused


def _without_duplicates(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Identical pixels under one patient count once; with different labels they are a fault."""
    groups: dict[tuple[str, str], list[int]] = {}
    for line, patient, pixels in zip(rows.index, rows["patient"], rows["pixel_sha256"], strict=True):
        groups.setdefault((patient, pixels), []).append(int(line))
    several = [group for group in groups.values() if len(group) > 1]
    label = {line: rows["label"][line] for group in several for line in group}
    conflicts = [group for group in several if len({label[line] for line in group}) > 1]
    if conflicts:
        told = "; ".join(" and ".join(f"line {line} ({label[line] or 'no label'})" for line in group[:3]) for group in conflicts[:10])
        raise ManifestError(
            f"twice under one patient with different labels: {plural(len(conflicts), 'image')} ({told}). Decide on one label for each."
        )
    later = [(line, f"the same pixels as line {group[0]}, same patient") for group in several for line in group[1:]]
    return rows.drop(index=[line for line, _ in later]), later


def _why_none(flow: dict[str, int], refused: list[tuple[int, str]]) -> str:
    counts = pd.Series([reason for _, reason in refused], dtype=str).value_counts().head(10)
    told = [f"{plural(count, 'row')}: {reason}" for reason, count in counts.items()]
    if flow["excluded_withdrawn"]:
        told.insert(0, f"{plural(flow['excluded_withdrawn'], 'row')} of withdrawn patients")
    return f": {'; '.join(told)}"
