"""A disk that is full or read-only: told as what it is, nothing half written, and the same answer goes through afterwards."""

import os
import resource
import sqlite3
import subprocess
from contextlib import contextmanager

import pytest
import rooms

from medimg.room.store import Event, Meta, Store, StoreBusy, StoreError, StoreFull, StoreReadOnly
from medimg.room.store import database as database_module


@contextmanager
def small_disk(folder, size):
    """A file system of its own in memory; skips where this user may not mount one."""
    folder.mkdir()
    if (
        os.getuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False).returncode
    ):
        pytest.skip("only a user who may mount file systems can make a small one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def comment(k):
    return Event(f"key-{k}", 1, "i0", 0, "comment", value="x" * 3000)


def fill(store):
    """Write until the disk takes no more; the number of events that went through."""
    for k in range(10_000):
        try:
            store.write(comment(k))
        except StoreFull as fault:
            return k, str(fault)
    raise AssertionError("the disk never got full")


def goes_on(store, count, make_room):
    """What was acknowledged is there; the refused event is not; with room again, the same event goes through."""
    assert len(store.events()) == count
    make_room()
    assert store.write(comment(count)).seq == count + 1
    assert store.write(comment(count)).repeated
    assert store.verify().ok


def test_full_disk_is_told_and_the_same_answer_goes_through_once_there_is_room(tmp_path):
    with small_disk(tmp_path / "disk", "3m") as disk, rooms.room(disk / "active") as store:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1_200_000))
        count, told = fill(store)
        assert "nothing was written. Make room, and answer again" in told
        goes_on(store, count, ballast.unlink)


def test_copy_that_finds_no_room_is_told_and_stops_no_label(tmp_path):
    with small_disk(tmp_path / "disk", "700k") as disk, rooms.room(disk) as store:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 60_000))
        with pytest.raises(StoreFull, match="no copy of the labels"):
            store.backup()
        assert any("no copy of the labels" in text for text in store.warnings)
        assert not list((disk / "backups").glob(".*tmp*"))
        rooms.Hand(store).label("i0")
        ballast.unlink()
        store.backup()
        assert store.warnings == []


def test_store_is_made_whole_or_not_at_all_on_a_full_disk(tmp_path):
    with small_disk(tmp_path / "disk", "64k") as disk:
        with pytest.raises(StoreFull):
            Store.create(disk / "active" / "labels.sqlite", Meta("project", rooms.CLASSES))
        assert list((disk / "active").iterdir()) == []


def test_limit_on_the_size_of_a_file_is_a_full_disk(tmp_path):
    with rooms.room(tmp_path) as store:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        try:
            count, _ = fill(store)
            goes_on(store, count, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_disk_that_became_read_only_refuses_and_still_shows_the_labels(tmp_path):
    with small_disk(tmp_path / "disk", "3m") as disk:
        with rooms.room(disk) as store:
            rooms.Hand(store).label("i0")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(StoreReadOnly):
            Store.open(store.path, writer=True)
        with Store.open(store.path, writer=False) as again:
            assert rooms.Hand(again).labels() == {"i0": "glioma"}
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        with Store.open(store.path, writer=True) as again:
            rooms.Hand(again).label("i1")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("SQLITE_FULL", StoreFull),
        ("SQLITE_IOERR_FSYNC", StoreFull),
        ("SQLITE_READONLY_DBMOVED", StoreReadOnly),
        ("SQLITE_IOERR_SHORT_READ", StoreError),
    ],
)
def test_error_at_commit_writes_nothing(tmp_path, monkeypatch, code, error):
    with rooms.room(tmp_path) as store:
        fault = sqlite3.OperationalError("at commit")
        fault.sqlite_errorname = code

        class Failing:
            def __init__(self, inner):
                self.inner = inner

            def __getattr__(self, name):
                return getattr(self.inner, name)

            def execute(self, sql, *values):
                if sql == "COMMIT":
                    raise fault
                return self.inner.execute(sql, *values)

        inner = store._db._db
        monkeypatch.setattr(store._db, "_db", Failing(inner))
        with pytest.raises(error) as told:
            rooms.Hand(store).label("i0")
        assert type(told.value) is error
        monkeypatch.setattr(store._db, "_db", inner)
        assert store.events().empty
        assert rooms.Hand(store).label("i0").seq == 1


def test_reader_waits_no_longer_than_told_for_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(database_module, "BUSY_MS", 50)
    with rooms.room(tmp_path) as store:
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another process has held it"):
            rooms.Hand(store).label("i0")
        other.execute("ROLLBACK")
        other.close()
        rooms.Hand(store).label("i0")
