"""All that a store holds, at one moment."""

import rooms

from medimg.room.store.history import History, columns
from medimg.room.store.schema import EVENT_COLUMNS, MOVE_COLUMNS, TABLES


def test_chains_cover_every_column_of_events_and_steps():
    assert columns("event") == (*EVENT_COLUMNS, "hash")
    assert columns("move") == (*MOVE_COLUMNS, "hash")


def test_history_gives_the_labels_of_the_store(tmp_path):
    with rooms.room(tmp_path, readers=("Ann", "Bo")) as store:
        rooms.Hand(store, "Ann").label("i0", rooms.CLASSES[0])
        rooms.Hand(store, "Bo").label("i0", rooms.CLASSES[1])
        rooms.Hand(store, "Bo").label("i1", rooms.CLASSES[1])
        history = store.history()
        assert history.meta == store.meta
        assert history.faults() == []
        same = ["item", "label", "source", "readers", "seq", "token", "patient", "role"]
        assert history.gold()[same].equals(store.gold_labels()[same])
        assert list(history.current()["name"]) == ["Ann", "Bo", "Bo"]


def test_faults_of_a_bent_history_are_told(tmp_path):
    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
        history = store.history()
    bent = History(history.tables | {"event": [history.tables["event"][0] | {"value": "other"}]})
    assert bent.faults() == ["event 1 is not what was written, or one before it is not"]


def test_table_without_rows_has_its_columns(tmp_path):
    with rooms.room(tmp_path) as store:
        history = store.history()
    assert history.frame("event").empty
    assert {name: tuple(history.frame(name).columns) for name in TABLES} == {name: columns(name) for name in TABLES}


def test_frames_can_be_changed_without_changing_the_history(tmp_path):
    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
        history = store.history()
    events, labels = history.frame("event"), history.current()
    events["value"], labels["label"] = "other", "other"
    assert list(history.frame("event")["value"]) == list(history.current()["label"]) == ["glioma"]
