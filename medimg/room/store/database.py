"""One SQLite file opened so that what was committed survives a power failure, and its errors in our words."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from medimg.room.store.faults import Refused, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from medimg.room.store.place import is_network

BUSY_MS = 5000
Values = Sequence[Any] | dict[str, Any]


class Database:
    """A connection that threads share: one statement or transaction at a time."""

    def __init__(self, path: Path, *, writer: bool) -> None:
        self.path, self.writer = path, writer
        self.network = is_network(path)
        self._lock = threading.RLock()
        with _told(path):
            self._db = self._connect("rw" if writer else "ro")
            try:
                self.journal = self._set_journal() if writer else str(self._db.execute("PRAGMA journal_mode").fetchone()[0])
            except sqlite3.OperationalError:
                self._db.close()
                if writer or not _at_rest(path):
                    raise
                self._db = self._connect("ro&immutable=1")
                self.journal = "none"
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA synchronous = FULL")

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000,
        )  # fmt: skip

    def _set_journal(self) -> str:
        """WAL where the file system can have it, and a rollback journal elsewhere: WAL needs memory that processes share."""
        if not self.network and self._db.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
            return "wal"
        return str(self._db.execute("PRAGMA journal_mode = DELETE").fetchone()[0])

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Read all rows of a query, as one moment saw them."""
        with self._lock, _told(self.path):
            return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """Read the first row of a query, if any."""
        with self._lock, _told(self.path):
            row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return row

    def table(self, sql: str, values: Values = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Read the names of a query's columns and its rows."""
        with self._lock, _told(self.path):
            cursor = self._db.execute(sql, values)
            return [column[0] for column in cursor.description], [tuple(row) for row in cursor]

    def add(self, table: str, values: dict[str, Any]) -> int:
        """Insert one row, inside a transaction; returns its row number."""
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})"
        return int(self._db.execute(sql, values).lastrowid or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when this ends; others wait, and see the state before or after."""
        if not self.writer:
            raise StoreReadOnly(f"{self.path} was opened for reading only.")
        with self._lock, _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several queries of one moment."""
        with self._lock, _told(self.path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()


def make_empty(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite gives the files beside it the same rights."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise StoreError(f"{path} exists already. Open it, or name another folder.") from None
    except OSError as fault:
        raise StoreReadOnly(f"{path} cannot be made ({fault.strerror}). Name a folder on a disk that can be written.") from None


def _at_rest(path: Path) -> bool:
    """Whether all that was committed is in the file itself, as after the last process closed it."""
    beside = path.with_name(f"{path.name}-wal")
    return not beside.exists() or beside.stat().st_size == 0


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as fault:
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith("SQLITE_IOERR") and "READ" in name:
            raise StoreError(f"{path}: the disk does not give back what is on it ({fault}). Check the disk.") from fault
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise StoreFull(f"{path.name}: the disk took no more ({fault}); nothing was written. Make room, and answer again.") from fault
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            raise StoreReadOnly(f"{path}: cannot be written or opened ({fault}). Check the disk and the rights of the folder.") from fault
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreBusy(f"{path.name}: another process has held it for {BUSY_MS / 1000:g} s. End it, or answer again.") from fault
        if name.startswith("SQLITE_CONSTRAINT"):
            raise Refused(f"{path.name} does not take this: {fault}.") from fault
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise StoreDamaged(f"{path}: damaged ({fault}).") from fault
        raise
