"""What is labelled in each round of one pool; every draw belongs to the seeds, the round and the image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.active.batch import Picks
from medimg.active.lots import Lots
from medimg.active.pool import Pool
from medimg.active.strategies import initial_patients, pick
from medimg.recipes.parts.said import Answers
from medimg.settings import Active

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Chooser:
    """Chooses among the images of a pool (columns id, patient, pixel_sha256); rows are counted in its order.

    `repeat` and `fold` are part of every draw. `first_features` gives the features before any training, for a typical start.
    """

    active: Active
    pool: pd.DataFrame
    repeat: int
    fold: int
    first_features: Callable[[], Answers]

    def first(self, shut: Rows | None = None) -> Rows:
        """Choose the first labelled images, the same for every strategy; never those of `shut`."""
        active, lots, rows = self.active, Lots(self.active.init_seed, self.repeat, f"f{self.fold}"), self._open(shut)
        if active.init == "patient":
            return rows[initial_patients(self._pool(rows, None), active.init_size, lots)]
        pool, size = self._pool(rows, self.first_features()), active.init_size
        if active.unit == "patient":
            size = math.ceil(size * self.pool["patient"].iloc[rows].nunique() / max(1, len(rows)))
        return rows[pick("typical", pool, size, lots, cap=active.cap, unit=active.unit).index]

    def next(self, strategy: str, number: int, said: Answers, labelled: Rows, shut: Rows | None = None, *, budget: int = 0) -> Picks:
        """Choose the batch of round `number` among the images without a label, by what the last model `said` of the whole pool.

        The draws of a round are the same for every strategy. `shut` images are not asked for; `budget` (0: active.budget) counts units.
        """
        active, lots = self.active, Lots(self.active.query_seed, number, f"r{self.repeat} f{self.fold}")
        rows = self._open(labelled if shut is None else np.concatenate([labelled, shut]))
        pool = self._pool(rows, said, labelled)
        picks = pick(strategy, pool, budget or active.budget, lots, cap=active.cap, mix=active.mix, unit=active.unit)
        return Picks(rows[picks.index], picks.reason, picks.probability, rows[picks.unscored])

    def _open(self, shut: Rows | None) -> Rows:
        return np.setdiff1d(np.arange(len(self.pool)), [] if shut is None else shut).astype(np.intp)

    @cached_property
    def _patients(self) -> Rows:
        return np.unique(self.pool["patient"], return_inverse=True)[1]

    def _pool(self, rows: Rows, said: Answers | None, labelled: Rows | None = None) -> Pool:
        table, told = self.pool.iloc[rows], said or Answers(np.empty((0, 0)))
        known = None if told.features is None or labelled is None else told.features[labelled]
        return Pool(
            tokens=table["id"].tolist(), groups=self._patients[rows], contents=table["pixel_sha256"].tolist(),
            probabilities=told.probabilities[rows] if said else None,
            features=None if told.features is None else told.features[rows],
            draws=None if told.draws is None else told.draws[:, rows],
            labelled_features=known,
        )  # fmt: skip
