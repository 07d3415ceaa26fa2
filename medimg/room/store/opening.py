"""A store's file: made whole or not at all, and opened only if it is what was written."""

import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from medimg import __version__
from medimg.room.store import backups
from medimg.room.store.clock import now
from medimg.room.store.database import Database, make_empty
from medimg.room.store.faults import StoreDamaged, StoreError, StoreFull
from medimg.room.store.records import Meta
from medimg.room.store.schema import VERSION, statements
from medimg.room.store.verify import newest_good, verify


def make(path: Path, meta: Meta) -> None:
    """Make an empty store; StoreError where one is already, StoreFull or StoreReadOnly where the disk does not take it."""
    if path.exists():
        raise StoreError(f"{path} exists already. Open it, or name another folder.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove(beside)
        make_empty(beside)
        _fill(beside, meta)
        os.replace(beside, path)
        backups.to_disk(path.parent)
    except OSError as fault:
        raise StoreFull(f"{path} cannot be made ({fault.strerror}). Name a folder on a disk that can be written.") from None
    finally:
        _remove(beside)


def _remove(beside: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            beside.with_name(f"{beside.name}{end}").unlink()


def _fill(path: Path, meta: Meta) -> None:
    db = Database(path, writer=True)
    try:
        with db.transaction():
            for statement in statements():
                db.rows(statement)
            for key, value in {"meta": json.dumps(asdict(meta)), "created": now(), "version": __version__}.items():
                db.add("meta", {"key": key, "value": value})
    finally:
        db.close()


def opened(path: Path, *, writer: bool) -> Database:
    """Open a store; for a writer, all of it is checked first.

    StoreError where there is none or it has another layout; StoreDamaged names the newest good copy and how many events it lacks.
    """
    if not path.is_file():
        good = newest_good(path)
        more = f" The newest good copy is {good[1]} with {good[0]} events: copy it there." if good else ""
        raise StoreError(f"there is no store of labels at {path}.{more}")
    seq = 0
    try:
        db = Database(path, writer=writer)
        try:
            version = (db.one("PRAGMA user_version") or [0])[0]
            if version != VERSION:
                raise StoreError(f"{path} has layout {version}, and medimg {__version__} reads {VERSION}. Use the one that made it.")
            if writer:
                found = verify(db)
                seq = found.seq
                if not found.ok:
                    raise StoreDamaged(*found.faults)
            return db
        except BaseException:
            db.close()
            raise
    except StoreDamaged as fault:
        raise StoreDamaged(*fault.faults, way_out(path, seq)) from fault


def way_out(path: Path, seq: int) -> str:
    """Say what is to be done about a damaged store that shows `seq` events."""
    good = newest_good(path)
    if good is None:
        return f"{path} is not written to any more, and there is no good copy in {backups.folder(path)}."
    more = f", {seq - good[0]} fewer than the damaged file shows" if seq > good[0] else ""
    return (
        f"{path} is not written to any more. The newest good copy is {good[1]} with {good[0]} events{more}: move the damaged file and "
        f"those named {path.name}-wal and -shm away, and copy it there."
    )
