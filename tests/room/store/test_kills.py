"""SIGKILL at any moment: what was acknowledged is there, once; what was begun is there whole or not at all."""

import random
from contextlib import suppress

import pytest
import rooms
from killed import killed

from medimg.room.store import Event, Meta, Proposal, Refused, Round, Store, StoreError

ITEMS = 7


def post(path, begin):
    """Post labels without end, from a number on; each is told once the store has acknowledged it."""

    def work(tell):
        store = Store.open(path, writer=True)
        for k in range(begin, begin + 1_000_000):
            receipt = store.write(Event(f"key-{k}", 1, f"i{k % ITEMS}", 0, "label", rooms.CLASSES[k % 2], dwell_ms=k))
            tell(f"{k} {receipt.seq} {receipt.hash}")

    return work


def labels_survive(folder, kills, seed):
    with rooms.room(folder, ITEMS) as store:
        path, batch = store.path, store.queue(1, 0)
    chance, acknowledged = random.Random(seed), {}
    for _ in range(kills):
        told, _ = killed(post(path, len(acknowledged)), chance.randrange(6), chance.uniform(0, 0.03))
        acknowledged |= {int(line.split()[0]): line.split()[1:] for line in told if len(line.split()) == 3}
    with Store.open(path, writer=True) as store:
        events = store.events()
        assert store.verify().ok
        assert [(place.item, place.position) for place in store.queue(1, 0)] == [(place.item, place.position) for place in batch]
    stored = {row.client_key: [str(row.seq), row.hash] for row in events.itertuples()}
    assert len(stored) == len(events)
    assert sorted(acknowledged) == list(range(len(acknowledged)))
    assert {f"key-{k}": receipt for k, receipt in acknowledged.items()}.items() <= stored.items()
    assert len(stored) - len(acknowledged) in (0, 1)
    assert len(acknowledged) >= kills


def test_every_acknowledged_label_survives_kills(tmp_path):
    labels_survive(tmp_path, 8, 0)


@pytest.mark.slow
def test_every_acknowledged_label_survives_300_kills(tmp_path):
    labels_survive(tmp_path, 300, 1)


def whole_project(path):
    """Everything from no file to a closed round and a copy, each step only where it was not done before."""

    def work(tell):
        if not path.exists():
            Store.create(path, Meta("project", rooms.CLASSES)).close()
            tell("made")
        with Store.open(path, writer=True) as store:
            store.add_items(rooms.items(ITEMS))
            store.add_reader("Ann")
            if not store.rounds():
                store.begin_round(Round(0, "random"), [Proposal(f"i{k}", k) for k in range(ITEMS)], [(f"i{k}", 1, k) for k in range(ITEMS)])
                tell("begun")
            with suppress(Refused):
                store.move(0, "labelling")
            for k in range(ITEMS):
                store.write(Event(f"key-{k}", 1, f"i{k}", 0, "label", rooms.CLASSES[0]))
            tell("labelled")
            for step in rooms.STEPS[1:]:
                with suppress(Refused):
                    store.move(0, step)
                    tell(step)

    return work


def projects_survive(folder, kills, seed):
    """Make projects one after another, until so many kills have hit one of them."""
    chance, hits, number = random.Random(seed), 0, -1
    while hits < kills:
        number += 1
        path, done, batches, tries = folder / str(number) / "labels.sqlite", False, set(), 0
        while not done:
            _, done = killed(whole_project(path), 100 if tries % 12 == 11 else chance.randrange(4), chance.uniform(0, 0.05))
            tries, hits = tries + 1, hits + (not done)
            with suppress(StoreError), Store.open(path, writer=True) as store:
                batches |= {now.details["proposed"]["batch"] for now in store.rounds()}
                assert store.assignments().empty or len(store.assignments()) == ITEMS
        assert len(batches) == 1
        with Store.open(path, writer=True) as store:
            assert (store.rounds()[0].state, len(store.events()), len(store.gold_labels())) == ("scored", ITEMS, ITEMS)


def test_project_goes_on_after_kills_at_any_step(tmp_path):
    projects_survive(tmp_path, 1, 0)


@pytest.mark.slow
def test_projects_go_on_after_many_kills_at_any_step(tmp_path):
    projects_survive(tmp_path, 60, 1)
