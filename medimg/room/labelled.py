"""The manifest with the labels that stand: what `medimg train` takes to make a model of them."""

from pathlib import Path

import pandas as pd

from medimg.io.files import write_atomically
from medimg.recipes.parts.cohort import Cohort
from medimg.room.labels import laid_on

COLUMNS = ["image", "patient_id", "label", "part", "sequence", "view", "site", "slice_mm", "frame", "study", "series", "sop"]


def write_labelled(path: Path, cohort: Cohort, known: pd.DataFrame, unit: str) -> None:
    """Write every image that has a label, with its part (train, val, test); paths are absolute, patients are hashed."""
    parts = {part: laid_on(cohort.every(0, 0, part), known, unit) for part in ("train", "val", "test")}
    rows = pd.concat([rows.assign(part=part) for part, rows in parts.items()])
    rows = rows[rows["label"] != ""].rename(columns={"path": "image", "patient": "patient_id"})
    rows = rows.assign(frame=rows["frame"].where(rows["frame"] >= 0, "").astype(str))
    write_atomically(path, rows[COLUMNS].to_csv(index=False).encode())
