"""The items of a project in memory: whose they are, what lies around them, and which of them a reader may see."""

import math
import threading

import pandas as pd

from medimg.room.serve.context import Around, around
from medimg.room.serve.guard import Refused
from medimg.room.store import Item, Reader, Store

# in the order of an Item's fields
COLUMNS = ("item", "token", "patient", "study", "series", "sequence", "slice_mm", "frame", "path", "pixel_sha256", "role")


class Index:
    """Items are read once, and again when a token is new; who may see them is read again when a round is new."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}
        self._tokens: dict[str, str] = {}
        self._patients: dict[str, list[Item]] = {}
        self._rights: dict[int, set[str]] = {}  # reader -> patients of whom an item was given to this reader
        self._rounds = -1
        self._read()

    def item(self, reader: Reader, token: str) -> Item:
        """The item behind a token; `Refused` 404 alike for one that nobody gave and one that is not this reader's to see."""
        self._refresh(token)
        item = self._items.get(token)
        if item is None or item.patient not in self._seen_by(reader):
            raise Refused(404, "item")
        return item

    def token(self, item: str) -> str:
        """The token of an item that is known by its id."""
        return self._tokens[item]

    def around(self, reader: Reader, token: str) -> Around:
        """What lies around an item that this reader may see."""
        item = self.item(reader, token)
        return around(item, self._patients[item.patient])

    def _seen_by(self, reader: Reader) -> set[str]:
        """Patients of whom an image was given to this reader; who settles disagreements may see those of all readers."""
        if reader.role == "adjudicator":
            return set().union(*self._rights.values())
        return self._rights.get(reader.id, set())

    def _refresh(self, token: str) -> None:
        with self._lock:
            if token not in self._items and self.store.item(token) is not None:
                self._read()
            rounds = len(self.store.rounds())
            if rounds != self._rounds:
                self._allow()
                self._rounds = rounds

    def _read(self) -> None:
        items = _items(self.store.items(context=True))
        patients: dict[str, list[Item]] = {}
        for item in items:
            patients.setdefault(item.patient, []).append(item)
        self._tokens, self._patients = {item.id: item.token for item in items}, patients
        self._items, self._rounds = {item.token: item for item in items}, -1

    def _allow(self) -> None:
        rights: dict[int, set[str]] = {}
        given = self.store.assignments()
        for reader, item in zip(given["reader"].tolist(), given["item"].tolist(), strict=True):
            rights.setdefault(int(reader), set()).add(self._items[self._tokens[item]].patient)
        self._rights = rights


def _items(table: pd.DataFrame) -> list[Item]:
    """Column by column: a project may have a hundred thousand images, and the table's own rows take ten times as long."""
    columns = {name: table[name].tolist() for name in COLUMNS}
    columns["slice_mm"] = [None if place is None or math.isnan(place) else float(place) for place in columns["slice_mm"]]
    return [Item(*row) for row in zip(*columns.values(), strict=True)]
