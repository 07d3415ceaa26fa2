"""Each act is written once, however often it is posted, and in one order for all who write."""

import threading
from dataclasses import replace

import pytest
import rooms

from medimg.room.store import Conflict, Event, Refused, Store

ACT = Event("key", 1, "i0", 0, "label", "glioma", view={"window": [40, 80]}, dwell_ms=900, shown_prob=(0.25, 0.75))


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path) as made:
        yield made


def test_same_key_and_content_gives_the_first_receipt(store):
    first = store.write(ACT)
    again = store.write(replace(ACT, dwell_ms=1700, mono_ms=5, view={}))
    assert (again.seq, again.hash) == (first.seq, first.hash)
    assert (first.repeated, again.repeated) == (False, True)
    assert len(store.events()) == 1


@pytest.mark.parametrize(
    "change", [{"value": "encephalitis"}, {"item": "i1"}, {"round": None}, {"kind": "comment"}, {"confidence": "guess"}]
)
def test_same_key_with_other_content_is_a_conflict_and_the_first_stands(store, change):
    store.write(ACT)
    with pytest.raises(Conflict, match=f"another {next(iter(change))}"):
        store.write(replace(ACT, **change))
    assert list(store.current_labels()["label"]) == ["glioma"]


def test_repeated_undo_undoes_once(store):
    store.write(ACT)
    undo = Event("undo", 1, "i0", 0, "undo")
    assert [store.write(undo).repeated, store.write(undo).repeated] == [False, True]
    assert store.write(replace(undo, supersedes=1)).repeated
    with pytest.raises(Conflict, match="another supersedes"):
        store.write(replace(undo, supersedes=2))


def test_several_events_are_written_all_or_none(store):
    with pytest.raises(Refused, match="no item"):
        store.write_all([ACT, replace(ACT, client_key="other", item="i99")])
    assert store.events().empty


def test_everything_of_an_event_is_kept(store):
    store.write(ACT)
    row = store.events().iloc[0]
    assert (row["view"], row["shown_prob"], row["dwell_ms"]) == ('{"window":[40,80]}', "[0.25,0.75]", 900)
    assert row["at_utc"].endswith("+00:00")


def test_threads_and_a_second_opener_share_one_chain(store):
    other = Store.open(store.path, writer=True)

    def write(through, name):
        for k in range(20):
            through.write(Event(f"{name}-{k}", 1, f"i{k % 6}", 0, "comment", value=name))

    threads = [threading.Thread(target=write, args=(which, name)) for which, name in ((store, "a"), (store, "b"), (other, "c"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert list(store.events()["seq"]) == list(range(1, 61))
    assert store.events()["value"].value_counts().to_dict() == {"a": 20, "b": 20, "c": 20}
    assert store.verify().ok


def test_events_after_and_until(store):
    hand = rooms.Hand(store)
    for k in range(5):
        hand.label(f"i{k}")
    assert list(store.events(after=2, until=4)["seq"]) == [3, 4]
    assert list(store.current_labels(until=2)["item"]) == ["i0", "i1"]
