import json

import pytest
from rooms import begin, finish, room

from medimg.active.stopping import Stop, reasons
from medimg.room.folder import Folder
from medimg.room.history import history


@pytest.fixture
def two_rounds(tmp_path):
    """A store of two scored rounds, and a folder where the rounds' facts may be."""
    own = Folder(tmp_path / "run")
    own.active.mkdir(parents=True)
    with room(own.active, 12) as store:
        finish(store, 0)
        begin(store, 1, {f"i{k}": "strategy" for k in range(4)}, store.readers())
        for state, detail in (("closed", {}), ("trained", {}), ("scored", {"labels": 30, "open": 7, "max_entropy": 0.2})):
            store.move(1, state, detail)
        yield own, store


def write(own, number, of, **told):
    own.round(number).path.mkdir(parents=True)
    facts = {"labels": 20 + number, "open": 9, "max_entropy": 0.5, "high_entropy": 0.4, "gain_high": None, "score_low": 0.6, **told}
    own.round(number).facts.write_text(json.dumps({"round_facts": facts, "stop_set_of": of}))


def test_rounds_tell_the_stop_rules_what_they_left_and_the_store_the_rest(two_rounds):
    own, store = two_rounds
    write(own, 0, "same", stop_set=[0, 1])
    first, second = history(store, own)
    assert (first.labels, first.score_low) == (20, 0.6)
    assert (second.labels, second.open, second.max_entropy, second.high_entropy) == (30, 7, 0.2, None)
    assert reasons([first, second], Stop(rules=("max_entropy",))) == ["max_entropy"]


@pytest.mark.parametrize(("of", "kept"), [("same", [0, 1]), ("other", None)])
def test_answers_on_another_stop_set_are_not_compared(of, kept, two_rounds):
    own, store = two_rounds
    write(own, 0, of, stop_set=[0, 1])
    write(own, 1, "same", stop_set=[1, 1])
    first, second = history(store, own)
    assert (first.stop_set.tolist() if first.stop_set is not None else None) == kept
    assert second.stop_set.tolist() == [1, 1]


def test_a_round_that_is_not_trained_tells_nothing(tmp_path):
    with room(tmp_path) as store:
        assert history(store, Folder(tmp_path)) == []
