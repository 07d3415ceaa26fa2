"""Copies: made while labels are written, whole, the newest kept."""

import rooms

from medimg.room.store import Event, Store, backups


def test_copy_holds_what_was_written_and_is_a_store(tmp_path):
    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
        copy = store.backup()
        assert copy == tmp_path / "backups" / "labels-00000001.sqlite"
        with Store.open(copy, writer=False) as again:
            assert again.events().equals(store.events())
            assert again.verify().ok
        assert not list(copy.parent.glob("*-wal"))


def test_copies_come_by_themselves_and_ten_are_kept(tmp_path, monkeypatch):
    assert (backups.EVERY, backups.KEPT) == (25, 10)
    monkeypatch.setattr(backups, "EVERY", 3)
    with rooms.room(tmp_path) as store:
        for k in range(backups.EVERY * 12):
            store.write(Event(f"k{k}", 1, "i0", 0, "comment"))
            if (k + 1) % backups.EVERY == 0:
                store._keeper.close()
        kept = [seq for seq, _ in backups.copies(store.path)]
    assert kept == [backups.EVERY * k for k in range(12, 2, -1)]


def test_what_a_killed_copy_left_is_in_nobodys_way(tmp_path):
    with rooms.room(tmp_path) as store:
        folder = backups.folder(store.path)
        folder.mkdir()
        for end in ("", "-journal"):
            (folder / f".labels.tmp{end}").write_bytes(b"half a copy")
        store.backup()
        assert {path.name for path in folder.iterdir()} == {".lock", "labels-00000000.sqlite"}


def test_other_files_beside_the_copies_are_no_copies(tmp_path):
    folder = backups.folder(tmp_path / "labels.sqlite")
    folder.mkdir()
    for name in ("labels-00000007.sqlite", "labels-old.sqlite", "notes.txt", "labels-00000012.sqlite"):
        (folder / name).touch()
    assert [seq for seq, _ in backups.copies(tmp_path / "labels.sqlite")] == [12, 7]
