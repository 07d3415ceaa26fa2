"""While there is nothing to read, when the server is gone, while the clock stands still, and after the language was turned."""

import pytest
from room.page.visits import house, needs_chromium

from medimg.room.store import Proposal, Round

pytestmark = [pytest.mark.browser, needs_chromium]
CAME = [("id-00-FLAIR-0", 1, 0), ("id-01-FLAIR-0", 1, 1)]


def propose(store, number, places=CAME):
    """Train the round before, and propose this one."""
    for state in ("closed", "trained", "scored"):
        store.move(number - 1, state)
    store.begin_round(Round(number, "entropy", budget=len(places)), [Proposal(one[0], one[2]) for one in places], places)
    store.move(number, "labelling")


@pytest.mark.slow
def test_images_that_came_are_those_of_now_also_after_an_undo(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer(*"ggggggg")
        propose(store, 2)
        anna.wait_for("rest", "New images are here")
        anna.answer("u")
        anna.answer(*"eee")
        assert "All images are read" in anna.text("rest")
        propose(store, 3, [("id-02-FLAIR-0", 1, 0)])
        anna.wait_for("rest", "New images are here")
        anna.press("Enter")
        anna.settled()
        anna.answer("e")
        anna.check()


def test_an_undo_while_the_model_is_trained_says_that_the_answer_is_in_it(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer(*"ggggggg")
        store.move(1, "closed")
        anna.wait_for("rest", "being trained")
        anna.press("u")
        anna.wait_for("status", "had been trained on")
        anna.check()


@pytest.mark.slow
def test_a_program_that_has_ended_is_told_while_nothing_is_read(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer(*"ggggggg")
        anna.page.route("**/api/state", lambda route: route.abort())
        anna.wait_for("fault", "its terminal says why")
        anna.page.unroute("**/api/state")
        anna.page.wait_for_selector("#fault", state="hidden")
        assert "All images are read" in anna.text("rest")


def test_a_server_that_stays_away_is_told_with_what_to_do(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.page.route("**/api/event", lambda route: route.abort())
        anna.press("g")
        for _ in range(5):  # Enter does not wait for the next try
            anna.page.wait_for_timeout(400)
            anna.press("Enter")
        anna.wait_for("fault", "start it again")
        anna.page.unroute("**/api/event")
        anna.press("Enter")
        anna.wait_for("progress", "1 of 7")
        assert len(store.current_labels()) == 1


@pytest.mark.slow
def test_a_pause_is_no_time_also_when_another_window_was_in_front(store, chromium):
    turn = """hidden => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    with house(store, chromium) as visit:
        anna = visit()
        anna.press("Escape")
        anna.page.wait_for_selector("dialog#rest_now[open]")
        anna.page.evaluate(turn, True)
        anna.page.evaluate(turn, False)
        anna.page.wait_for_timeout(6000)
        anna.press("Enter")
        anna.page.wait_for_selector("dialog#rest_now", state="hidden")
        anna.answer("g")
        assert store.events().query("kind == 'label'")["dwell_ms"].iloc[0] < 5000
        anna.check()


def test_the_language_is_turned_in_the_middle_of_an_answer(store, chromium):
    with house(store, chromium, confidence="ask") as visit:
        anna = visit()
        anna.press("f")
        anna.wait_for("status", "Noted")
        anna.press("g")
        anna.wait_for("status", "how sure are you")
        assert "Chinese" in anna.text("language")
        anna.page.click("#language")
        assert "把握如何" in anna.text("status")
        assert anna.page.locator("[data-name=flag]").get_attribute("aria-pressed") == "true"
        assert anna.page.locator("#classes .waits").inner_text().split()[-1] == "glioma"
        anna.answer("8")
        assert list(store.current_labels()["confidence"]) == ["probable"]
        anna.check()


def test_the_language_is_turned_when_all_is_read(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer(*"ggggggg")
        anna.page.click("#language")
        assert "全部图像已阅" in anna.text("rest")
        anna.check()
