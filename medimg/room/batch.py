"""A batch laid out for its readers: who reads what, in an order that tells nothing of the model."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.active.lots import Lots
from medimg.room.store import Proposal

Assignment = tuple[str, int, int]  # item, reader, position


@dataclass(frozen=True)
class Sharing:
    """How a batch is shared: ids of the readers, the share read twice, and the share of each reader's places that are repeats."""

    readers: tuple[int, ...]
    double: float = 0.0
    repeat: float = 0.0


def lay_out(
    groups: Sequence[Sequence[Proposal]], reserves: Sequence[Proposal], known: Mapping[int, Sequence[str]], patient: Mapping[str, str],
    sharing: Sharing, lots: Lots,
) -> tuple[list[Proposal], list[Assignment]]:  # fmt: skip
    """Give readers their places: groups one after the other, each in an order drawn by lot in which no patient follows itself.

    `known`: per reader the items that he or she labelled in earlier rounds, of which repeats are drawn; `patient` of each item.
    Reserves stand last, one after the other for each reader in turn.
    """
    readers, proposals = sharing.readers, [one for group in groups for one in group]
    queues: dict[int, list[str]] = {reader: [] for reader in readers}
    turns = 0
    for group in groups:
        for place in spread([one.item for one in group], patient, lots):
            one, own = group[place], readers[turns % len(readers)]
            queues[own].append(one.item)
            turns += 1
            if len(readers) > 1 and _drawn(one.item, lots, "double") < sharing.double:
                queues[readers[turns % len(readers)]].append(one.item)
                proposals.append(replace(one, reason="double"))
    again: set[str] = set()
    for reader in readers:
        chosen = _repeats(known.get(reader, ()), queues[reader], sharing.repeat, lots)
        for item in chosen:
            queues[reader].insert(1 + int(_drawn(item, lots, "place") * len(queues[reader])), item)
        again |= set(chosen)
    proposals += [Proposal(item, len(proposals) + k, "repeat") for k, item in enumerate(sorted(again))]
    for number, one in enumerate(reserves):
        queues[readers[number % len(readers)]].append(one.item)
    places = [(item, reader, position) for reader, queue in queues.items() for position, item in enumerate(queue)]
    return [*proposals, *reserves], places


def spread(items: Sequence[str], patient: Mapping[str, str], lots: Lots) -> list[int]:
    """Order items by lot so that two of one patient stand side by side only where nothing else is left: places among the items."""
    if not items:
        return []
    _, group = np.unique([patient[item] for item in items], return_inverse=True)
    return _apart(np.argsort(lots.codes(items), kind="stable"), group)


def _apart(order: NDArray[np.intp], group: NDArray[np.intp]) -> list[int]:
    """Put off what would follow its own patient; a patient who has more than half of what is left comes as often as can be."""
    done, waiting, left, last = list[int](), order.tolist(), Counter(group.tolist()), -1
    while waiting:
        most, count = left.most_common(1)[0]
        urgent = most != last and 2 * count > len(waiting)
        place = next((k for k, item in enumerate(waiting) if (group[item] == most if urgent else group[item] != last)), 0)
        done.append(waiting.pop(place))
        last = int(group[done[-1]])
        left[last] -= 1
    return done


def _repeats(known: Sequence[str], queue: Sequence[str], share: float, lots: Lots) -> list[str]:
    fit = [item for item in dict.fromkeys(known) if item not in set(queue)]
    count = min(len(fit), math.floor(share * len(queue) + 0.5))
    return [fit[k] for k in np.argsort(lots.again(lots.codes(fit), "repeat"), kind="stable")[:count]] if count else []


def _drawn(item: str, lots: Lots, purpose: str) -> float:
    return float(lots.uniform(lots.codes([item]), purpose)[0])
