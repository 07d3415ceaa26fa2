"""The queue of a reader: order, answers, skips and what stands in for them."""

import pytest
import rooms


def shown(hand):
    return [(place.item, place.state) for place in hand.queue()]


def test_queue_has_the_order_of_positions_and_tokens_to_show(tmp_path):
    with rooms.room(tmp_path, 3) as store:
        hand = rooms.Hand(store)
        assert [place.token for place in hand.queue()] == ["t0", "t1", "t2"]
        hand.label("i1", "encephalitis")
        place = hand.queue()[1]
        assert (place.state, place.label, place.seq) == ("labelled", "encephalitis", 1)


def test_each_reader_has_a_queue_of_his_own(tmp_path):
    with rooms.room(tmp_path, 2, ("Ann", "Bo")) as store:
        ann, bo = rooms.Hand(store, "Ann"), rooms.Hand(store, "Bo")
        ann.label("i0")
        assert shown(ann) == [("i0", "labelled"), ("i1", "open")]
        assert shown(bo) == [("i0", "open"), ("i1", "open")]


def test_reserve_appears_for_a_skip_and_goes_with_its_undo(tmp_path):
    with rooms.room(tmp_path, 5, spare=2) as store:
        hand = rooms.Hand(store)
        assert [item for item, _ in shown(hand)] == ["i0", "i1", "i2"]
        hand.skip("i0")
        assert shown(hand) == [("i0", "skipped"), ("i1", "open"), ("i2", "open"), ("i3", "open")]
        hand.skip("i3")
        assert shown(hand)[-1] == ("i4", "open")
        hand.undo("i0")
        assert shown(hand) == [("i0", "open"), ("i1", "open"), ("i2", "open"), ("i3", "skipped")]


def test_answered_reserve_stays_though_the_skip_was_undone(tmp_path):
    with rooms.room(tmp_path, 4, spare=1) as store:
        hand = rooms.Hand(store)
        hand.skip("i0")
        hand.label("i3")
        hand.undo("i0")
        assert shown(hand) == [("i0", "open"), ("i1", "open"), ("i2", "open"), ("i3", "labelled")]


def test_skips_beyond_the_reserves_shorten_the_round(tmp_path):
    with rooms.room(tmp_path, 3, spare=1) as store:
        hand = rooms.Hand(store)
        for item in ("i0", "i1", "i2"):
            hand.skip(item)
        assert {state for _, state in shown(hand)} == {"skipped"}


def test_policy_count_takes_no_reserve(tmp_path):
    with rooms.room(tmp_path, 4, spare=1, skip_policy="count") as store:
        hand = rooms.Hand(store)
        hand.skip("i0")
        assert shown(hand) == [("i0", "skipped"), ("i1", "open"), ("i2", "open")]


def test_policy_retry_end_asks_once_more_at_the_end(tmp_path):
    with rooms.room(tmp_path, 3, skip_policy="retry_end") as store:
        hand = rooms.Hand(store)
        hand.skip("i0")
        assert shown(hand) == [("i1", "open"), ("i2", "open"), ("i0", "open")]
        hand.skip("i0")
        assert shown(hand) == [("i0", "skipped"), ("i1", "open"), ("i2", "open")]


@pytest.mark.parametrize(("after", "out"), [(1, {"i0"}), (2, set())])
def test_item_leaves_the_pool_when_enough_readers_skipped_it(tmp_path, after, out):
    with rooms.room(tmp_path, 2, ("Ann", "Bo"), exclude_after=after) as store:
        rooms.Hand(store, "Ann").skip("i0", "not_decidable")
        rooms.Hand(store, "Ann").skip("i0", "poor_quality")
        assert store.excluded() == out
        rooms.Hand(store, "Bo").skip("i0")
        assert store.excluded() == {"i0"}
        assert store.items().set_index("item")["excluded"].to_dict() == {"i0": True, "i1": False}


def test_label_after_a_skip_brings_the_item_back_and_its_undo_takes_it_out(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        hand = rooms.Hand(store)
        hand.skip("i0")
        hand.label("i0")
        assert store.excluded() == set()
        hand.undo("i0")
        assert store.excluded() == {"i0"}
        hand.undo("i0")
        assert store.excluded() == set()


def test_what_was_out_at_an_event_is_known_for_ever(tmp_path):
    with rooms.room(tmp_path, 3) as store:
        hand = rooms.Hand(store)
        out = [
            (hand.skip("i0").seq, {"i0"}),
            (hand.skip("i1").seq, {"i0", "i1"}),
            (hand.undo("i0").seq, {"i1"}),
            (hand.label("i1").seq, set()),
        ]
        assert [store.excluded(seq) for seq, _ in out] == [found for _, found in out]


def test_item_that_cannot_be_shown_is_taken_out_and_replaced(tmp_path):
    with rooms.room(tmp_path, 3, spare=1) as store:
        machine = store.add_reader("medimg", "machine")
        store.write(rooms.Event("out", machine.id, "i1", 0, "exclude", reason="the file is truncated"))
        assert shown(rooms.Hand(store)) == [("i0", "open"), ("i1", "skipped"), ("i2", "open")]


def test_last_answer_is_what_undo_takes_back_one_after_the_other(tmp_path):
    with rooms.room(tmp_path, 3) as store:
        hand = rooms.Hand(store)
        hand.label("i0")
        hand.skip("i1")
        hand.act("view_open", "i2")
        assert store.last_answer(hand.id).token == "t1"
        hand.undo("i1")
        assert store.last_answer(hand.id, 0).item == "i0"
        hand.undo("i0")
        assert store.last_answer(hand.id) is None


def test_last_answer_of_one_round_is_not_that_of_another(tmp_path):
    with rooms.room(tmp_path, 3) as store:
        hand = rooms.Hand(store)
        hand.label("i0")
        assert store.last_answer(hand.id, 1) is None
