"""Copies of the store beside it: made whole or not at all, the newest ten kept."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from medimg.io.claim import claimed

EVERY = 25  # events between two copies
KEPT = 10


def folder(path: Path) -> Path:
    """Where the copies of a store lie."""
    return path.parent / "backups"


def copies(path: Path) -> list[tuple[int, Path]]:
    """The copies of a store and the last event of each, the newest first."""
    found = [(one.stem.rpartition("-")[2], one) for one in folder(path).glob(f"{path.stem}-*.sqlite")]
    return sorted(((int(seq), one) for seq, one in found if seq.isdigit()), reverse=True)


def copy(path: Path) -> Path:
    """Copy a store, also while it is written to; what is there is one moment's state, on the disk when this returns."""
    folder(path).mkdir(mode=0o700, exist_ok=True)
    beside = folder(path) / f".{path.stem}.tmp"
    with claimed(folder(path) / ".lock", wait=True):
        try:
            seq = _fill(path, beside)
            to_disk(beside)
            kept = folder(path) / f"{path.stem}-{seq:08d}.sqlite"
            os.replace(beside, kept)
            to_disk(folder(path))
        finally:
            _remove(beside)
        by_time = sorted((one for _, one in copies(path)), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in by_time[KEPT:]:  # not by event: after a copy was put back, copies of a damaged store may have higher ones
            old.unlink(missing_ok=True)
    return kept


def _fill(path: Path, beside: Path) -> int:
    _remove(beside)  # what a killed process left
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source, closing(sqlite3.connect(beside)) as made:
        source.backup(made)
        made.execute("PRAGMA journal_mode = DELETE")
        return int(made.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])


def _remove(beside: Path) -> None:
    for end in ("", "-journal", "-wal", "-shm"):
        beside.with_name(f"{beside.name}{end}").unlink(missing_ok=True)


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
