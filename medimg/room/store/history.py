"""All that a store holds, as plain rows: what the labels and every number of the report follow from."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import pandas as pd

from medimg.room.store import chain, views
from medimg.room.store.database import Database
from medimg.room.store.records import Meta
from medimg.room.store.schema import EVENT_COLUMNS, MOVE_COLUMNS, TABLES, statements

Row = dict[str, Any]
ORDERS = {
    "meta": "key", "item": "item", "reader": "reader", "round": "round", "proposal": "round, rank, item, reason",
    "assignment": "round, reader, position", "move": "move", "event": "seq",
}  # fmt: skip


@cache
def columns(table: str) -> tuple[str, ...]:
    """Names of a table's columns, in their order."""
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in statements():
            db.execute(statement)
        return tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})"))


@dataclass(frozen=True)
class History:
    """The rows of each table, as the chains of hashes cover them: JSON columns are texts."""

    tables: Mapping[str, Sequence[Row]]

    @property
    def facts(self) -> dict[str, str]:
        """What was written once: meta (JSON), created, version."""
        return {row["key"]: row["value"] for row in self.tables["meta"]}

    @property
    def meta(self) -> Meta:
        """What holds for the whole project."""
        return read_meta(self.facts["meta"])

    def frame(self, table: str) -> pd.DataFrame:
        """One table, also when it is empty."""
        return self._frames[table].copy(deep=False)

    def current(self) -> pd.DataFrame:
        """The label of each reader and item that stands: views.CURRENT with the item's columns and the reader's `name`."""
        return self._current.copy(deep=False)

    def gold(self) -> pd.DataFrame:
        """The label of each item: views.GOLD with the item's columns."""
        return self._told(views.gold(self._current[views.CURRENT], self.frame("event"), self.meta))

    def repeats(self) -> pd.DataFrame:
        """Hidden repeats beside the reading before."""
        return self._told(views.repeats(self.frame("event"), self.frame("proposal"), self.meta))

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {table: pd.DataFrame(list(rows), columns=list(columns(table))) for table, rows in self.tables.items()}

    @cached_property
    def _current(self) -> pd.DataFrame:
        return self._told(views.current(self.frame("event"), self.frame("proposal"), self.meta))

    def faults(self) -> list[str]:
        """What speaks against the chains of events and steps."""
        first = genesis(self.facts)
        return [
            f"{what} {fault}"
            for what, table, names in (("event", "event", EVENT_COLUMNS), ("step", "move", MOVE_COLUMNS))
            for fault in chain.broken(first, [(row[names[0]], [row[name] for name in names], row["hash"]) for row in self.tables[table]])
        ]

    def _told(self, frame: pd.DataFrame) -> pd.DataFrame:
        found = frame.merge(self.frame("item"), on="item", how="left")
        if "reader" in found:
            found = found.merge(self.frame("reader")[["reader", "name"]], on="reader", how="left")
        return found


def read_history(db: Database) -> History:
    """Read every table as one moment saw it."""
    tables = {}
    with db.snapshot():
        for table in TABLES:
            names, rows = db.table(f"SELECT * FROM {table} ORDER BY {ORDERS[table]}")
            tables[table] = [dict(zip(names, row, strict=True)) for row in rows]
    return History(tables)


def read_meta(text: str) -> Meta:
    """Read what `meta` holds as JSON."""
    told = json.loads(text)
    return Meta(**{**told, "classes": tuple(told["classes"])})


def genesis(facts: Mapping[str, str]) -> str:
    """The hash the chains of a store begin with: that of what holds for the whole project."""
    return chain.start([[key, facts[key]] for key in sorted(facts)])
