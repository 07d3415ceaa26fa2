"""Which label stands: undo, several readers, adjudication, hidden repeats, second readings."""

import pandas as pd
import rooms

A, B = rooms.CLASSES


def gold(store):
    frame = store.gold_labels()
    return {row.item: (row.label, row.source) for row in frame.itertuples()}


def test_last_label_stands_and_an_undo_brings_the_one_before_back(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        hand = rooms.Hand(store)
        hand.label("i0", A)
        hand.label("i0", B)
        assert hand.labels() == {"i0": B}
        hand.undo("i0")
        assert hand.labels() == {"i0": A}
        hand.undo("i0")
        assert hand.labels() == {}


def test_skip_after_a_label_takes_the_label_away(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        hand = rooms.Hand(store)
        hand.label("i0", A)
        hand.skip("i0")
        assert hand.labels() == {}
        assert gold(store) == {}


def test_undo_in_a_closed_round_changes_today_and_not_what_was_trained(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        hand = rooms.Hand(store)
        hand.label("i0", A)
        rooms.finish(store, 0)
        until = store.rounds()[0].details["closed"]["last_event"]
        hand.undo("i0")
        hand.label("i0", B)
        assert gold(store) == {"i0": (B, "single")}
        assert list(store.gold_labels(until=until)["label"]) == [A]
        assert list(store.changed_since(until)["item"]) == ["i0"]


def test_late_answer_to_a_closed_round_is_kept(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        store.move(0, "closed")
        rooms.Hand(store).label("i1", B)
        assert gold(store) == {"i1": (B, "single")}
        assert list(store.changed_since(0)["item"]) == []


def test_readers_who_agree_disagree_and_are_settled(tmp_path):
    with rooms.room(tmp_path, 3, ("Ann", "Bo")) as store:
        ann, bo = rooms.Hand(store, "Ann"), rooms.Hand(store, "Bo")
        ann.label("i0", A)
        bo.label("i0", A)
        ann.label("i1", A)
        bo.label("i1", B)
        bo.label("i2", B)
        assert gold(store) == {"i0": (A, "agreed"), "i1": ("", "disagreed"), "i2": (B, "single")}
        assert list(store.disagreements()["reader"]) == [ann.id, bo.id]
        store.add_reader("Chief", "adjudicator")
        verdict = rooms.Hand(store, "Chief").act("adjudicate", "i1", B)
        assert gold(store)["i1"] == (B, "adjudicated")
        assert store.disagreements().empty
        rooms.Hand(store, "Chief").undo("i1", verdict.seq)
        assert gold(store)["i1"] == ("", "disagreed")


def test_majority_decides_only_where_asked_and_never_a_tie(tmp_path):
    with rooms.room(tmp_path, 2, ("Ann", "Bo", "Cy"), unresolved="majority") as store:
        hands = [rooms.Hand(store, name) for name in ("Ann", "Bo", "Cy")]
        for hand, label in zip(hands, (A, B, B), strict=True):
            hand.label("i0", label)
        for hand, label in zip(hands[:2], (A, B), strict=True):
            hand.label("i1", label)
        assert gold(store) == {"i0": (B, "majority"), "i1": ("", "disagreed")}
        assert set(store.disagreements()["item"]) == {"i0", "i1"}


def test_hidden_repeat_measures_the_reader_and_replaces_nothing(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        hand = rooms.Hand(store)
        hand.label("i0", A)
        rooms.finish(store, 0)
        rooms.begin(store, 1, {"i0": "repeat", "i1": "strategy"}, store.readers())
        again = rooms.Hand(store, number=1)
        again.label("i0", B)
        again.label("i1", B)
        assert hand.labels() == {"i0": A, "i1": B}
        row = store.repeats().iloc[0]
        assert (row["first"], row["label"], row["first_round"], row["round"], len(store.repeats())) == (A, B, 0, 1, 1)


def test_skip_of_a_hidden_repeat_takes_neither_the_label_nor_the_image_away(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        rooms.Hand(store).label("i0", A)
        rooms.finish(store, 0)
        rooms.begin(store, 1, {"i0": "repeat", "i1": "repeat"}, store.readers())
        again = rooms.Hand(store, number=1)
        again.skip("i0")
        again.skip("i1")  # which nobody has labelled: a first reading
        assert again.labels() == {"i0": A}
        assert store.excluded() == {"i1"}
        assert [place.state for place in again.queue()] == ["skipped", "skipped"]
        rooms.Hand(store).undo("i0")
        assert store.excluded() == {"i0", "i1"}


def test_repeat_that_the_reader_never_saw_before_is_a_first_reading(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        rooms.finish(store, 0)
        rooms.begin(store, 1, {"i0": "repeat"}, store.readers())
        rooms.Hand(store, number=1).label("i0", B)
        assert store.repeats().empty
        assert gold(store) == {"i0": (B, "single")}


def test_second_reading_of_a_doubted_label_replaces_it(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        rooms.Hand(store).label("i0", A)
        rooms.finish(store, 0)
        rooms.begin(store, 1, {"i0": "relabel"}, store.readers())
        rooms.Hand(store, number=1).label("i0", B)
        assert gold(store) == {"i0": (B, "single")}


def test_imported_label_is_another_readers_and_replaces_none(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        rooms.Hand(store).label("i0", A)
        source = store.add_reader("list.csv", "import")
        store.write(rooms.Event("import-1", source.id, "i0", None, "import", B))
        assert gold(store) == {"i0": ("", "disagreed")}
        assert rooms.Hand(store).labels() == {"i0": A}


def test_final_answer_trains_where_the_project_says_so(tmp_path):
    with rooms.room(tmp_path, 2, train_on="final") as store:
        hand = rooms.Hand(store)
        hand.label("i0", A)
        hand.act("reveal", "i0")
        hand.act("revise_after_reveal", "i0", B)
        assert gold(store) == {"i0": (B, "single")}


def test_empty_store_has_empty_tables_with_all_columns(tmp_path):
    with rooms.room(tmp_path, 2) as store:
        for frame in (store.current_labels(), store.gold_labels(), store.disagreements(), store.repeats()):
            assert isinstance(frame, pd.DataFrame)
            assert frame.empty
            assert {"item", "token", "patient", "role"} <= set(frame.columns)
