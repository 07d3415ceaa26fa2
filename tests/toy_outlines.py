"""A manifest of small chest films with masks, and the words of a training on it that takes seconds."""

import csv

import fakes
import films

SMALL = [
    "experiment=chest_qc", "profile=smoke", "data.subgroups=[]", "trainer=cpu", "trainer.threads=1",
    "logger.tensorboard=false",
]  # fmt: skip


def size_of(words):
    """The least side that a supervised network learns, where no word says another."""
    return [] if any(word.startswith("data.size=") for word in words) else ["data.size=64"]


def cohort(folder, patients=6, change=lambda row: row):
    """A PA and a lateral film of each patient, with a column view; `change` changes rows of the manifest."""
    manifest = films.cohort(folder, patients)
    rows = [{**row, "view": "LAT" if "lat" in row["image"] else "PA"} for row in csv.DictReader(manifest.open())]
    return fakes.table(manifest, [change(row) for row in rows], [*rows[0]])


def words(manifest, runs, *more):
    return [*SMALL, *size_of(more), f"data.manifest={manifest}", f"runs={runs}", *more]
