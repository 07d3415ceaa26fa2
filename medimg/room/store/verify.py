"""Whether a store is what was written: pages, chains of hashes, batches, and the copies beside it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medimg.room.store import backups, chain
from medimg.room.store.database import Database
from medimg.room.store.faults import StoreError
from medimg.room.store.history import genesis
from medimg.room.store.records import Verification
from medimg.room.store.rounds import batch_hash, readers_hash
from medimg.room.store.schema import EVENT_COLUMNS, MOVE_COLUMNS


def verify(db: Database, *, copies: bool = True) -> Verification:
    """Check everything; `copies`: also that the last event of each copy that is sound itself is still the same here."""
    seq, faults = 0, list[str]()
    try:
        with db.snapshot():
            faults += [f"SQLite: {row[0]}" for row in db.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]
            first = genesis({row["key"]: row["value"] for row in db.rows("SELECT key, value FROM meta")})
            seq = int((db.one("SELECT max(seq) FROM event") or [0])[0] or 0)
            faults += [f"event {fault}" for fault in chain.broken(first, _records(db, "event", EVENT_COLUMNS))]
            faults += [f"step {fault}" for fault in chain.broken(first, _records(db, "move", MOVE_COLUMNS))]
            faults += _ends(db) + _batches(db) + (_copies(db) if copies else [])
    except (StoreError, sqlite3.Error, ValueError) as fault:
        faults.append(str(fault))
    return Verification(not faults, seq, tuple(faults))


def newest_good(path: Path) -> tuple[int, Path] | None:
    """The newest copy of a store in which nothing is wrong, and its last event."""
    for seq, copy in backups.copies(path):
        try:
            db = Database(copy, writer=False)
        except (StoreError, sqlite3.Error):
            continue
        try:
            if verify(db, copies=False).ok:
                return seq, copy
        finally:
            db.close()
    return None


def _records(db: Database, table: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[Any], str]]:
    for row in db.rows(f"SELECT {', '.join(columns)}, hash FROM {table} ORDER BY {columns[0]}"):
        *values, seal = row
        yield values[0], values, seal


def _ends(db: Database) -> list[str]:
    """SQLite remembers the highest number ever given: fewer rows than that means that the last ones were taken away."""
    faults = []
    for table, what in (("event", "event"), ("move", "step")):
        given = db.one("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        seen = (db.one(f"SELECT coalesce(max({'seq' if table == 'event' else 'move'}), 0) FROM {table}") or [0])[0]
        if given and given[0] != seen:
            faults.append(f"{what} {seen} is the last one here, but {given[0]} were written")
    return faults


def _batches(db: Database) -> list[str]:
    faults = []
    for row in db.rows("SELECT round, state, detail FROM move"):
        detail = json.loads(row["detail"])
        if row["state"] == "proposed" and batch_hash(db, row["round"]) != detail.get("batch"):
            faults.append(f"round {row['round']}: its batch is not the one that was proposed")
        if "readers" in detail and readers_hash(db, detail["last_reader"]) != detail["readers"]:
            faults.append(f"the readers are not those that were there when round {row['round']} became {row['state']}")
        if "last_event" in detail:
            faults += _event_is(db, detail["last_event"], detail["last_hash"], f"round {row['round']} became {row['state']}")
    return faults


def _copies(db: Database) -> list[str]:
    faults = []
    for seq, path in backups.copies(db.path):
        try:
            copy = Database(path, writer=False)
        except (StoreError, sqlite3.Error):
            continue
        try:
            row = copy.one("SELECT hash FROM event WHERE seq = ?", (seq,))
            found = _event_is(db, seq, row["hash"], f"copy {path.name} was made") if row else []
            faults += found if found and verify(copy, copies=False).ok else []
        except (StoreError, sqlite3.Error):
            continue
        finally:
            copy.close()
    return faults


def _event_is(db: Database, seq: int, seal: str, when: str) -> list[str]:
    row = db.one("SELECT hash FROM event WHERE seq = ?", (seq,))
    if seq and (row is None or row["hash"] != seal):
        return [f"event {seq} is {'gone' if row is None else 'another one'} since {when}"]
    return []
