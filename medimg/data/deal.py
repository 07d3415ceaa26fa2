"""Deal patients to parts so that every part gets its share of every group, in images and in patients."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SCALE = 10**6  # shares are whole numbers, so that a deal has the same bits on every machine
IMAGES_WEIGHT = 4  # a patient is one patient but any number of images: images are harder to even out
PARTNERS, VISITS = 64, 4_000  # swaps tried per visit, visits at most: measured in docs/decisions/splits.md
URGE = 1e18  # price of a part that lacks a vital group, above any unevenness


def deal(images: Ints, vital: NDArray[np.bool_], shares: Sequence[float], draw: Sequence[str]) -> Ints:
    """Give each patient a part: (patients, groups) counts of images, the parts' shares (sum 1) -> (patients,) number of the part.

    The cost of a part is the square of what it has above or below its share, and URGE for each `vital` group it lacks. Patients are
    dealt one by one, the scarce and the large first and otherwise in the order of `draw`, each where the cost rises least; then
    patients are moved, or swapped with another, while that lowers the cost.
    """
    table = _Table(images, vital, shares)
    order = np.lexsort((draw, -table.size))
    for one in order:
        table.best_swap(one, table.blanks, always=True)
    partners, idle = np.arange(1, min(PARTNERS, len(order) - 1) + 1), 0
    for visit in range(VISITS):
        others = order[(visit + partners) % len(order)]
        idle = 0 if table.best_swap(order[visit % len(order)], np.append(others, table.blanks)) else idle + 1
        if idle == len(order):
            break
    return table.part[: len(order)]


class _Table:
    """Who lies where, and what each part has. A blank patient lies in each part, so that a move is a swap with a blank."""

    def __init__(self, images: Ints, vital: NDArray[np.bool_], shares: Sequence[float]) -> None:
        held = images.any(axis=0)
        images, vital = images[:, held].astype(np.int64), vital[held]
        patients, parts = len(images), len(shares)
        # A patient of mixed labels counts in part for each group.
        patient_share = images * SCALE // images.max(axis=1, keepdims=True)
        brings = np.hstack([count * SCALE // count.sum(axis=0) for count in (images, patient_share)])
        self.size = np.frexp(brings.max(axis=1))[1]
        self.blanks = np.arange(patients, patients + parts)
        self.brings = np.vstack([brings, np.zeros((parts, brings.shape[1]), dtype=np.int64)])
        self.part = np.append(np.full(patients, parts), np.arange(parts))  # all start in the hand, the last part, which costs nothing
        self.share = np.array([*shares, np.inf])
        self.urge = URGE * np.array([*shares, 0.0]) ** 2
        self.weight = np.repeat([IMAGES_WEIGHT, 1], images.shape[1])
        self.vital = np.append(vital, np.zeros(len(vital))).astype(np.int64)
        self.nothing = -np.floor(np.outer([*shares, 0.0], brings.sum(axis=0))).astype(np.int64)
        self.load = self.nothing.copy()  # what a part has, less its share
        self.cost = self._cost(self.load, np.arange(parts + 1))

    def _cost(self, load: Ints, part: Any) -> Any:
        return load**2 @ self.weight / self.share[part] + (load == self.nothing[part]) @ self.vital * self.urge[part]

    def best_swap(self, one: int, others: Ints, *, always: bool = False) -> bool:
        """Swap `one` with the best of `others` if that lowers the cost, or always; say whether it was done."""
        here, there = self.part[one], self.part[others]
        gain = self.brings[others] - self.brings[one]
        change = self._cost(self.load[there] - gain, there) - self.cost[there]
        if not always:
            change += self._cost(self.load[here] + gain, here) - self.cost[here]
            change[there == here] = 0
        best = int(change.argmin())
        if change[best] >= 0 and not always:
            return False
        for part, more in ((here, gain[best]), (there[best], -gain[best])):
            self.load[part] += more
            self.cost[part] = self._cost(self.load[part], part)
        self.part[one] = there[best]
        if others[best] < self.blanks[0]:
            self.part[others[best]] = here
        return True
