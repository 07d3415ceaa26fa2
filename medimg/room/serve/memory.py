"""What the desk knows of the events so far, so that no request reads the whole history; read once, then kept up to date."""

import statistics
import threading
from collections import defaultdict

import pandas as pd

from medimg.room.store import Event, Store

Spot = tuple[int | None, str]  # round and item


class Memory:
    """Per reader: time per answer in each round, places taken back, places where the model was shown, flags, what was settled."""

    def __init__(self, store: Store) -> None:
        self._lock = threading.Lock()
        self._dwell: dict[tuple[int, int | None], list[int]] = defaultdict(list)
        self._undone: dict[int, list[Spot]] = defaultdict(list)
        self._revealed: set[tuple[int, Spot]] = set()
        self._flags: dict[tuple[int, Spot], str] = {}
        self._settled: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for row in store.events().itertuples(index=False):
            number = None if pd.isna(row.round) else int(row.round)  # type: ignore[arg-type]
            back = None if pd.isna(row.supersedes) else int(row.supersedes)  # type: ignore[arg-type]
            item = None if pd.isna(row.item) else str(row.item)  # type: ignore[arg-type]
            told = Event(str(row.client_key), int(row.reader), item, number, str(row.kind), str(row.value), supersedes=back,  # type: ignore[arg-type]
                         dwell_ms=int(row.dwell_ms))  # type: ignore[arg-type]  # fmt: skip
            self.take(told, int(row.seq))  # type: ignore[arg-type]

    def take(self, event: Event, seq: int) -> None:
        """Hear of an event that is on the disk."""
        if event.item is None:
            return
        spot = (event.round, event.item)
        with self._lock:
            if event.kind in ("label", "skip", "adjudicate"):
                self._dwell[event.reader, event.round].append(event.dwell_ms)
                self._undone[event.reader] = [one for one in self._undone[event.reader] if one != spot]
            if event.kind == "adjudicate":
                self._settled[event.reader].append((seq, event.item))
            elif event.kind == "undo":
                self._undone[event.reader].append(spot)
                self._settled[event.reader] = [one for one in self._settled[event.reader] if one[0] != event.supersedes]
            elif event.kind == "reveal":
                self._revealed.add((event.reader, spot))
            elif event.kind == "flag":
                self._flags[event.reader, spot] = event.value

    def pace(self, reader: int, number: int | None) -> tuple[int, int | None]:
        """Milliseconds spent on answers of a round, and the median of one; None before the third."""
        with self._lock:
            spent = list(self._dwell[reader, number])
        return sum(spent), round(statistics.median(spent)) if len(spent) >= 3 else None

    def undone(self, reader: int) -> list[Spot]:
        """Places whose answer was taken back and not given again, the last one first."""
        with self._lock:
            return list(reversed(self._undone[reader]))

    def revealed(self, reader: int, number: int | None, item: str) -> bool:
        """Whether this reader was shown the model's answer at this place."""
        return (reader, (number, item)) in self._revealed

    def flagged(self, reader: int, number: int | None, item: str) -> bool:
        """Whether this reader's flag stands at this place; one of an earlier round would tell that the image is shown again."""
        return self._flags.get((reader, (number, item))) == "1"

    def settled(self, reader: int) -> list[tuple[int, str]]:
        """Standing adjudications: seq and item, in their order."""
        with self._lock:
            return list(self._settled[reader])
