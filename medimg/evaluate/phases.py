"""What a second phase of training changed: the answers after the first beside those at the end, on the same cases."""

import numpy as np

from medimg.evaluate.cases import Cases
from medimg.evaluate.compare import paired
from medimg.evaluate.rows import Row
from medimg.metrics import Flags

MEASURES = (("auroc", "macro"), ("exact_match", "all"), ("no_decision", "all"))
ONE = "one label"
COLUMNS = ["shown", "metric", "label", "n", "patients", "before", "after", "difference", "low", "high", "method", "undefined"]


def phase_rows(before: Cases, after: Cases) -> list[Row]:
    """Compare the same cases, those with one label, with several, and all: a row each measure, differences are after minus before.

    Of the cases with one label also the sensitivity for each label, which a second phase must not lose. A measure that one of the two
    does not have is a row with the reason and without numbers.
    """
    labels = after.truth.sum(axis=1)
    shown: dict[str, Flags] = {ONE: labels == 1, "several labels": labels > 1, "all": np.ones(len(labels), dtype=bool)}
    return [row for name, keep in shown.items() if keep.any() for row in _rows(name, before.where(keep), after.where(keep))]


def _rows(shown: str, before: Cases, after: Cases) -> list[Row]:
    found = {(row["metric"], row["scope"]): row for row in paired(after, before) if not row["calibrated"]}
    counts = {"shown": shown, "n": after.frame["id"].nunique(), "patients": after.frame["patient"].nunique()}
    labels = [name for k, name in enumerate(after.question.targets) if shown == ONE and after.truth[:, k].any()]
    keys = [(key, "") for key in MEASURES] + [(("sensitivity", f"class={name}"), name) for name in labels]
    return [
        counts | {"metric": key[0], "label": label, "before": row["b"], "after": row["a"]} | {name: row[name] for name in COLUMNS[7:]}
        for key, label in keys
        if (row := found.get(key)) is not None
    ]
