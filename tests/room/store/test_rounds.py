"""A batch is fixed in one step, and a round goes one way."""

import pytest
import rooms

from medimg.room.store import Proposal, Refused, Round


def test_round_goes_one_way_and_keeps_what_each_step_left(tmp_path):
    with rooms.room(tmp_path) as store:
        seal = rooms.Hand(store).label("i0").hash
        for wrong in ("proposed", "labelling", "trained", "scored"):
            with pytest.raises(Refused, match="round 0 is labelling and cannot become"):
                store.move(0, wrong)
        store.move(0, "closed", {"labels_sha256": "ab"})
        store.move(0, "trained", {"model_sha256": "cd"})
        store.move(0, "scored")
        now = store.rounds()[0]
        assert now.state == "scored"
        closed = dict(now.details["closed"])
        assert len(closed.pop("readers")) == 64
        assert closed == {"labels_sha256": "ab", "last_event": 1, "last_hash": seal, "last_reader": 1}
        with pytest.raises(Refused):
            store.move(0, "proposed")
        with pytest.raises(Refused, match="no round 7"):
            store.move(7, "labelling")


def test_next_round_waits_for_the_last_one(tmp_path):
    with rooms.room(tmp_path) as store:
        with pytest.raises(Refused, match="round 0 is labelling"):
            store.begin_round(Round(1, "random"), [Proposal("i0", 0)], [])
        rooms.finish(store, 0)
        with pytest.raises(Refused, match="round 2 cannot begin"):
            store.begin_round(Round(2, "random"), [Proposal("i0", 0)], [])
        store.begin_round(Round(1, "entropy", {"beta": 20}, 3, "m0", 1), [Proposal("i0", 0, score=0.5, probabilities=(0.2, 0.8))], [])
        assert store.rounds()[1].round == Round(1, "entropy", {"beta": 20}, 3, "m0", 1)
        assert store.proposals(1).iloc[0]["probabilities"] == [0.2, 0.8]


@pytest.mark.parametrize(
    ("proposals", "places", "words"),
    [
        ([Proposal("i99", 0)], [], "FOREIGN KEY"),
        ([Proposal("i0", 0)], [("i1", 1, 0)], "item i1 is given to a reader, but is not proposed"),
        ([Proposal("i0", 0), Proposal("i1", 1)], [("i0", 1, 0), ("i1", 1, 0)], "UNIQUE"),
        ([Proposal("i0", 0, "whim")], [], "CHECK"),
        ([Proposal("i0", 0)], [("i0", 9, 0)], "FOREIGN KEY"),
    ],
)
def test_batch_with_a_fault_leaves_nothing_behind(tmp_path, proposals, places, words):
    with rooms.room(tmp_path, 2) as store:
        rooms.finish(store, 0)
        with pytest.raises(Refused, match=words):
            store.begin_round(Round(1, "random"), proposals, places)
        assert len(store.rounds()) == 1
        assert store.proposals(1).empty
        assert store.assignments(1).empty
