"""What a killed creation leaves behind is in nobody's way."""

import os

import pytest
import rooms

from medimg.room.store import Meta, Store, StoreError, opening


def test_creation_that_was_stopped_leaves_no_store_and_the_next_one_succeeds(tmp_path, monkeypatch):
    path = tmp_path / "labels.sqlite"

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(opening.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        Store.create(path, Meta("project", rooms.CLASSES))
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f".labels.sqlite.{os.getpid()}.new").write_bytes(b"half a store")
    with Store.create(path, Meta("project", rooms.CLASSES)) as store:
        assert store.verify().ok


def test_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Name a folder on a disk that can be written"):
        Store.create(tmp_path / "file" / "labels.sqlite", Meta("project", rooms.CLASSES))
