"""The images of a run: manifest read, patients dealt, the deal proved, pictures prepared. The same on every command."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from medimg import phantoms
from medimg.data.cache import PictureCache
from medimg.data.leaks import KEYS, prove, prove_external
from medimg.data.share import keep_share, keep_val
from medimg.data.split import load_split, make_split, named, save_split
from medimg.errors import ManifestError, RunError
from medimg.io import Manifest, read_manifest
from medimg.io.files import write_atomically
from medimg.io.told import Told
from medimg.recipes.parts.images import Images, images_of, places_of, sequences_of
from medimg.recipes.parts.stages import write_json
from medimg.settings import Data, Settings
from medimg.training import ranks

CASE_COLUMNS = [
    "id", "patient", "study", "series", "sop", "pixel_sha256", "header_sha256", "site", "sequence", "view", "acquired_month", "label",
]  # fmt: skip


@dataclass(frozen=True)
class Cohort(Images):
    """Images that can be used, and who is in which part."""

    split: pd.DataFrame
    split_sha256: str

    @property
    def answers(self) -> Sequence[str]:
        """What a network says of an image: one number a class."""
        return self.manifest.classes

    def folds(self) -> list[tuple[int, int]]:
        """All (fold, member) pairs of the split."""
        pairs = self.split[["fold", "member"]].drop_duplicates().sort_values(["fold", "member"])
        return [(int(fold), int(member)) for fold, member in pairs.itertuples(index=False)]

    def part(self, fold: int, member: int, part: str) -> pd.DataFrame:
        """Rows of one part, in the manifest's order; those without a label cannot train or choose."""
        rows = self.every(fold, member, part)
        return (rows if part == "test" else rows[rows["label"] != ""]).reset_index(drop=True)

    def every(self, fold: int, member: int, part: str) -> pd.DataFrame:
        """Rows of one part in the manifest's order, those without a label too."""
        chosen = self.split[(self.split["fold"] == fold) & (self.split["member"] == member) & (self.split["part"] == part)]
        return self.rows[self.rows["id"].isin(chosen["id"])]

    def cases(self, fold: int, member: int, part: str) -> pd.DataFrame:
        """What is judged in one part, one row a case; a place is the same whichever of its slices have a label."""
        if not self.fuse:
            return self.part(fold, member, part)
        places = self.cases_of(self.every(fold, member, part))
        return places if part == "test" else places[places["label"] != ""].reset_index(drop=True)


def read(data: Data, *, labels: bool = True) -> Manifest:
    """Read the manifest that `data` names: a file, or a built-in cohort (written on first use); without `labels` none is looked for."""
    where = {"sequence": list(data.fuse), **data.where} if data.fuse else data.where
    columns = [*data.subgroups, *data.stratify, *([data.leave_out] if data.leave_out else [])]
    return read_manifest(
        source_of(data), label=data.label if labels else None, classes=data.classes, multilabel=data.multilabel, where=where,
        exclude=data.exclude, columns=[name for name in columns if name != "label"],
    )  # fmt: skip


def source_of(data: Data) -> str:
    """Give the manifest's file; a built-in cohort is written on first use."""
    if not data.manifest.startswith("phantom:"):
        return data.manifest
    name = data.manifest.removeprefix("phantom:")
    if ranks.rank() == 0:
        phantoms.cohort(name, n=data.limit)
    ranks.barrier()
    return str(phantoms.cohort(name, n=data.limit))


def name_of(data: Data, manifest: Manifest) -> str:
    """Name the cohort without a path: a built-in one with its version, a file by its hash."""
    if not data.manifest.startswith("phantom:"):
        return f"manifest {manifest.sha256[:12]}"
    name = data.manifest.removeprefix("phantom:")
    smaller = f" ({data.limit} {phantoms.unit(name)})" if data.limit else ""
    return f"phantom:{name}@{phantoms.describe(name, data.limit)['version']}{smaller}"


def deal(manifest: Manifest, settings: Settings) -> pd.DataFrame:
    """Deal the patients to parts as the settings say; with `data.deal_over` together with what that leaves out of this run."""
    _refuse_empty_classes(manifest)
    data = settings.data
    _refuse_absent(manifest, sequences_of(data))
    if data.split not in (None, "manifest"):
        return _share(manifest.rows, load_split(Path(str(data.split)), manifest.rows), settings)
    if data.deal_over:
        where = {key: value for key, value in data.where.items() if key not in data.deal_over}
        split = deal(read(replace(data, where=where, fuse=())), replace(settings, data=replace(data, deal_over=(), fuse=())))
        return split[split["id"].isin(manifest.rows["id"])].reset_index(drop=True)
    rows = manifest.rows
    if data.split is None and "part" in rows:
        print("the manifest's column part is not used; data.split=manifest uses it", file=sys.stderr)
        rows = rows.drop(columns="part")
    elif data.split == "manifest" and "part" not in rows:
        raise ManifestError("data.split=manifest: the manifest has no column part. Add it (train, val, test), or leave data.split out.")
    if data.deal_by == "image":
        rows = rows.assign(patient=rows["id"])
    split = make_split(
        rows, folds=data.folds, inner_folds=data.inner_folds, val_share=data.val_share, test_share=data.test_share,
        seed=settings.split_seed, stratify=data.stratify, leave_out=data.leave_out,
    )  # fmt: skip
    return _share(rows, split, settings)


def _share(rows: pd.DataFrame, split: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    data, seed = settings.data, settings.split_seed
    return keep_share(rows, keep_val(rows, split, data.val_images, seed), data.train_share, seed)


def cohort_of(manifest: Manifest, settings: Settings, split: pd.DataFrame, split_sha256: str) -> Cohort:
    """Put together what a run works on."""
    images = images_of(manifest, settings)
    return Cohort(images.manifest, images.cache, images.fuse, images.kind, split, split_sha256)


def load(settings: Settings, run: Path) -> Cohort:
    """Read, deal, prove and prepare; a run that was begun keeps its split. Writes the run's tables of cases, split, proof and flow.

    RunError where images have got another label, or their headers another scale or spacing, since the run began: some of its networks
    would know the old ones, some the new.
    """
    manifest = read(settings.data)
    if not (manifest.rows["label"] != "").any():
        raise ManifestError("no image has a label, so nothing can be trained. Fill the label column, or name another with data.label.")
    path = run / "split.csv"
    if ranks.rank() == 0 and not path.exists():
        save_split(deal(manifest, settings), path)
    ranks.barrier()
    proof_path = run / "split_proof.json"
    known = json.loads(proof_path.read_text())["split_sha256"] if proof_path.exists() else None
    split = load_split(path, manifest.rows, known)
    if (run / "cases.csv").is_file():
        _refuse_changed(manifest.rows, run)
    proof = prove(manifest.rows, split, by=settings.data.deal_by)
    cohort = cohort_of(manifest, settings, split, str(proof["split_sha256"]))
    if ranks.rank() == 0:
        write_cases(run, manifest, settings.data)
        write_json(proof_path, {**proof, "manifest_sha256": manifest.sha256})
        write_json(run / "flow.json", {**flow_of(manifest), "parts": _parts(cohort)})
        fill(cohort.cache, manifest.rows)
    ranks.barrier()
    return cohort


def _refuse_changed(rows: pd.DataFrame, run: Path) -> None:
    told = {"label": ("label", "labels"), "header_sha256": ("pixel spacing or scale of grey values in their headers", "files")}
    faults = [
        f"images have another {what} than when this run began: {named(ids)}. Put the {back} back, or start a new run with the new ones: "
        "what has learned already knows the old ones."
        for column, (what, back) in told.items()
        if (ids := changed(rows, run, column))
    ]
    if faults:
        raise RunError(*faults)


def changed(rows: pd.DataFrame, run: Path, column: str) -> list[str]:
    """Ids of the images whose value in a column is another than a run's table of cases says; none where that lacks the column."""
    cases = read_cases(run / "cases.csv").set_index("id")
    if column not in cases:
        return []
    before = rows["id"].map(cases[column])
    return list(rows["id"][before.notna() & (before != rows[column])])


def _refuse_absent(manifest: Manifest, sequences: tuple[str, ...]) -> None:
    absent = [name for name in sequences if name not in set(manifest.rows["sequence"])]
    if absent:
        raise ManifestError(f"no slice of sequence {', '.join(absent)} can be used. Leave it out of data.fuse, or look at data.where.")


def _refuse_empty_classes(manifest: Manifest) -> None:
    found = set("|".join(manifest.rows["label"]).split("|"))
    empty = [name for name in manifest.classes if name not in found]
    if empty:
        kept = ",".join(name for name in manifest.classes if name in found)
        way_out = f"Leave {'it' if len(empty) == 1 else 'them'} out: 'data.classes=[{kept}]'. Or look at data.where."
        raise ManifestError(f"no image that can be used is labelled {', '.join(empty)}. {way_out}")


def load_external(settings: Settings, source: Path, run: Path) -> Images:
    """Read another manifest (`settings.data`) to judge a run on, and prove that it shares nothing with the cases its networks know."""
    manifest = read(settings.data)
    proof = prove_external(manifest.rows, known_to(source))
    images = images_of(manifest, settings)
    if ranks.rank() == 0:
        write_cases(run, manifest, settings.data)
        write_json(run / "split_proof.json", {**proof, "manifest_sha256": manifest.sha256})
        write_json(run / "flow.json", flow_of(manifest))
        fill(images.cache, manifest.rows)
    ranks.barrier()
    return images


def read_cases(path: Path) -> pd.DataFrame:
    """Read a table of cases as it was written."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def known_to(run: Path) -> pd.DataFrame:
    """Give all cases that a run's networks may know: its own, and those known to what they started from."""
    return pd.concat([read_cases(run / "cases.csv"), taught_before(run)])


def taught_before(run: Path, network: str | None = None) -> pd.DataFrame:
    """Give the cases known to what a run's networks (or one of them) started from; none where they started from no other run."""
    record = run / "encoder" / "encoder.json"
    stored = json.loads(record.read_text()) if record.is_file() else {}
    names = {told["cases"] for name, told in stored.items() if network in (None, name)}
    return pd.concat([pd.DataFrame(columns=[*KEYS]), *(read_cases(record.with_name(name)) for name in sorted(names))])


def fill(cache: PictureCache, rows: pd.DataFrame, *, spared: dict[str, str] | None = None) -> None:
    """Decode what the cache does not have, with a word on how far it is; `spared` is PictureCache.fill's."""
    missing = int((~cache.known(rows["id"])).sum())
    if missing:
        with Told("decoding images", missing) as told:
            cache.fill(rows, told=told, spared=spared)


def write_cases(run: Path, manifest: Manifest, data: Data) -> None:
    """Write cases.csv and refused.csv: what later commands need to know of the images, and nothing that names a patient or a file."""
    rows = manifest.rows
    extra = [name for name in data.subgroups if name not in CASE_COLUMNS and name in rows]
    write_atomically(run / "cases.csv", rows[[*CASE_COLUMNS, *extra]].to_csv(index=False).encode())
    write_atomically(run / "refused.csv", manifest.refused.to_csv(index=False).encode())
    if data.fuse:
        write_atomically(run / "places.csv", places_of(rows, data).to_csv(index=False).encode())


def flow_of(manifest: Manifest) -> dict[str, Any]:
    """What became of the manifest's rows, and which labels were left out because they are none of the classes."""
    return {**manifest.flow, "labels_left_out": manifest.left_out, "labels_misspelt": manifest.misspelt}


def _parts(cohort: Cohort) -> dict[str, Any]:
    return parts_of(cohort.rows[cohort.rows["label"] != ""], cohort.split)  # the others neither teach nor judge


def parts_of(rows: pd.DataFrame, split: pd.DataFrame) -> dict[str, Any]:
    """Count images and patients of each part, by fold (and member, 0.1)."""
    merged = split.merge(rows[["id", "patient"]], on="id")
    counted = merged.groupby(["fold", "member", "part"]).agg(images=("id", "size"), patients=("patient", "nunique"))
    parts: dict[str, Any] = {}
    for row in counted.reset_index().to_dict("records"):
        name = str(row["fold"]) if row["member"] == 0 else f"{row['fold']}.{row['member']}"
        parts.setdefault(name, {})[row["part"]] = {"images": int(row["images"]), "patients": int(row["patients"])}
    return parts
