"""A folder of DICOM files and a table of labels to a manifest: every file but tables of
medimg itself is in it, or in the list of refused ones with its reason."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import ManifestError
from medimg.io.choose import CANDIDATES, choose, read_choices
from medimg.io.folder import Refusals, list_files, survey_all
from medimg.io.index import facts_of
from medimg.io.label_join import join_labels
from medimg.io.series import FILMS
from medimg.io.survey import IDS
from medimg.io.workers import Refused
from medimg.words import plural

_LOG = logging.getLogger(__name__)
COLUMNS = [
    "image", "patient_id", "label", "unit", "site", "sequence", "view", "slice_mm", "frame", "modality", "study", "series", "sop",
    "pixel_sha256", "acquired_month",
]  # fmt: skip
OUTPUTS = ("manifest.csv", "refused.csv", "candidates.csv", "unmatched.csv")
OWN = (*OUTPUTS, "cohort.json")


@dataclass(frozen=True)
class ScanResult:
    """Where the tables lie, how many of what there are, and sentences that the user must read."""

    manifest: Path
    refused: Path
    candidates: Path
    unmatched: Path
    flow: dict[str, int]
    said: list[str]


def scan(
    folder: Path | str,
    labels: Path | str | None = None,
    *,
    out: Path | str,
    first_on_tie: bool = False,
    choices: Path | str | Mapping[str, str] | None = None,
    columns: Sequence[str] = (),
    workers: int | None = None,
    seconds: float = 60.0,
    memory_mb: int = 4096,
) -> ScanResult:
    """Write manifest.csv, refused.csv, candidates.csv and unmatched.csv into the folder `out`.

    Headers first, then pixels of what was chosen, all in child processes with limits; what was read before is not read again, so a
    stopped scan goes on. `labels`: see `label_join.join_labels`; `columns`: further columns to take from it. `choices` decides the
    sequence of series by hand; of equally good series none is taken unless `first_on_tie`.
    """
    folder, out = Path(folder).absolute(), Path(out).absolute()
    if not folder.is_dir():
        raise ManifestError(f"{folder}: no such folder. Name the folder with the DICOM files.")
    if labels is not None and Path(labels).absolute() in [out / name for name in OUTPUTS]:
        raise ManifestError(f"labels {labels}: this scan would write over it. Copy it to another name, or name another folder with --out.")
    told = read_choices(choices)
    limits = {"workers": workers, "seconds": seconds, "memory_mb": memory_mb}
    paths, refused = list_files(folder, OWN, [path for path in (labels, choices) if isinstance(path, str | Path)])
    _LOG.info("%d files to look at", len(paths))
    images = _images(paths, folder, refused, limits)
    images = _one_patient_each(images, refused)
    choice = choose(images, first_on_tie=first_on_tie, told=told)
    images["word"] = choice.words
    images = _kept(images, choice.refused, refused)
    images = _decoded(images, refused, limits)
    images = _one_of_each(images, refused).reset_index(drop=True)
    said, unmatched = _label(images, labels, columns)
    return _write(out, images, refused, choice.candidates, unmatched, said, len(paths))


def _images(paths: list[str], folder: Path, refused: Refusals, limits: dict[str, Any]) -> pd.DataFrame:
    """One row for each image of each readable header."""
    rows = []
    for path, seen in zip(paths, survey_all(paths, limits), strict=True):
        file = os.path.relpath(path, folder)
        if isinstance(seen, Refused):
            refused.append((file, seen.reason))
            continue
        for frame, slice_mm, view in seen["frames"]:
            rows.append({**seen, "file": file, "path": path, "frame": frame, "slice_mm": slice_mm, "view": view})
    if not rows:
        reasons = pd.Series([reason for _, reason in refused], dtype=str).value_counts().head(5)
        told = "; ".join(f"{plural(count, 'file')}: {reason}" for reason, count in reasons.items())
        raise ManifestError(f"{folder}: no image that can be used. {told or 'The folder is empty.'}")
    images = pd.DataFrame(rows)
    images["slice_mm"] = images["slice_mm"].astype(float)
    return images


def _kept(images: pd.DataFrame, reasons: Sequence[str], refused: Refusals) -> pd.DataFrame:
    refused += dict.fromkeys((file, reason) for file, reason in zip(images["file"], reasons, strict=True) if reason)
    return images[np.array([not reason for reason in reasons], bool)].copy()


def _one_patient_each(images: pd.DataFrame, refused: Refusals) -> pd.DataFrame:
    count = images.groupby("study")["patient"].transform("nunique")
    return _kept(images, [f"its study has {n} different PatientIDs: nobody can tell whose it is" if n > 1 else "" for n in count], refused)


def _decoded(images: pd.DataFrame, refused: Refusals, limits: dict[str, Any]) -> pd.DataFrame:
    facts = facts_of(list(zip(images["path"], images["frame"].astype(int), strict=True)), isolate=True, **limits)
    images["pixel_sha256"] = ["" if isinstance(fact, Refused) else fact.pixel_sha256 for fact in facts]
    return _kept(images, [fact.reason if isinstance(fact, Refused) else "" for fact in facts], refused)


def _one_of_each(images: pd.DataFrame, refused: Refusals) -> pd.DataFrame:
    """A SOP instance counts once: the same pixels again are a copy; other pixels under the same UID cannot be told apart."""
    groups = images.groupby(["sop", "frame"], sort=False)
    different = groups["pixel_sha256"].transform("nunique") > 1
    later = groups.cumcount() > 0
    reasons = [
        "its SOPInstanceUID stands in other files with other pixels: nobody can tell which is right" if other
        else "a copy: the same SOPInstanceUID and pixels as another file" if copy else ""
        for other, copy in zip(different, later, strict=True)
    ]  # fmt: skip
    return _kept(images, reasons, refused)


def _label(images: pd.DataFrame, labels: Path | str | None, columns: Sequence[str]) -> tuple[list[str], pd.DataFrame]:
    """Put labels and units into `images`; what to say, and what is unmatched on either side."""
    images["label"], images["unit"] = "", ""
    heads = ["side", "where", "reason"]
    if labels is None:
        return [], pd.DataFrame(columns=heads)
    taken = sorted({*COLUMNS, *images.columns} & set(columns))
    if taken:
        raise ManifestError(f"columns: {', '.join(taken)} is a column of the manifest itself. Rename it in the labels.")
    joined = join_labels(images, labels, columns)
    for name in joined.table.columns:
        kept = joined.table[name]
        images[name] = kept.where(kept != "", images[name]) if name == "site" else kept
    bare = images["file"][images["unit"] == ""]
    told = [("labels", f"line {line}", reason) for line, reason in joined.unmatched] + [("images", file, "no label") for file in bare]
    return joined.said, pd.DataFrame(told, columns=heads)


def _write(
    out: Path, images: pd.DataFrame, refused: Refusals, candidates: pd.DataFrame, unmatched: pd.DataFrame, said: list[str], files: int
) -> ScanResult:
    out.mkdir(parents=True, exist_ok=True)
    table = images.rename(columns={"patient": "patient_id", "month": "acquired_month"})
    table["image"] = [os.path.relpath(path, out) for path in table["path"]]
    table["sequence"] = table["word"].where(table["modality"] == "MR", "")
    table["view"] = table["word"].where(table["modality"].isin(FILMS), table["view"])
    table["frame"] = ["" if frame < 0 else str(frame) for frame in table["frame"]]
    known = {*COLUMNS, *IDS, "file", "path", "word", "instance", "frames", "evidence", "dropped", "derived"}
    table = table[[*COLUMNS, *(name for name in table.columns if name not in known)]]
    targets = [out / name for name in OUTPUTS]
    tables = [table, pd.DataFrame(sorted(refused), columns=["file", "reason"]), candidates.reindex(columns=CANDIDATES), unmatched]
    for target, content in zip(targets, tables, strict=True):
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        content.to_csv(draft, index=False, float_format="%.6g")
        os.replace(draft, target)
    flow = {
        "files": files,
        "images": len(table),
        "refused": len({file for file, _ in refused}),
        "patients": int(table["patient_id"].nunique()),
        "studies": int(table["study"].nunique()),
        "unlabelled": int((table["unit"] == "").sum()),
        "labels_unmatched": int((unmatched["side"] == "labels").sum()),
        "ties": int((candidates["chosen"] == "tie").sum()),
    }
    if flow["ties"]:
        said = [
            *said,
            f"{flow['ties']} series tie and were not taken: see candidates.csv, then name them in a table of choices or take the first.",
        ]
    manifest, refusals, chosen, unmatched_at = targets
    return ScanResult(manifest, refusals, chosen, unmatched_at, flow, said)
