"""The file: made whole, for its owner only, added to and never changed, and the same after it was closed."""

import sqlite3
import stat

import pytest
import rooms

from medimg.room.store import Conflict, Item, Meta, Store, StoreError, StoreReadOnly


def test_store_is_the_same_after_it_was_closed(tmp_path):
    with rooms.room(tmp_path, 3, skip_policy="count", unresolved="majority") as store:
        rooms.Hand(store).label("i0")
        before = store.meta, store.items(), store.queue(1, 0), store.events()
    with Store.open(store.path, writer=True) as again:
        assert again.meta == before[0]
        assert again.queue(1, 0) == before[2]
        assert again.items().equals(before[1])
        assert again.events().equals(before[3])


def test_files_are_the_owners_alone(tmp_path):
    folder = tmp_path / "active"
    with rooms.room(folder) as store:
        rooms.Hand(store).label("i0")
        store.backup()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [*folder.iterdir(), *(folder / "backups").iterdir()]}
        assert {name: mode for name, mode in modes.items() if mode & 0o077 and name != ".lock"} == {}
        assert len(modes) >= 5
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("table", ["meta", "item", "reader", "round", "proposal", "assignment", "move", "event"])
def test_no_row_can_be_changed_or_deleted(tmp_path, table):
    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
        other = sqlite3.connect(store.path)
        column = other.execute(f"SELECT name FROM pragma_table_info('{table}') LIMIT 1 OFFSET 1").fetchone()[0]
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(sqlite3.IntegrityError, match=f"records of {table} are added and never changed"):
                other.execute(sql)
        other.close()


def test_second_creation_is_refused_and_the_first_store_lives(tmp_path):
    with rooms.room(tmp_path) as store, pytest.raises(StoreError, match="exists already"):
        Store.create(store.path, Meta("other", ("a", "b")))
    with Store.open(store.path, writer=False) as again:
        assert again.meta.project == "project"


def test_missing_and_foreign_files_are_told(tmp_path):
    with pytest.raises(StoreError, match="no store of labels"):
        Store.open(tmp_path / "labels.sqlite", writer=True)
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE a (b)").connection.close()
    with pytest.raises(StoreError, match="layout 0"):
        Store.open(tmp_path / "other.sqlite", writer=True)


def test_reader_of_the_file_cannot_write(tmp_path):
    with rooms.room(tmp_path) as store, Store.open(store.path, writer=False) as other:
        with pytest.raises(StoreReadOnly):
            rooms.Hand(other).label("i0")
        rooms.Hand(store).label("i0")
        assert rooms.Hand(other).labels() == {"i0": "glioma"}


def test_items_and_readers_come_once(tmp_path):
    with rooms.room(tmp_path, 3) as store:
        assert store.add_items(rooms.items(5)) == 2
        with pytest.raises(Conflict, match="item i0 is known with other values"):
            store.add_items([Item("i9", "t9", "p9"), Item("i0", "t0", "p0", pixel_sha256="other")])
        assert len(store.items()) == 5
        assert store.add_reader("Ann") == store.readers()[0]
        with pytest.raises(Conflict, match="Ann is expert, not adjudicator"):
            store.add_reader("Ann", "adjudicator")
        assert store.item("t1").id == "i1"
        assert store.item("i1") is None
