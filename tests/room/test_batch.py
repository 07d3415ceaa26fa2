from collections import Counter
from itertools import pairwise

import pytest

from medimg.active.lots import Lots
from medimg.room.batch import Sharing, lay_out, spread
from medimg.room.store import Proposal

LOTS = Lots(3, 1, "places")


def proposals(count, start=0, reason="strategy"):
    return [Proposal(f"i{k}", k, reason) for k in range(start, start + count)]


def patients(count, each=4):
    return {f"i{k}": f"p{k // each}" for k in range(count)}


def queues(places):
    found = {}
    for item, reader, position in sorted(places, key=lambda one: one[1:]):
        found.setdefault(reader, []).append(item)
        assert position == len(found[reader]) - 1
    return found


def test_groups_come_one_after_the_other_and_reserves_last():
    groups = [proposals(4, reason="init"), proposals(8, 4)]
    told, places = lay_out(groups, proposals(3, 12, "reserve"), {}, patients(15), Sharing((7,)), LOTS)
    (queue,) = queues(places).values()
    assert [set(queue[:4]), set(queue[4:12]), queue[12:]] == [
        {f"i{k}" for k in range(4)},
        {f"i{k}" for k in range(4, 12)},
        ["i12", "i13", "i14"],
    ]
    assert len(told) == 15


def test_the_order_tells_nothing_of_the_rank_and_no_patient_follows_itself():
    items = [f"i{k}" for k in range(40)]
    order = spread(items, patients(40), LOTS)
    assert sorted(order) == list(range(40))
    assert order != list(range(40))
    assert order == spread(items, patients(40), LOTS) != spread(items, patients(40), Lots(3, 2, "places"))
    who = [patients(40)[items[place]] for place in order]
    assert all(one != other for one, other in pairwise(who))


def test_a_patient_with_most_images_follows_itself_only_where_nobody_else_is_left():
    of = {f"i{k}": "p0" if k < 6 else f"p{k}" for k in range(9)}
    who = [of[f"i{place}"] for place in spread(list(of), of, LOTS)]
    assert sum(one == other for one, other in pairwise(who)) == 2  # six of one and three others: p x p x p x p p p


def test_several_readers_share_a_batch_evenly_and_a_share_is_read_twice():
    told, places = lay_out([proposals(200)], proposals(6, 200, "reserve"), {}, patients(206, 1), Sharing((1, 2, 3), double=0.25), LOTS)
    times = Counter(item for item, _, _ in places)
    assert set(times.values()) == {1, 2}
    twice = {item for item, count in times.items() if count == 2}
    assert 30 < len(twice) < 70
    assert {one.item for one in told if one.reason == "double"} == twice
    assert all(len(set(queue)) == len(queue) for queue in queues(places).values())
    sizes = [len(queue) for queue in queues(places).values()]
    assert max(sizes) - min(sizes) < 20
    assert [len([item for item in queue if int(item[1:]) >= 200]) for queue in queues(places).values()] == [2, 2, 2]


def test_one_reader_reads_nothing_twice_but_hidden_repeats_of_his_own():
    known = {1: [f"old{k}" for k in range(30)]}
    told, places = lay_out([proposals(50)], [], known, patients(50) | {f"old{k}": "x" for k in range(30)}, Sharing((1,), 0.5, 0.04), LOTS)
    (queue,) = queues(places).values()
    again = [item for item in queue if item.startswith("old")]
    assert len(again) == 2
    assert queue[0] not in again
    assert {one.item for one in told if one.reason == "repeat"} == set(again)
    assert len(queue) == 52


@pytest.mark.parametrize("known", [{}, {1: ["i0", "i1"]}])
def test_no_repeat_is_made_of_what_is_in_the_batch_or_was_never_read(known):
    told, places = lay_out([proposals(50)], [], known, patients(50), Sharing((1,), repeat=0.5), LOTS)
    assert len(places) == 50
    assert not [one for one in told if one.reason == "repeat"]


def test_an_empty_batch_has_no_places():
    assert lay_out([[], []], [], {}, {}, Sharing((1, 2)), LOTS) == ([], [])
