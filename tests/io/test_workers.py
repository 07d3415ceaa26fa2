"""Children may crash, hang or eat memory; the parent goes on."""

import os
import time

import pytest

from medimg.errors import UnreadableImage
from medimg.io.workers import Refused, in_children


def misbehave(word):
    """What a child does with an item (called by name in child processes)."""
    if word == "crash":
        os.abort()
    if word == "hang":
        time.sleep(60)
    if word == "eat":
        bytearray(3 << 30)
    if word == "refuse":
        raise UnreadableImage("image: damaged")
    if word == "bug":
        raise ValueError("Mustermann")
    return word.upper()


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    return "test_workers:misbehave"


def test_each_item_has_an_answer_whatever_the_child_does(here):
    words = ["a", "crash", "b", "hang", "eat", "c", "refuse", "bug", "d"]
    found = dict(in_children(here, words, workers=2, seconds=3, memory_mb=500))
    assert sorted(found) == list(range(9))
    reasons = {words[i]: answer.reason for i, answer in found.items() if isinstance(answer, Refused)}
    assert [found[i] for i in (0, 2, 5, 8)] == ["A", "B", "C", "D"]
    assert "crashed" in reasons["crash"]
    assert "longer than 3 s" in reasons["hang"]
    assert "more than 500 MB" in reasons["eat"]
    assert reasons["refuse"] == "damaged"
    assert reasons["bug"] == "cannot be read (ValueError)"
    assert found[6].lasting
    assert not found[1].lasting


def test_nothing_to_do_starts_nothing():
    assert list(in_children("no_such_module:f", [])) == []
    assert list(in_children("no_such_module:f", iter([]), workers=3)) == []


def test_a_child_that_cannot_start_is_a_bug_and_no_endless_loop():
    with pytest.raises(RuntimeError, match="did not start"):
        list(in_children("no_such_module:f", ["a"]))


def test_children_end_when_the_reader_stops_early(here):
    answers = in_children(here, ["a"] * 50, workers=2)
    next(answers)
    answers.close()
