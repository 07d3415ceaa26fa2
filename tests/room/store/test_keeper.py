"""Copies are made beside the work: no answer waits for them, and one that fails is told and not raised."""

import threading

import pytest
import rooms

from medimg.room.store import StoreFull, backups
from medimg.room.store.keeper import Keeper


@pytest.fixture
def keeper(tmp_path):
    with rooms.room(tmp_path) as store:
        yield Keeper(store.path)


def test_copy_is_made_every_so_many_events_in_another_thread(keeper, monkeypatch):
    free, made = threading.Event(), []
    monkeypatch.setattr(backups, "copy", lambda path: free.wait(10) and made.append(threading.current_thread().name))
    keeper.told([1, 24])
    assert keeper._thread is None
    keeper.told([25])
    keeper.told([50])
    assert made == []
    free.set()
    keeper.close()
    assert made == ["copy of the labels"]


def test_copy_that_fails_is_told_until_one_succeeds(keeper, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "copy", full)
    keeper.told([25])
    keeper.close()
    assert "No space left" in keeper.fault
    with pytest.raises(StoreFull):
        keeper.now()
    monkeypatch.undo()
    keeper.now()
    assert keeper.fault == ""
