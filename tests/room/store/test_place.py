"""Which file system a path lies on, told from tables of mounts."""

import pytest
import rooms

from medimg.room.store import Store
from medimg.room.store import database as database_module
from medimg.room.store.place import file_system, is_network

MOUNTS = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
35 22 0:44 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2
36 35 8:2 / /home/fast\\040disk rw - xfs /dev/sdb1 rw
37 22 0:51 / /mnt/c rw - 9p C: rw
38 22 0:52 / /media/keys rw - fuse.sshfs host: rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tmp/x", "ext4"),
        ("/home/ann/x", "nfs4"),
        ("/home/fast disk/x", "xfs"),
        ("/homes/x", "ext4"),
        ("/mnt/c/x", "9p"),
        ("/media/keys/a", "fuse.sshfs"),
    ],
)
def test_longest_mount_point_decides(path, kind):
    assert file_system(path, MOUNTS) == kind


def test_this_machine_names_its_own(tmp_path):
    assert file_system(tmp_path)
    assert file_system(tmp_path, "") == ""


@pytest.mark.parametrize(
    ("kind", "network"), [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("ext4", False), ("tmpfs", False), ("", False)]
)
def test_network_file_systems_are_known(monkeypatch, kind, network):
    monkeypatch.setattr("medimg.room.store.place.file_system", lambda path: kind)
    assert is_network("/anything") is network


def test_store_on_a_network_file_system_needs_no_shared_memory_and_says_so(tmp_path, monkeypatch):
    with rooms.room(tmp_path / "local") as store:
        assert store._db.journal == "wal"
        assert store.warnings == []
    monkeypatch.setattr(database_module, "is_network", lambda path: True)
    with rooms.room(tmp_path / "net") as store:
        rooms.Hand(store).label("i0")
        assert store._db.journal == "delete"
        assert not list((tmp_path / "net").glob("*-wal"))
        assert any("network file system" in text for text in store.warnings)
        store.backup()
    with Store.open(tmp_path / "local" / "labels.sqlite", writer=True) as moved:
        assert moved._db.journal == "delete"


def test_file_system_that_refuses_wal_gets_a_rollback_journal(tmp_path):
    class Refusing:
        def execute(self, sql):
            self.last = sql
            return self

        def fetchone(self):
            return ["delete"]

    with rooms.room(tmp_path) as store:
        inner, store._db._db = store._db._db, Refusing()
        assert store._db._set_journal() == "delete"
        assert store._db._db.last == "PRAGMA journal_mode = DELETE"
        store._db._db = inner
