"""How far outlined organs agree with the truth: pixels are counted once, and every measure is made of the counts.

The rule for empty masks: an organ that is neither on the film nor claimed has no Dice and is left out; one that is claimed where it is not,
or missed where it is, has 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medimg.metrics import Array, Flags, Undefined, Value, ratio


@dataclass(frozen=True)
class Overlap:
    """Pixels of each film and organ, (N, K): in both masks, in the network's, in the true one; `known` where there is a true one."""

    both: Array
    claimed: Array
    true: Array
    known: Flags

    def dice(self) -> Array:
        """Dice of each film and organ, 2 |AB| / (|A| + |B|): (N, K), NaN where there is none."""
        return np.where(self.known, ratio(2 * self.both, self.claimed + self.true), np.nan)


def overlap(claimed: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Overlap:
    """Count the pixels of masks (N, K, H, W) twice; known (N, K), all by default."""
    one, other = np.asarray(claimed, dtype=bool), np.asarray(true, dtype=bool)
    flags = np.ones(one.shape[:2], bool) if known is None else np.asarray(known, dtype=bool)
    both, claims, truths = ((each.sum(axis=(2, 3)) * flags).astype(float) for each in (one & other, one, other))
    return Overlap(both, claims, truths, flags)


def dice_by_organ(counts: Overlap, patient: ArrayLike | None = None, weight: ArrayLike | None = None) -> list[Value]:
    """Mean Dice of each organ over patients, each the mean of its own films: patient (N,) numbers from 0, weight (patients,).

    Without `patient` each film is one. Undefined for an organ that no film of any weight shows.

    >>> dice_by_organ(overlap([[[[1, 1, 0, 0]]]], [[[[0, 1, 1, 0]]]]))
    [0.5]
    """
    each = counts.dice()
    of: NDArray[np.int_] = np.arange(len(each)) if patient is None else np.asarray(patient, dtype=int)
    share = np.ones(int(of.max()) + 1 if len(of) else 0) if weight is None else np.asarray(weight, dtype=float)
    found = []
    for column in each.T:
        there = ~np.isnan(column)
        total, films = (np.bincount(of[there], values, len(share)).astype(float) for values in (column[there], None))
        own = ratio(total, films)
        seen = ~np.isnan(own) & (share > 0)
        found.append(float(np.average(own[seen], weights=share[seen])) if seen.any() else Undefined("no film shows this organ, outlined"))
    return [*found]
