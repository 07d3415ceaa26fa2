"""The images of a project: a manifest with or without labels, patients dealt once, what cannot be shown to a network set apart."""

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from medimg.data.leaks import prove
from medimg.data.share import keep_val
from medimg.data.split import load_split, make_split, save_split
from medimg.errors import ConfigError, ManifestError
from medimg.io import Manifest
from medimg.io.files import write_atomically
from medimg.io.table import read_table
from medimg.recipes.parts.cohort import CASE_COLUMNS, Cohort, cohort_of, fill, read, source_of
from medimg.recipes.parts.stages import write_json
from medimg.settings import Data, Settings

_LOG = logging.getLogger("medimg")
LEAST_VAL = 40  # images of validation in a project that begins without labels
QUICK_STEPS = 140  # of a round's training with profile=quick: two cores take less than two minutes for batches of 32 at 64 px


@dataclass(frozen=True)
class Loaded:
    """The cohort of a project, of its usable images, and why others cannot be used: id -> reason."""

    cohort: Cohort
    spared: dict[str, str]


def read_images(settings: Settings) -> Manifest:
    """Read the manifest, whose label column may be absent or empty; ConfigError where nothing says which classes there are."""
    data = settings.data
    table = read_table(Path(source_of(data)))
    labelled = data.label in table and bool((table[data.label] != "").any())
    if not labelled and not data.classes:
        raise ConfigError(
            f"no image has a label in column {data.label}, so the classes that a reader may choose from are not known. "
            "Name them: 'data.classes=[a,b]' (of two, the last is the positive one)."
        )
    manifest = read(data, labels=labelled)
    if len(manifest.classes) < 2:
        raise ConfigError(f"only class {manifest.classes[0]} is known, and a reader needs two. Name all: 'data.classes=[a,b]'.")
    return manifest if settings.active.from_labels else replace(manifest, rows=manifest.rows.assign(label=""))


def surroundings(data: Data, manifest: Manifest) -> pd.DataFrame:
    """Rows of the same studies that `data.where` leaves out: readers see them beside what is asked for, and nothing learns from them."""
    if not data.where:
        return manifest.rows.iloc[:0]
    try:
        every = read(replace(data, where={}), labels=False).rows
    except ManifestError as fault:  # in rows that nobody is asked about
        _LOG.warning("nothing is shown beside the images: %s", fault.faults[0])
        return manifest.rows.iloc[:0]
    studies = pd.MultiIndex.from_frame(manifest.rows[["patient", "study"]])
    same = pd.MultiIndex.from_frame(every[["patient", "study"]]).isin(studies)
    return every[same & ~every["id"].isin(manifest.rows["id"])]


def without_labels(manifest: Manifest) -> bool:
    """Whether the project begins with no label at all."""
    return not bool((manifest.rows["label"] != "").any())


def settled(settings: Settings, manifest: Manifest) -> Settings:
    """Write down what a project's first start decides for good: the classes, how many images validation has, how long a round trains."""
    data = replace(settings.data, classes=tuple(manifest.classes))
    if without_labels(manifest) and data.val_images is None:
        data = replace(data, val_images=max(LEAST_VAL, round(data.val_share * settings.active.init_size)))
    free = settings.trainer.max_steps is None and settings.active.steps is None
    steps = QUICK_STEPS if free and settings.profile == "quick" else settings.trainer.max_steps
    return replace(settings, data=data, trainer=replace(settings.trainer, max_steps=steps))


def deal(manifest: Manifest, settings: Settings) -> pd.DataFrame:
    """Deal whole patients to train (the pool), val and, with active.test, test: fold 0 of a split as of every run.

    Where there are labels, patients who have one are dealt evenly by class if they suffice, and all others go to the pool.
    """
    rows, data = manifest.rows, settings.data
    if data.split not in (None, "manifest"):
        split = load_split(Path(str(data.split)), rows)
        return split[(split["fold"] == 0) & (split["member"] == 0)].reset_index(drop=True)
    if data.split is None and "part" in rows:
        rows = rows.drop(columns="part")
    known = rows[rows["patient"].isin(rows["patient"][rows["label"] != ""])]
    blank, evenly = rows.assign(label=""), tuple(name for name in data.stratify if name != "label")
    try:
        dealt = _dealt(known, settings, data.stratify) if len(known) else _dealt(blank, settings, evenly)
    except ManifestError:  # too few have labels
        dealt = _dealt(blank, settings, evenly)
    return keep_val(rows, extended(dealt, rows), data.val_images, settings.split_seed)


def _dealt(rows: pd.DataFrame, settings: Settings, stratify: tuple[str, ...]) -> pd.DataFrame:
    data, test = settings.data, settings.active.test
    split = make_split(
        rows, folds=data.folds if test else 1, val_share=data.val_share, test_share=data.test_share if test else 0.0,
        seed=settings.split_seed, stratify=stratify, leave_out=data.leave_out if test else None,
    )  # fmt: skip
    return split[split["fold"] == 0].reset_index(drop=True)


def extended(split: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """A split (id, part, and perhaps patient) for the rows there are now: new images go where their patient is, new patients to the
    pool, what is gone is left out.
    """
    placed = split if "patient" in split else split.merge(rows[["id", "patient"]], on="id")
    part = rows["id"].map(placed.set_index("id")["part"])
    of_patient = placed.drop_duplicates("patient").set_index("patient")["part"]
    part = part.fillna(rows["patient"].map(of_patient)).fillna("train")
    return pd.DataFrame({"id": rows["id"], "fold": 0, "member": 0, "part": part}).reset_index(drop=True)


def load(settings: Settings, run: Path, manifest: Manifest, dealt: pd.DataFrame | None) -> Loaded:
    """Deal (or take the deal that was `dealt` along), prove, decode; writes the run's tables of cases, split and proof."""
    split = deal(manifest, settings) if dealt is None else extended(dealt, manifest.rows)
    proof = prove(manifest.rows, split)
    save_split(split, run / "split.csv")
    write_json(run / "split_proof.json", {**proof, "manifest_sha256": manifest.sha256})
    columns = [*CASE_COLUMNS, *(name for name in settings.data.subgroups if name not in CASE_COLUMNS and name in manifest.rows)]
    write_atomically(run / "cases.csv", manifest.rows[columns].to_csv(index=False).encode())
    write_atomically(run / "refused.csv", manifest.refused.to_csv(index=False).encode())
    write_json(run / "flow.json", manifest.flow)
    cohort = cohort_of(manifest, settings, split, str(proof["split_sha256"]))
    spared: dict[str, str] = {}
    fill(cohort.cache, manifest.rows, spared=spared)
    return Loaded(_usable(cohort), spared)


def load_again(settings: Settings, run: Path) -> Cohort:
    """The cohort as `load` left it, whatever became of the manifest since: images that are gone, or new, are left out."""
    manifest = read_images(settings)
    split = pd.read_csv(run / "split.csv", dtype={"id": "str", "fold": "int64", "member": "int64", "part": "str"}, keep_default_na=False)
    rows = manifest.rows[manifest.rows["id"].isin(split["id"])].reset_index(drop=True)
    sha256 = str(json.loads((run / "split_proof.json").read_text())["split_sha256"])
    return _usable(cohort_of(replace(manifest, rows=rows), settings, split[split["id"].isin(rows["id"])], sha256))


def _usable(cohort: Cohort) -> Cohort:
    rows = cohort.rows[cohort.cache.known(cohort.rows["id"])].reset_index(drop=True)
    return replace(cohort, manifest=replace(cohort.manifest, rows=rows))
