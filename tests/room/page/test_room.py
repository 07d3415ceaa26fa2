"""Labelling by keyboard in a real browser."""

import pytest
from room.page.visits import house, needs_chromium
from room.serve.rooms import SECRETS, filled, token

from medimg.room.store import StoreFull

pytestmark = [pytest.mark.browser, needs_chromium]


def labels(store):
    return list(store.current_labels().sort_values("seq")["label"])


def count(store, kind):
    return int((store.events()["kind"] == kind).sum())


def test_label_undo_skip_reload_by_keyboard_alone(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer("e", "g", "g")
        assert labels(store) == ["encephalitis", "glioma", "glioma"]
        anna.answer("u")
        anna.answer("e")
        assert labels(store) == ["encephalitis", "glioma", "encephalitis"]
        anna.press("s")
        anna.page.wait_for_selector("dialog#why[open]")
        anna.press("2")
        anna.wait_for("status", "Skipped")
        assert list(store.events().query("kind == 'skip'")["reason"]) == ["not_decidable"]
        anna.page.reload()
        anna.settled()
        assert anna.text("progress") == "3 of 7"
        anna.answer("g", "g", "g", "g")
        assert "All images are read" in anna.text("rest")
        assert len(labels(store)) == 7
        anna.answer("Backspace")
        assert anna.text("progress") == "6 of 7"
        anna.check()
        found = {secret for secret in (*SECRETS, "probabilit", "score") for body in (*anna.bodies, *anna.asked) if secret in body}
        assert not found


def test_a_double_press_a_held_key_and_a_key_before_the_image_was_seen_are_one_answer(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.page.evaluate(
            """() => { const press = (repeat) => document.dispatchEvent(new KeyboardEvent("keydown",
            { key: "g", code: "KeyG", bubbles: true, repeat })); press(false); press(false); for (let i = 0; i < 30; i++) press(true); }"""
        )
        anna.wait_for("progress", "1 of 7")
        assert labels(store) == ["glioma"]
        anna.page.evaluate(
            """() => { const press = () => document.dispatchEvent(new KeyboardEvent("keydown", { key: "e", code: "KeyE", bubbles: true }));
            new MutationObserver(press).observe(document.getElementById("progress"), { childList: true }); }"""
        )
        anna.press("g")
        anna.wait_for("progress", "2 of 7")
        assert labels(store) == ["glioma", "glioma"]
        anna.check()


def test_two_windows_of_one_reader_the_newer_writes_and_the_older_takes_it_back_by_enter(store, chromium):
    with house(store, chromium) as visit:
        older = visit()
        newer = visit(beside=older)
        newer.answer("g")
        older.press("e")
        older.wait_for("fault", "another window")
        assert labels(store) == ["glioma"]
        older.press("Enter")
        older.wait_for("progress", "1 of 7")
        older.settled()
        older.answer("e")
        assert labels(store) == ["glioma", "encephalitis"]
        newer.press("g")
        newer.wait_for("fault", "another window")
        older.complaints = [text for text in older.complaints if "409" not in text]
        newer.complaints = [text for text in newer.complaints if "409" not in text]
        older.check()
        newer.check()


def test_two_readers_at_once(tmp_path, chromium):
    with filled(tmp_path / "labels.sqlite", readers=("anna", "ben")) as store, house(store, chromium) as visit:
        anna, ben = visit("anna"), visit("ben")
        anna.answer("g")
        ben.answer("e", "e")
        anna.answer("g")
        by_reader = store.current_labels().groupby("reader")["label"].agg(list).to_dict()
        assert by_reader == {1: ["glioma", "glioma"], 2: ["encephalitis", "encephalitis"]}
        anna.check()
        ben.check()


def test_a_lost_answer_from_the_server_is_asked_for_again_with_the_same_key(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        lost = []

        def lose(route):
            if '"label"' in (route.request.post_data or "") and len(lost) < 2:
                lost.append(route.fetch().status)  # kept by the server, but the browser hears nothing
                route.abort()
            else:
                route.continue_()

        anna.page.route("**/api/event", lose)
        before = anna.canvas()
        anna.press("g")
        anna.wait_for("fault", "not saved yet")
        assert (anna.canvas() == before).all()
        anna.wait_for("progress", "1 of 7")
        assert lost == [200, 200]
        assert count(store, "label") == 1
        assert anna.page.locator("#fault").is_hidden()


def test_on_a_full_disk_the_answer_stays_on_the_screen_until_it_is_saved(store, chromium, monkeypatch):
    def refuse(events):
        raise StoreFull("full")

    with house(store, chromium) as visit:
        anna = visit()
        before = anna.canvas()
        monkeypatch.setattr(store, "write_all", refuse)
        anna.press("g")
        anna.wait_for("fault", "“glioma” is not saved: the disk is full")
        anna.press("e", "u", "Enter")
        anna.page.wait_for_timeout(500)
        assert (anna.canvas() == before).all()
        assert anna.page.locator("#classes .waits").inner_text().split()[-1] == "glioma"
        assert labels(store) == []
        monkeypatch.undo()
        anna.press("Enter")
        anna.wait_for("progress", "1 of 7")
        assert labels(store) == ["glioma"]


def test_flag_comment_confidence_and_pause_are_kept(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.press("f")
        anna.wait_for("status", "Noted")
        anna.comment("motion, left")
        anna.page.wait_for_timeout(300)
        anna.press("Escape")
        anna.page.wait_for_selector("dialog#rest_now[open]")
        anna.press("g", "Enter")
        anna.page.wait_for_selector("dialog#rest_now", state="hidden")
        anna.press("8")
        anna.answer("g")
        events = store.events()
        told = {kind: part.iloc[0] for kind, part in events.groupby("kind")}
        assert told["flag"]["value"] == "1"
        assert told["comment"]["value"] == "motion, left"
        assert told["label"]["confidence"] == "probable"
        assert told["label"]["dwell_ms"] > 200
        assert {"pause", "resume", "view_open"} <= set(told)
        anna.check()


def test_an_asked_confidence_is_the_second_key(store, chromium):
    with house(store, chromium, confidence="ask") as visit:
        anna = visit()
        anna.press("g")
        anna.wait_for("status", "how sure are you")
        assert labels(store) == []
        anna.press("Escape")
        anna.press("e")
        anna.answer("9")
        anna.press("g")
        anna.answer("Enter")
        assert list(store.current_labels().sort_values("seq")["confidence"]) == ["guess", ""]
        assert labels(store) == ["encephalitis", "glioma"]
        anna.check()


def test_the_model_is_shown_after_the_answer_and_a_change_is_kept_beside_it(store, chromium):
    with house(store, chromium, show_model="after") as visit:
        anna = visit()
        assert "after yours" in anna.page.evaluate("() => document.getElementById('intro_mode').textContent")
        anna.press("g", "7")
        anna.wait_for("reveal", "encephalitis 81 %, glioma 19 %")
        anna.answer("e")
        anna.press("g", "7")
        anna.wait_for("reveal", "You said glioma")
        anna.answer("Enter")
        rows = store.current_labels().sort_values("seq")
        assert list(zip(rows["first"], rows["final"], strict=True)) == [("glioma", "encephalitis"), ("glioma", "glioma")]
        anna.press("u")
        anna.wait_for("reveal", "You said glioma")
        anna.press("e")
        anna.page.wait_for_selector("#reveal", state="hidden")
        assert list(store.current_labels().sort_values("seq")["final"]) == ["encephalitis", "encephalitis"]
        anna.check()


def test_disagreements_are_settled_without_seeing_them(tmp_path, chromium):
    with filled(tmp_path / "labels.sqlite", readers=("anna", "ben"), patients=3) as store:
        store.add_reader("chief", "adjudicator")
        with house(store, chromium) as visit:
            visit("anna").answer("g", "g")
            visit("ben").answer("e", "g")
            chief = visit("chief")
            assert chief.text("progress") == "0 of 1"
            assert chief.page.locator("#actions").inner_text().find("Skip") == -1
            chief.answer("e")
            assert store.gold_labels().set_index("item").loc["id-00-FLAIR-2", "label"] == "encephalitis"
            chief.check()


def test_an_image_that_cannot_be_decoded_gives_way_to_the_next(store, chromium):
    from room.serve.rooms import pixels

    from medimg.errors import UnreadableImage

    def read(item):
        if item.token == token(0, "FLAIR", 2):
            raise UnreadableImage("cut off", code="truncated")
        return pixels(item)

    with house(store, chromium, read) as visit:
        anna = visit()
        anna.settled()
        anna.answer("g")
        assert count(store, "exclude") == 1
        assert list(store.current_labels()["item"]) == ["id-01-FLAIR-2"]


@pytest.mark.slow
def test_new_images_come_by_themselves_when_the_next_round_is_proposed(store, chromium):
    from medimg.room.store import Proposal, Round

    with house(store, chromium) as visit:
        anna = visit()
        anna.answer(*"ggggggg")
        store.move(1, "closed")
        anna.wait_for("rest", "being trained")
        for state in ("trained", "scored"):
            store.move(1, state)
        store.begin_round(Round(2, "entropy", budget=1), [Proposal("id-00-FLAIR-0", 0)], [("id-00-FLAIR-0", 1, 0)])
        store.move(2, "labelling")
        anna.wait_for("rest", "New images are here")
        anna.press("Enter")
        anna.settled()
        anna.answer("e")
        assert labels(store)[-1] == "encephalitis"
        anna.check()


def test_the_next_image_was_fetched_before_the_key(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.page.wait_for_timeout(1500)
        anna.page.route("**/api/pixels/**", lambda route: route.abort())
        first = anna.canvas()
        anna.answer("g", "e", "g")
        assert not (anna.canvas() == first).all()
        assert len(anna.page.evaluate("() => performance.getEntriesByName('next image')")) == 3
        assert labels(store) == ["glioma", "encephalitis", "glioma"]
