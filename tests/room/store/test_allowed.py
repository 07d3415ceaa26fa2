"""What may not be written is refused, with the value and what is allowed; nothing is written then."""

import pytest
import rooms

from medimg.room.store import Event, Refused

WRONG = {
    "client_key": ({"client_key": ""}, "client_key"),
    "long key": ({"client_key": "k" * 201}, "client_key"),
    "kind": ({"kind": "erase"}, "'erase' is no kind"),
    "reader": ({"reader": 9}, "no reader 9"),
    "item": ({"item": "i99"}, "no item i99"),
    "no item": ({"item": None}, "label needs an item"),
    "class": ({"value": "metastasis"}, "'metastasis' is no class. Classes: glioma, encephalitis"),
    "no class": ({"value": ""}, "is no class"),
    "confidence": ({"confidence": "very"}, "certain, probable, guess"),
    "reason": ({"kind": "skip", "reason": "tired"}, "poor_quality, not_decidable"),
    "round": ({"round": 3}, "not in the queue"),
    "no round": ({"round": None}, "not in the queue"),
    "place": ({"item": "i5"}, "item i5 is not in the queue of reader 1 in round 0"),
    "adjudicator": ({"kind": "adjudicate"}, "only an adjudicator"),
    "nothing to undo": ({"kind": "undo"}, "no standing answer to item i0"),
    "not revealed": ({"kind": "revise_after_reveal"}, "label it"),
    "long text": ({"kind": "comment", "value": "x" * 4001}, "4000 characters"),
    "dwell": ({"dwell_ms": -1}, "milliseconds"),
    "huge time": ({"mono_ms": 2**60}, "milliseconds"),
    "view": ({"view": {"window": float("nan")}}, "view"),
    "supersedes": ({"kind": "undo", "supersedes": 77}, "event 77 is not there"),
}


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path, 5) as made:
        made.add_items(rooms.items(1, 5))
        yield made


@pytest.mark.parametrize("name", WRONG)
def test_event_that_makes_no_sense_is_refused_and_not_written(store, name):
    changes, words = WRONG[name]
    right = {"client_key": "k", "reader": 1, "item": "i0", "round": 0, "kind": "label", "value": "glioma"}
    with pytest.raises(Refused, match=words):
        store.write(Event(**(right | changes)))
    assert store.events().empty
    assert store.write(Event(**right)).seq == 1


def test_round_that_is_only_proposed_takes_no_labels(tmp_path):
    store = rooms.room(tmp_path, 2)
    rooms.finish(store, 0)
    store.begin_round(rooms.Round(1, "random"), [rooms.Proposal("i0", 0)], [("i0", 1, 0)])
    with store, pytest.raises(Refused, match="round 1 is proposed"):
        rooms.Hand(store, number=1).label("i0")


def test_pause_resume_and_comment_need_no_item(store):
    hand = rooms.Hand(store)
    for kind in ("pause", "resume", "comment"):
        hand.act(kind, None)
    assert list(store.events()["kind"]) == ["pause", "resume", "comment"]


def test_undo_of_another_readers_event_is_refused(tmp_path):
    with rooms.room(tmp_path, 2, ("Ann", "Bo")) as store:
        seq = rooms.Hand(store, "Ann").label("i0").seq
        with pytest.raises(Refused, match="not of this reader"):
            rooms.Hand(store, "Bo").undo("i0", seq)
        assert rooms.Hand(store, "Ann").labels() == {"i0": "glioma"}


def test_nothing_is_undone_twice_and_an_undo_is_final(store):
    hand = rooms.Hand(store)
    seq = hand.label("i0").seq
    undone = hand.undo("i0", seq).seq
    for again in (seq, undone):
        with pytest.raises(Refused):
            hand.undo("i0", again)


def test_view_cannot_be_undone(store):
    hand = rooms.Hand(store)
    seen = hand.act("view_open", "i0").seq
    with pytest.raises(Refused, match="view_open, which cannot be undone"):
        hand.undo("i0", seen)


def test_answer_changes_by_a_revision_only_once_the_model_was_shown(store):
    hand = rooms.Hand(store)
    seq = hand.label("i0", "glioma").seq
    hand.act("reveal", "i0")
    for act in (lambda: hand.label("i0", "encephalitis"), lambda: hand.skip("i0"), lambda: hand.undo("i0", seq)):
        with pytest.raises(Refused, match="revise_after_reveal"):
            act()
    hand.act("revise_after_reveal", "i0", "encephalitis")
    frame = store.current_labels()
    assert frame[["label", "first", "final"]].to_numpy().tolist() == [["glioma", "glioma", "encephalitis"]]


def test_model_shown_before_the_answer_leaves_the_answer_free(store):
    hand = rooms.Hand(store)
    hand.act("reveal", "i0")
    hand.label("i0", "glioma")
    hand.undo("i0")
    hand.label("i0", "encephalitis")
    assert hand.labels() == {"i0": "encephalitis"}
