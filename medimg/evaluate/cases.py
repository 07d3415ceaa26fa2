"""Cases with truth, probability and decision: chosen by rows, and pooled to patients where that has a meaning."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.evaluate.question import Question
from medimg.metrics import Array, Flags


@dataclass(frozen=True)
class Cases:
    """One row per (seed, fold, case): keys and subgroups in `frame`, and beside it truth and probability of each target.

    `calibrated` and `decided` say nothing (the raw probability, no) until `calibration.apply` has filled them.
    """

    question: Question
    frame: pd.DataFrame
    truth: Flags
    raw: Array
    calibrated: Array
    decided: Flags
    unlabelled: int = 0
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def share(self) -> Array:
        """What probabilities are to be: (n, targets), 1 where the answer is yes; in a distribution the labels of a case share the 1."""
        share = self.truth.astype(float)
        return share / share.sum(axis=1, keepdims=True) if self.question.kind == "distribution" else share

    def where(self, rows: Flags) -> "Cases":
        """Keep some rows."""
        return replace(
            self,
            frame=self.frame[rows].reset_index(drop=True),
            truth=self.truth[rows],
            raw=self.raw[rows],
            calibrated=self.calibrated[rows],
            decided=self.decided[rows],
        )


def targets_of(labels: pd.Series, question: Question) -> Flags:
    """Turn label texts into (n, targets) yes or no."""
    if question.several:
        sets = [set(label.split("|")) for label in labels]
        return np.array([[name in labels for name in question.targets] for labels in sets], dtype=bool).reshape(-1, len(question.targets))
    return np.array([[label == name for name in question.targets] for label in labels], dtype=bool).reshape(-1, len(question.targets))


def mixed_patients(cases: Cases) -> int:
    """Count the patients whose images do not all have the same label."""
    labels = cases.frame.groupby("patient")["label"].nunique()
    return int((labels > 1).sum())


def to_patients(cases: Cases) -> Cases:
    """Average each patient's probabilities: one row per (seed, fold, patient), its id the smallest id among the images.

    Where the cases say how much each counts (`log_weight`), the mean is weighted by the softmax of that within the patient.
    """
    keys = ["seed", "fold", "patient"]
    groups = cases.frame.groupby(keys, sort=True)
    number = groups.ngroup().to_numpy()
    first = cases.frame.sort_values("id", kind="stable").drop_duplicates(keys).sort_values(keys)
    place = first.index.to_numpy()
    weight = _weights(cases.frame, number)
    totals = np.zeros((len(place), cases.raw.shape[1]))
    np.add.at(totals, number, cases.raw * weight[:, None])
    means = totals / np.bincount(number, weight)[:, None]
    pooled = replace(cases, frame=first.reset_index(drop=True), truth=cases.truth[place], raw=means, calibrated=means)
    return replace(pooled, decided=np.zeros_like(pooled.truth))


def _weights(frame: pd.DataFrame, number: NDArray[np.integer[Any]]) -> Array:
    """How much each row counts among those of the same number: (n,), equal where nothing says otherwise."""
    if "log_weight" not in frame:
        return np.ones(len(frame))
    told = frame["log_weight"].to_numpy(dtype=float)
    highest = np.full(int(number.max(initial=0)) + 1, -np.inf)
    np.maximum.at(highest, number, told)
    return np.asarray(np.exp(told - highest[number]))
