"""How many items of one patient a batch may hold."""

import math
from itertools import count
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]

Cap = int | Literal["auto"] | None


def most_each(cap: Cap, sizes: NDArray[Any], budget: int) -> int:
    """Most items a patient may give: from the cap asked for, (patients,) items each has, and the budget.

    `auto` is twice an even share, max(1, ceil(2 budget / patients)), and more where the budget could not be spent otherwise.
    """
    if cap is None:
        return int(sizes.sum())
    if cap != "auto":
        if cap < 1:
            raise ValueError(f"a cap of {cap} items a patient: 1 is the least")
        return cap
    wanted = min(budget, int(sizes.sum()))
    start = max(1, math.ceil(2 * budget / len(sizes))) if len(sizes) else 1
    return next(most for most in count(start) if np.minimum(sizes, most).sum() >= wanted)


def turn(group: NDArray[Any]) -> Ints:
    """Say the how-manieth of its group each item is, from 0: (n,) -> (n,).

    >>> turn(np.array([7, 3, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    by_group = np.argsort(group, kind="stable")
    _, first, size = np.unique(group[by_group], return_index=True, return_counts=True)
    place = np.empty(len(group), dtype=np.intp)
    place[by_group] = np.arange(len(group)) - np.repeat(first, size)
    return place


def within(order: Ints, group: Ints, room: Ints) -> Ints:
    """Leave out of an order of preference what its patient has no room for: (n,) items, (N,) patient of each item, (patients,) room."""
    return order[turn(group[order]) < room[group[order]]]
