"""A batch as it fills, and what is handed back of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.active.cap import Cap, Ints, most_each, turn
from medimg.active.pool import Items
from medimg.active.scores import Array


@dataclass(frozen=True)
class Picks:
    """A batch in order of choice, n items; `unscored` are the pool's items that have no finite score, chosen or not."""

    index: Ints  # (n,) rows of the pool
    reason: NDArray[np.str_]  # (n,) strategy, random, or unscored: nothing else was left
    probability: Array  # (n,) with which the random share takes such an item; NaN where it was not drawn
    unscored: Ints


def whole_patients(picks: Picks, slices: Items) -> Picks:
    """Turn chosen patients (numbers of `slices.group`) into all items that each has, patient by patient."""
    turn_of = np.full(slices.group.max(initial=-1) + 1, -1)
    turn_of[picks.index] = np.arange(len(picks.index))
    position = turn_of[slices.group]
    theirs = np.argsort(position, kind="stable")[(position < 0).sum() :]
    of = position[theirs]
    return replace(picks, index=slices.rows[theirs], reason=picks.reason[of], probability=picks.probability[of])


class Batch:
    """A batch as it fills: which items are open, how many of each patient may still come, how many are left to choose."""

    def __init__(self, items: Items, sound: NDArray[np.bool_], budget: int, cap: Cap) -> None:
        self.items, self.left = items, budget
        self.size = np.bincount(items.group)
        able = np.bincount(items.group[sound])  # an automatic cap is never so low that unsound items must fill the batch
        self.most = max(most_each(cap, size[size > 0], budget) for size in (self.size, able))
        self.room = np.full(len(self.size), self.most)
        self.open = np.ones(len(items), dtype=bool)
        self.places, self.reason, self.probability = np.empty(0, np.intp), np.empty(0, np.str_), np.empty(0)

    def take(self, places: Ints, reason: str, probability: Array | None = None) -> None:
        """Add items of the same reason."""
        chance = np.full(len(places), np.nan) if probability is None else probability
        self.places = np.concatenate([self.places, places])
        self.reason = np.concatenate([self.reason, np.full(len(places), reason)])
        self.probability = np.concatenate([self.probability, chance])
        self.left -= len(places)
        self.open[places] = False
        self.room -= np.bincount(self.items.group[places], minlength=len(self.room))

    def draw(self, share: int) -> None:
        """Take a random share in two steps whose chances multiply: up to `most` items of each patient, then `share` of all these."""
        group = self.items.group
        thinned = np.flatnonzero(turn(group) < self.most)
        lot = np.argsort(self.items.lots.again(self.items.codes[thinned], "share"), kind="stable")
        places = thinned[lot[: min(share, self.left)]]
        chance = len(places) / max(1, len(thinned)) * np.minimum(1, self.most / self.size[group[places]])
        self.take(places, "random", chance)
