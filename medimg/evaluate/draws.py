"""The patient bootstrap: seeded weights of patients, drawn within folds and within groups of the same labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.metrics import Array

WITHIN = "within classes"  # how patients are drawn, for the words of a method
MOST_CHANGED = 400  # patients changed one by one; of more than these, some are changed together


@dataclass(frozen=True)
class Draws:
    """Weights of patients, (draws, patients); `place` maps a patient to its column. `lonely`: patients alone in their fold."""

    weights: Array
    place: dict[str, int]
    lonely: int

    @property
    def changed(self) -> int:
        """Number of weightings in which a patient, or a few, have half their weight."""
        return min(len(self.place), MOST_CHANGED)

    @property
    def stacked(self) -> Array:
        """All weightings below each other: one of ones, the changed ones, the draws; in memory, a patient's weights lie together."""
        patients = self.weights.shape[1]
        half = np.where(np.arange(self.changed)[:, None] == np.arange(patients)[None, :] % max(self.changed, 1), 0.5, 1.0)
        return np.asfortranarray(np.vstack([np.ones((1, patients)), half, self.weights]))

    def columns(self, patients: pd.Series) -> NDArray[np.int_]:
        """Find the column of each row's patient."""
        return np.array([self.place[patient] for patient in patients], dtype=np.int_)


def strata_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Deal patients into strata: the folds they are tested in and the labels they show; a stratum of one joins the others of its folds,
    and patients who are alone in their fold are exchanged among each other.

    Patients are ordered by their smallest case id, so that neither the order of rows nor the spelling of patients changes a draw.
    """
    facts = frame.assign(fold=frame["fold"].astype(str)).groupby("patient", sort=False)
    patients = pd.DataFrame(
        {
            "first": facts["id"].min(),
            "folds": facts["fold"].agg(lambda folds: ",".join(sorted(set(folds)))),
            "labels": facts["label"].agg(lambda labels: " ".join(sorted(set(labels)))),
        }
    ).sort_values("first")
    alone = patients.groupby("folds")["first"].transform("size") == 1
    patients = patients.assign(alone=alone, folds=patients["folds"].where(~alone, "\x7falone"))
    for _ in range(2):  # the second round: what was left of a fold may itself be a single patient
        size = patients.groupby(["folds", "labels"])["first"].transform("size")
        patients = patients.assign(labels=patients["labels"].where(size > 1, "\x7fothers"))
    size = patients.groupby(["folds", "labels"])["first"].transform("size")
    for patient in patients.index[size == 1]:
        peers = patients[(patients["folds"] == patients.loc[patient, "folds"]) & (patients.index != patient)]
        if len(peers):
            patients.loc[patient, "labels"] = peers["labels"].value_counts(sort=False).sort_index().idxmin()
    return patients


def draw(frame: pd.DataFrame, draws: int, seed: int) -> Draws:
    """Draw weights of mean 1: from a stratum of n patients n - 1 are drawn with replacement and weighted n / (n - 1).

    The plain bootstrap of n out of n underestimates a stratum's variance by the factor (n - 1) / n, which matters where folds hold few
    patients of a class; this form is unbiased (Rao and Wu, J Am Stat Assoc 1988;83:231).
    """
    patients = strata_of(frame)
    generator = np.random.default_rng(seed)
    weights = np.ones((draws, len(patients)))
    groups = patients.reset_index(names="patient").groupby(["folds", "labels"], sort=True).indices
    for members in groups.values():
        n = len(members)
        if n > 1:
            weights[:, members] = generator.multinomial(n - 1, np.full(n, 1 / n), size=draws) * (n / (n - 1))
    lonely = int(patients["alone"].sum())
    return Draws(weights, {name: i for i, name in enumerate(patients.index)}, lonely)
