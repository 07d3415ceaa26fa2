"""What the server says and keeps, without a browser."""

import logging

import numpy as np
import pytest
from room.serve.rooms import CLASSES, SECRETS, beside, entered, filled, pixels, token

from medimg.errors import UnreadableImage
from medimg.io.image import Image
from medimg.room.store import Proposal, Round, Store, StoreFull, StoreReadOnly


def kinds(store):
    return list(store.events()["kind"])


def test_a_label_is_on_the_disk_when_it_is_answered(store, anna):
    answer = anna.label("glioma", dwell_ms=1234, view={"centre": 500.5, "zoom": 1})
    assert answer.status_code == 200
    with Store.open(store.path, writer=False) as again:
        row = again.events().iloc[-1]
    assert (row["kind"], row["value"], row["dwell_ms"], row["seq"]) == ("label", "glioma", 1234, answer.json()["seq"])


def test_the_next_image_comes_after_each_answer_until_all_are_read(anna):
    seen = []
    while anna.place["current"]:
        seen.append(anna.place["current"]["token"])
        assert anna.get("/api/next?n=2").json()["tokens"][0] == seen[-1]
        assert anna.label(CLASSES[len(seen) % 2]).json()["place"]["progress"]["done"] == len(seen)
    assert seen == [token(p, "FLAIR", 2) for p in range(5)]
    assert anna.place["progress"] | {"spent_ms": 0, "median_ms": 0} == {
        "done": 5, "skipped": 0, "total": 5, "spent_ms": 0, "median_ms": 0,
    }  # fmt: skip


def test_the_same_post_twice_is_one_label(store, anna):
    place = anna.place["current"]
    first, second = (anna.post_event("label", place, value="glioma", client_key="a" * 32) for _ in range(2))
    assert (first.json()["seq"], first.json()["repeated"], second.json()["repeated"]) == (second.json()["seq"], False, True)
    assert kinds(store).count("label") == 1
    other = anna.post_event("label", place, value="encephalitis", client_key="a" * 32)
    assert (other.status_code, other.json()) == (409, {"error": "moved"})


def test_undo_goes_back_answer_by_answer(store, anna):
    tokens = [anna.place["current"]["token"]]
    for _ in range(3):
        tokens.append(anna.label("glioma").json()["place"]["current"]["token"])
    for back in (2, 1, 0):
        last = anna.place["last"]
        place = anna.post_event("undo", last, supersedes=last["seq"]).json()["place"]
        assert place["current"]["token"] == tokens[back]
    assert place["last"] is None
    assert list(store.current_labels()["label"]) == []
    assert anna.label("encephalitis").json()["place"]["current"]["token"] == tokens[1]


def test_undo_in_a_closed_round_asks_for_that_image_again_also_after_a_new_start(store, anna):
    while anna.place["current"]:
        anna.label("glioma")
    for state in ("closed", "trained"):
        store.move(1, state)
    last = anna.place["last"]
    anna.post_event("undo", last, supersedes=last["seq"])
    restarted = entered(store)
    assert restarted.place["current"] == {"token": last["token"], "round": 1, "flagged": False}
    assert restarted.label("encephalitis").status_code == 200
    assert restarted.place["current"] is None


def test_a_round_that_is_closed_early_asks_for_nothing_more(store, anna):
    anna.label("glioma")
    store.move(1, "closed")
    assert anna.place["current"] is None
    assert anna.place["round"] == {"number": 1, "state": "closed"}


def test_a_skipped_image_is_replaced_and_its_reason_is_kept(store, anna):
    place = anna.place
    after = anna.post_event("skip", place["current"], reason="poor_quality").json()["place"]
    assert (after["progress"]["total"], after["progress"]["skipped"]) == (place["progress"]["total"], 1)
    assert store.events().iloc[-1]["reason"] == "poor_quality"


def test_flag_and_comment_stay_with_the_image(store, anna):
    current = anna.place["current"]
    for fields in ({"kind": "flag", "value": "1"}, {"kind": "comment", "value": "ghost?"}):
        assert anna.post_event(fields["kind"], current, value=fields["value"]).status_code == 200
    assert anna.place["current"] == {**current, "flagged": True}
    assert entered(store).place["current"]["flagged"]


def test_a_flag_does_not_tell_that_an_image_is_shown_again(tmp_path):
    with filled(tmp_path / "labels.sqlite", patients=2, reserves=0) as store:
        anna = entered(store)
        anna.post_event("flag", anna.place["current"], value="1")
        anna.label("glioma")
        anna.label("glioma")
        for state in ("closed", "trained", "scored"):
            store.move(1, state)
        again = Proposal("id-00-FLAIR-2", 0, "repeat")
        store.begin_round(Round(2, "entropy", budget=1), [again], [(again.item, 1, 0)])
        store.move(2, "labelling")
        assert anna.place["current"] == {"token": token(0, "FLAIR", 2), "round": 2, "flagged": False}


def test_two_readers_have_queues_of_their_own(tmp_path):
    with filled(tmp_path / "labels.sqlite", readers=("anna", "ben")) as store:
        anna = entered(store)
        ben = beside(anna, "ben")
        anna.label("glioma")
        assert (anna.place["progress"]["done"], ben.place["progress"]["done"]) == (1, 0)


def test_a_reader_cannot_see_what_was_given_to_nobody(tmp_path):
    with filled(tmp_path / "labels.sqlite", readers=("anna",)) as store:
        store.add_reader("ben")
        anna = entered(store)
        ben = beside(anna, "ben")
        shown = anna.place["current"]["token"]
        assert anna.get(f"/api/pixels/{shown}").status_code == 200
        for address in (f"/api/pixels/{shown}", f"/api/context/{shown}"):
            assert (ben.get(address).status_code, ben.get(address).json()) == (404, {"error": "item"})


def test_the_newer_window_writes_and_the_older_one_is_told(store, anna):
    newer = beside(anna, "anna")
    anna.post_event("view_open", anna.place["current"])
    newer.post_event("view_open", newer.place["current"])
    answer = anna.label("glioma")
    assert (answer.status_code, answer.json()) == (409, {"error": "tab"})
    assert newer.label("glioma").status_code == 200
    anna.post_event("view_open", anna.place["current"])
    assert anna.label("glioma").status_code == 200


def test_disagreements_go_to_the_adjudicator_without_the_readers_answers(tmp_path):
    with filled(tmp_path / "labels.sqlite", readers=("anna", "ben")) as store:
        store.add_reader("chief", "adjudicator")
        anna = entered(store)
        ben, chief = beside(anna, "ben"), beside(anna, "chief")
        for one, two in (("glioma", "encephalitis"), ("glioma", "glioma"), ("encephalitis", "glioma")):
            anna.label(one)
            ben.label(two)
        assert chief.place["progress"]["total"] == 2
        first = chief.place["current"]
        assert set(first) == {"token", "round", "flagged"}
        after = chief.post_event("adjudicate", first, value="glioma").json()["place"]
        assert after["current"]["token"] == token(2, "FLAIR", 2)
        assert store.gold_labels().set_index("item").loc["id-00-FLAIR-2", "source"] == "adjudicated"
        back = chief.post_event("undo", after["last"], supersedes=after["last"]["seq"]).json()["place"]
        assert back["current"] == first
        assert chief.post_event("label", first, value="glioma").status_code == 422


def test_nothing_that_identifies_or_sways_leaves_the_server_in_mode_never(anna):
    texts = [anna.get("/").text, anna.get("/room.js").text]
    while current := anna.place["current"]:
        for address in ("/api/state", "/api/next?n=3", f"/api/context/{current['token']}"):
            state = anna.get(address)
            texts.append(str({**state.json(), "words": ""}) + str(state.headers))
        texts.append(str(anna.get(f"/api/pixels/{current['token']}").headers))
        texts.append(anna.label("glioma").text)
    found = {secret for secret in (*SECRETS, "probabilit", "score", "model'") for text in texts if secret in text}
    assert not found


@pytest.mark.parametrize(("fault", "status"), [(StoreFull, 507), (StoreReadOnly, 507)])
def test_a_full_or_read_only_disk_is_told_and_the_image_stays(store, anna, monkeypatch, caplog, fault, status):
    place = anna.place

    def refuse(events):
        raise fault("/secret/labels.sqlite: full")

    monkeypatch.setattr(store, "write_all", refuse)
    with caplog.at_level(logging.WARNING):
        answer = anna.label("glioma")
    assert (answer.status_code, answer.json()) == (status, {"error": "full"})
    assert "/secret" not in caplog.text
    monkeypatch.undo()
    assert anna.place["current"] == place["current"]
    assert anna.label("glioma").status_code == 200


def test_an_image_that_cannot_be_decoded_is_left_out_once_and_replaced(store):
    first = token(0, "FLAIR", 2)

    def read(item):
        if item.token == first:
            raise UnreadableImage("cut off", code="truncated")
        return pixels(item)

    anna = entered(store, read=read)
    assert [anna.get(f"/api/pixels/{first}").status_code for _ in range(2)] == [410, 410]
    assert kinds(store) == ["exclude"]
    assert anna.place["current"]["token"] == token(1, "FLAIR", 2)
    assert anna.place["progress"]["total"] == 5


def test_a_context_image_that_cannot_be_decoded_changes_nothing(store):
    def read(item):
        if item.sequence == "T2":
            return Image(np.full((4, 4), np.nan, np.float32), "grey")
        return pixels(item)

    anna = entered(store, read=read)
    assert anna.get(f"/api/pixels/{token(0, 'T2', 2)}").status_code == 410
    assert kinds(store) == []


def test_a_file_that_cannot_be_reached_just_now_stays_in_the_round(store):
    def read(item):
        raise UnreadableImage("the disk is away", code="io_error")

    anna = entered(store, read=read)
    answer = anna.get(f"/api/pixels/{token(0, 'FLAIR', 2)}")
    assert (answer.status_code, answer.json()) == (503, {"error": "unreachable"})
    assert kinds(store) == []


def test_a_pause_is_an_event(store, anna):
    for kind in ("pause", "resume"):
        assert anna.post_event(kind, path="/api/pause").status_code == 200
    assert kinds(store) == ["pause", "resume"]
    assert anna.post_event("label", path="/api/pause").status_code == 422


def test_context_is_what_the_settings_show(store):
    current = token(0, "FLAIR", 2)
    whole = entered(store).get(f"/api/context/{current}").json()
    assert whole["slices"] == [token(0, "FLAIR", z) for z in range(5)]
    assert (whole["at"], whole["sequence"]) == (2, "FLAIR")
    assert whole["others"] == {name: [token(0, name, z) for z in range(5)] for name in ("T1CE", "T2")}
    slim = entered(store, context=("sequences",)).get(f"/api/context/{current}").json()
    assert (slim["slices"], slim["others"]["T2"]) == ([current], [token(0, "T2", 2)])
    assert entered(store, context=()).get(f"/api/context/{current}").json()["others"] == {}
