"""What a round asks: labels still wanting of validation and test first, then what the strategy chooses, then spare images."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.active.batch import Picks
from medimg.active.scores import entropy
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.choosing import Chooser, Rows
from medimg.room.store import Proposal

SPARE = 0.5  # spare images for skipped ones, of those asked for
LEAST_SPARE = 4
COVERING = "random_patient"  # strategy while the labels of one class only say nothing of where the other is


@dataclass(frozen=True)
class Known:
    """What is known of a pool's rows: which have an answer, which nobody is asked about, and what the last model says (None: no model)."""

    labelled: Rows
    shut: Rows
    said: Answers | None


@dataclass(frozen=True)
class Chosen:
    """The images of a round by group, spare ones, and those of the pool without a finite score."""

    groups: list[list[Proposal]]
    reserves: list[Proposal]
    unscored: list[str]

    @property
    def ids(self) -> list[str]:
        """Every image that may be shown."""
        return [one.item for group in [*self.groups, self.reserves] for one in group]


def choose(chooser: Chooser, known: Known, strategy: str, number: int, first: list[str]) -> Chosen:
    """Choose the images of a round; `first` are images of validation and test without a label, which come before all others.

    With active.unit=patient one image stands for all that the pool has of its patient.
    """
    picks = _asked(chooser, known, strategy, number)
    shut = np.concatenate([known.shut, picks.index, _own_patients(chooser, picks.index)])
    wanted = max(LEAST_SPARE, int(SPARE * len(_speakers(chooser, picks.index))))
    spare = _asked(chooser, replace(known, shut=shut), strategy, number, budget=wanted)
    start = [Proposal(item, rank, "init") for rank, item in enumerate(first)]
    own = _proposals(chooser, known, picks, _speakers(chooser, picks.index), len(start))
    reserve = _proposals(chooser, known, spare, _speakers(chooser, spare.index)[:wanted], len(start) + len(own))
    unscored = chooser.pool["id"].iloc[picks.unscored].tolist() if known.said is not None else []
    return Chosen([start, own], [replace(one, reason="reserve", inclusion=None) for one in reserve], unscored)


def _asked(chooser: Chooser, known: Known, strategy: str, number: int, budget: int = 0) -> Picks:
    """The strategy's choice; without a model the first batch, and none where there are labels already."""
    if known.said is not None:
        return chooser.next(strategy, number, known.said, known.labelled, known.shut, budget=budget)
    if len(known.labelled):
        return _plain(np.empty(0, np.intp))
    left = np.setdiff1d(np.arange(len(chooser.pool)), known.shut)
    return _plain(chooser.first(known.shut) if len(left) else np.empty(0, np.intp))


def _plain(rows: Rows) -> Picks:
    return Picks(rows, np.full(len(rows), "init"), np.full(len(rows), np.nan), np.empty(0, np.intp))


def _speakers(chooser: Chooser, rows: Rows) -> Rows:
    """Of each patient the middle slice, where one answer labels all; else the rows themselves. In the order of the rows."""
    if chooser.active.unit == "slice":
        return rows
    table = chooser.pool.iloc[rows].assign(row=rows)
    groups = [group.sort_values("slice_mm", kind="stable") for _, group in table.groupby("patient", sort=False)]
    return np.array([group["row"].iloc[len(group) // 2] for group in groups], dtype=np.intp)


def _own_patients(chooser: Chooser, rows: Rows) -> Rows:
    """All rows of the patients of some rows, where one answer labels all of them."""
    if chooser.active.unit == "slice":
        return np.empty(0, np.intp)
    return np.flatnonzero(chooser.pool["patient"].isin(chooser.pool["patient"].iloc[rows]))


def _proposals(chooser: Chooser, known: Known, picks: Picks, rows: Rows, rank: int) -> list[Proposal]:
    place = {int(row): k for k, row in enumerate(picks.index)}
    scores: NDArray[Any] | None = None if known.said is None else entropy(known.said.probabilities[rows])
    made = []
    for k, row in enumerate(rows):
        at = place[int(row)]
        reason, chance = str(picks.reason[at]), float(picks.probability[at])
        p = () if known.said is None else tuple(float(value) for value in known.said.probabilities[row])
        made.append(
            Proposal(
                str(chooser.pool["id"].iloc[row]), rank + k, "random" if reason in ("random", "unscored") else reason,  # type: ignore[arg-type]
                score=None if scores is None or not np.isfinite(scores[k]) else float(scores[k]),
                inclusion=chance if np.isfinite(chance) else None, probabilities=p if np.isfinite(p).all() else (),
            )
        )  # fmt: skip
    return made


def aligned(said: Answers, before: "pd.Series[str]", now: "pd.Series[str]") -> Answers:
    """Answers on a pool as it was, for the pool as it is: an image that is new has none (NaN)."""
    if before.tolist() == now.tolist():
        return said
    place = pd.Series(np.arange(len(before)), index=before.tolist()).reindex(now.tolist()).to_numpy()
    new, rows = np.isnan(place), np.nan_to_num(place).astype(np.intp)

    def moved(column: NDArray[Any] | None, axis: int) -> NDArray[Any] | None:
        if column is None:
            return None
        taken: NDArray[Any] = np.take(column, rows, axis=axis)
        taken[(slice(None),) * axis + (new,)] = np.nan
        return taken

    return Answers(np.asarray(moved(said.probabilities, 0)), moved(said.features, 0), moved(said.draws, 1))
