"""Who stands behind each generated picture: the table that every command proves again."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from medimg.errors import LeakError
from medimg.io.files import write_atomically
from medimg.recipes.parts.networks import Job, prepares, stage_name
from medimg.recipes.parts.stages import begun_with

PICTURES, DONORS = "generated.csv", "donors.csv"


def lineage_of(label: str, numbers: range, job: Job, generator: str, patients: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a picture (id, label, number, generator, seed, fold, member, donors) and one a donor (donors, patient).

    `generator` is the hash of the weights that drew the pictures, `patients` are those whose pictures taught it, directly or before.
    """
    seed, fold, member = job
    known = sorted(set(patients))
    donors = hashlib.sha256("|".join(known).encode()).hexdigest()[:16]
    names = [f"generated-{generator[:12]}-{number}" for number in numbers]
    table = pd.DataFrame({"id": names, "label": label, "number": list(numbers), "generator": generator})
    table = table.assign(seed=seed, fold=fold, member=member, donors=donors)
    return table, pd.DataFrame({"donors": donors, "patient": known})


def write_lineage(folder: Path, pictures: Sequence[pd.DataFrame], donors: Sequence[pd.DataFrame]) -> None:
    """Write the two tables of one or several networks."""
    for name, tables in ((PICTURES, pictures), (DONORS, donors)):
        write_atomically(folder / name, pd.concat(tables).drop_duplicates().to_csv(index=False).encode())


def read_tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the two tables as they were written."""
    texts = dict.fromkeys(("id", "label", "generator", "enlarger", "donors", "patient"), str)
    pictures, donors = (pd.read_csv(folder / name, dtype=texts, keep_default_na=False) for name in (PICTURES, DONORS))
    return pictures, donors


def read_lineage(folder: Path) -> pd.DataFrame | None:
    """Read the pictures of a run or a stage with their donors as leaks.prove wants them: hashed patients joined by a bar; or None."""
    if not (folder / PICTURES).is_file():
        return None
    pictures = pd.read_csv(folder / PICTURES, dtype=dict.fromkeys(("id", "label", "generator", "donors"), str), keep_default_na=False)
    donors = pd.read_csv(folder / DONORS, dtype=str, keep_default_na=False) if (folder / DONORS).is_file() else None
    joined = {} if donors is None else donors.groupby("donors")["patient"].agg("|".join).to_dict()
    return pictures.assign(donors=pictures["donors"].map(lambda key: joined.get(key, "")))


def read_stage(folder: Path) -> pd.DataFrame:
    """Read the pictures of a stage that has drawn some, as read_lineage does; LeakError where one of its tables is gone."""
    gone = [name for name in (PICTURES, DONORS) if not (folder / name).is_file()]
    table = read_lineage(folder)
    if gone or table is None:
        raise LeakError(
            f"stage {folder.name} has no {' and no '.join(gone)}, so nobody knows whose images its generated ones have seen. Put it back, "
            "or delete the stage's folder and go on with medimg train resume=RUN: it is drawn again."
        )
    return table


def lineage_sha256(folder: Path) -> str:
    """Hash both tables of a stage as they are written."""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in (PICTURES, DONORS))).hexdigest()


def lineages(run: Path, jobs: Sequence[Job]) -> Iterator[pd.DataFrame]:
    """Give all that a run says of its generated pictures: its own table, and those of the stages that its networks were trained with.

    LeakError where a table is gone, or is not what it was when the network was trained.
    """
    if (own := read_lineage(run)) is not None:
        yield own
    for job in jobs:
        folder = run / "stages" / prepares("5_extend", job)
        known = begun_with(run / "stages" / stage_name(*job)).get("lineage_sha256")
        if known or folder.is_dir():
            yield read_stage(folder)
            if known not in (None, lineage_sha256(folder)):
                raise LeakError(
                    f"stage {folder.name}: {PICTURES} or {DONORS} has changed since a network was trained with these images. "
                    "Put them back, or start a new run."
                )
