"""What a second phase of training changed: the answers after the first beside those at the end, on the same cases."""

from pathlib import Path

import numpy as np
import pandas as pd

from medimg.evaluate.cases import Cases
from medimg.evaluate.compare import judged, paired
from medimg.evaluate.files import write_table
from medimg.evaluate.rows import Row
from medimg.metrics import Flags

MEASURES = (("auroc", "macro"), ("exact_match", "all"), ("no_decision", "all"))
COLUMNS = ["shown", "metric", "n", "patients", "before", "after", "difference", "low", "high", "undefined"]


def phase_rows(before: Cases, after: Cases) -> list[Row]:
    """Compare the same cases, those with one label, with several, and all: a row each measure, differences are after minus before.

    A measure that one of the two does not have is a row with the reason and without numbers.
    """
    labels = after.truth.sum(axis=1)
    shown: dict[str, Flags] = {"one label": labels == 1, "several labels": labels > 1, "all": np.ones(len(labels), dtype=bool)}
    return [row for name, keep in shown.items() if keep.any() for row in _rows(name, before.where(keep), after.where(keep))]


def _rows(shown: str, before: Cases, after: Cases) -> list[Row]:
    found = {(row["metric"], row["scope"]): row for row in paired(after, before) if not row["calibrated"]}
    counts = {"shown": shown, "n": after.frame["id"].nunique(), "patients": after.frame["patient"].nunique()}
    return [
        counts | {"metric": key[0], "before": row["b"], "after": row["a"]} | {name: row[name] for name in COLUMNS[6:]}
        for key in MEASURES
        if (row := found.get(key)) is not None
    ]


def write_phases(run: Path, before: Path) -> None:
    """Write tables/phases of a run from the judged answers after its first phase, in the folder `before`."""
    rows = phase_rows(judged(before)["image"], judged(run)["image"])
    write_table(run / "tables", "phases", pd.DataFrame(rows, columns=COLUMNS), "After the first phase, and at the end", "Test cases.")
