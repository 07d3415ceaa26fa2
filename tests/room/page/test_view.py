"""What is seen: pixels against numpy, windows, zoom, slices, sequences, languages, sizes of the screen."""

import re

import numpy as np
import pytest
from room.page.visits import house, needs_chromium
from room.serve.rooms import pixels

from medimg.io.image import Image

pytestmark = [pytest.mark.browser, needs_chromium]
RNG = np.random.default_rng(5)
DEPTHS = {
    "12 bits": RNG.integers(0, 4096, (40, 56)).astype(np.float32),
    "16 bits": RNG.integers(0, 65536, (40, 56)).astype(np.float32),
    "signed": RNG.integers(-2000, 3000, (40, 56)).astype(np.float32),
    "fractions": RNG.normal(0, 3, (40, 56)).astype(np.float32),
}
FOCUS = "() => document.activeElement.innerText || document.activeElement.id"


def reference(values, centre, width):
    """Grey levels by numpy alone: 0 below centre - width / 2, 255 above centre + width / 2, linear and rounded between."""
    return np.floor(255 * np.clip((values.astype(np.float64) - (centre - width / 2)) / width, 0, 1) + 0.5)


def told_window(visit):
    """Width and centre as the page writes them."""
    found = re.search(r"W ([-\d.]+)\s+L ([-\d.]+)", visit.text("lens"))
    return float(found[2]), float(found[1])


@pytest.mark.parametrize("values", DEPTHS.values(), ids=DEPTHS)
def test_canvas_pixels_are_those_of_numpy_at_three_windows(store, chromium, values):
    low, high = (float(x) for x in np.percentile(values, (1, 99.5)))
    first = ((low + high) / 2, high - low)
    full = ((float(values.min()) + float(values.max())) / 2, float(values.max()) - float(values.min()))
    expected = [("automatic", first), ("narrow", (first[0], first[1] / 2)), ("wide", (first[0], first[1] * 1.6)), ("full range", full)]
    with house(store, chromium, lambda item: Image(values, "grey")) as visit:
        anna = visit()
        for name, window in expected:
            assert anna.text("lens").startswith(name)
            difference = np.abs(anna.canvas() - reference(values, *window))
            assert difference.max() <= 1
            assert (difference > 0).mean() < 0.002  # values that lie on a half but for the last bit of a double
            anna.press("w")
        anna.press("n")
        assert np.abs(255 - anna.canvas() - reference(values, *expected[0][1])).max() <= 1
        anna.check()


def test_sixteen_bits_are_more_than_eight(store, chromium):
    values = np.tile(np.arange(30000, 30064, dtype=np.float32), (16, 1))
    values[0] = 65535
    values[1] = 0
    with house(store, chromium, lambda item: Image(values, "hu")) as visit:
        anna = visit()
        box = anna.page.locator("#panes").bounding_box()
        anna.press("w", "w", "w", "w")  # full range
        assert len(np.unique(anna.canvas()[2:])) <= 2
        for _ in range(6):
            anna.page.mouse.move(box["x"] + 600, box["y"] + 300)
            anna.page.mouse.down()
            anna.page.mouse.move(box["x"] + 300, box["y"] + 300, steps=3)
            anna.page.mouse.up()
        assert told_window(anna)[1] < 500
        anna.check()


def test_dragging_changes_window_and_level_and_reset_brings_them_back(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        before, box = told_window(anna), anna.page.locator("#panes").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        anna.page.mouse.move(x, y)
        anna.page.mouse.down()
        anna.page.mouse.move(x + 100, y, steps=4)
        wider = told_window(anna)
        anna.page.mouse.move(x + 100, y - 100, steps=4)
        anna.page.mouse.up()
        brighter = told_window(anna)
        assert wider[1] > before[1] * 1.2
        assert wider[0] == before[0]
        assert brighter[0] < wider[0]
        assert anna.text("lens").startswith("by hand")
        shown = anna.canvas()
        anna.press("r")
        assert told_window(anna) == before
        assert not (anna.canvas() == shown).all()
        anna.press("Shift+ArrowRight", "Shift+ArrowUp")
        assert told_window(anna)[1] > before[1]
        assert told_window(anna)[0] < before[0]
        anna.check()


def test_zoom_keeps_the_point_under_the_mouse_and_the_size_of_millimetres(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        rectangle = lambda: anna.page.locator(".pane canvas").bounding_box()  # noqa: E731
        first = rectangle()
        assert first["width"] / first["height"] == pytest.approx(48 * 1.25 / 64, rel=1e-3)
        x, y = first["x"] + first["width"] / 4, first["y"] + first["height"] / 4
        anna.page.mouse.move(x, y)
        anna.page.keyboard.down("Control")
        anna.page.mouse.wheel(0, -150)
        anna.page.keyboard.up("Control")
        anna.page.wait_for_timeout(200)
        larger = rectangle()
        assert larger["width"] > first["width"] * 1.3
        assert (x - larger["x"]) / larger["width"] == pytest.approx(0.25, abs=0.01)
        assert (y - larger["y"]) / larger["height"] == pytest.approx(0.25, abs=0.01)
        anna.press("Control+ArrowLeft")
        assert rectangle()["x"] == pytest.approx(larger["x"] - 40, abs=1)
        anna.press("0")
        assert rectangle() == first
        anna.press("+", "+", "-")
        assert rectangle()["width"] == pytest.approx(first["width"] * 1.2, rel=1e-3)
        anna.check()


def test_neighbours_and_sequences_are_looked_at_and_only_the_slice_asked_for_is_labelled(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.wait_for("place", "slice 3 of 5")
        own = anna.canvas()
        anna.press("ArrowUp", "ArrowUp", "ArrowUp")
        anna.wait_for("place", "slice 5 of 5")
        assert "+2 slices" in anna.text("place")
        anna.page.mouse.move(600, 300)
        anna.page.mouse.wheel(0, 60)
        anna.wait_for("place", "slice 4 of 5")
        anna.press(" ")
        anna.wait_for("place", "asked for")
        assert (anna.canvas() == own).all()
        anna.press("3")
        anna.wait_for("place", "T2 of the same place")
        assert not (anna.canvas() == own).all()
        anna.answer("g")
        row = store.events().query("kind == 'label'").iloc[0]
        assert row["item"] == "id-00-FLAIR-2"
        assert '"slices_seen":3' in row["view"]
        assert "T2" in row["view"]
        anna.check()


def test_what_has_not_changed_is_not_drawn_again_under_the_mouse(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.wait_for("place", "slice 3 of 5")
        anna.page.evaluate("() => { window.kept = [...document.querySelectorAll('#sequences button, #slices i')]; }")
        anna.page.mouse.move(600, 300)
        anna.page.mouse.down()
        anna.page.mouse.move(650, 320, steps=3)
        anna.page.mouse.up()
        assert anna.page.evaluate("() => kept.length === 8 && kept.every((one) => one.isConnected)")
        anna.page.click("#sequences button:nth-child(3)")
        anna.wait_for("place", "T2 of the same place")
        anna.check()


def test_sequences_side_by_side(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.wait_for("place", "slice 3 of 5")
        anna.press("v")
        anna.page.wait_for_function("() => document.querySelectorAll('.pane canvas:not([hidden])').length === 3")
        shown = [anna.canvas(place) for place in range(3)]
        assert not (shown[0] == shown[1]).all()
        anna.press("v")
        assert (anna.canvas() == shown[0]).all()
        anna.check()


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_is_on_the_screen_and_the_image_has_most_of_it(store, chromium, size, language):
    with house(store, chromium, language=language) as visit:
        anna = visit(size=size)
        anna.wait_for("place", "5")
        outside = """() => [...document.querySelectorAll("header *, footer *, .marks")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width && (box.left < 0 || box.top < 0 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1);
            }).map((one) => one.outerHTML)"""
        assert anna.page.evaluate(outside) == []
        stage = anna.page.locator("#stage").bounding_box()
        assert stage["width"] * stage["height"] > 0.8 * size[0] * size[1]
        anna.press("?")
        keys = anna.page.locator("dialog#keys").bounding_box()
        assert keys["height"] < size[1]
        assert anna.page.evaluate("() => { const box = document.getElementById('keys'); return box.scrollHeight <= box.clientHeight + 1; }")
        anna.check()


def test_texts_can_be_read_on_their_ground(store, chromium):
    contrast = """() => { const light = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((x) => x / 255)
            .map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = (one) => { for (; one; one = one.parentElement) { const c = getComputedStyle(one).backgroundColor;
            if (!/, 0\\)$/.test(c)) return c; } return "rgb(0, 0, 0)"; };
        return [...document.querySelectorAll("header *, footer *, .marks, dialog *")].filter((one) => one.innerText && !one.children.length)
            .map((one) => { const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
            return [one.innerText, (a + 0.05) / (b + 0.05)]; }); }"""
    with house(store, chromium) as visit:
        anna = visit()
        anna.answer("g")
        anna.press("?")
        found = anna.page.evaluate(contrast)
        assert len(found) > 40
        assert [text for text, ratio in found if ratio < 4.5] == []  # WCAG 2.2, 1.4.3


def test_the_language_is_turned_and_kept(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.page.click("#language")
        assert "帮助" in anna.text("help")
        assert anna.page.evaluate("() => document.documentElement.lang") == "zh-CN"
        anna.page.reload()
        anna.settled()
        assert "帮助" in anna.text("help")
        anna.answer("g")
        assert "已保存" in anna.text("status")
        anna.check()


def test_a_chinese_input_method_does_not_swallow_the_keys(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.page.evaluate(
            """() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "Process", code: "KeyG", keyCode: 229, bubbles: true }))"""
        )
        anna.wait_for("progress", "1 of 7")
        assert list(store.current_labels()["label"]) == ["glioma"]


PRESS = """(keys) => { for (const [key, code] of keys)
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true })); }"""


def test_keys_are_the_same_on_french_russian_and_czech_keyboards_and_on_the_number_pad(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.wait_for("place", "slice 3 of 5")
        pressed = lambda: anna.page.locator("#sure [aria-pressed=true]").count()  # noqa: E731
        anna.page.evaluate(PRESS, [["ArrowUp", "Numpad8"]])  # NumLock is off
        anna.wait_for("place", "slice 4 of 5")
        assert pressed() == 0
        anna.page.evaluate(PRESS, [["8", "Numpad8"]])
        assert pressed() == 1
        anna.page.evaluate(PRESS, [["è", "Digit7"]])  # French: digits are written with Shift
        assert anna.page.locator("#sure [data-name='0']").get_attribute("aria-pressed") == "true"
        anna.page.evaluate(PRESS, [["п", "KeyG"]])
        anna.wait_for("progress", "1 of 7")
        anna.settled()
        anna.page.evaluate(PRESS, [["s", "KeyS"]])
        anna.page.wait_for_selector("dialog#why[open]")
        anna.page.evaluate(PRESS, [["é", "Digit2"]])
        anna.wait_for("status", "Skipped")
        assert list(store.events().query("kind == 'skip'")["reason"]) == ["not_decidable"]
        assert set(store.current_labels()["confidence"]) == {"certain"}
        anna.check()


def test_all_buttons_are_reached_and_pressed_without_a_mouse(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        reached = []
        for _ in range(16):
            anna.press("Tab")
            reached.append(anna.page.evaluate(FOCUS))
        told = " ".join(reached)
        for word in ("Help", "Pause", "encephalitis", "glioma", "certain", "Undo", "Skip", "Flag", "Comment"):
            assert word in told
        anna.page.focus("#classes button:nth-child(2)")
        anna.press("Enter")
        anna.wait_for("progress", "1 of 7")
        anna.settled()
        anna.press(" ")
        anna.page.wait_for_timeout(300)
        assert list(store.current_labels()["label"]) == ["glioma"]


def test_the_question_and_what_an_answer_counts_for_are_told(store, chromium):
    with house(store, chromium, question="lesion", unit="patient") as visit:
        anna = visit(begin=False)
        assert "Your answer counts for all images of the patient" in anna.text("intro")
        assert anna.text("intro_question") == "lesion"
        anna.press("Enter")
        anna.settled()
        assert anna.text("question") == "lesion"
        anna.wait_for("place", "slice 3 of 5")
        anna.press("ArrowUp")
        anna.wait_for("place", "slice 4 of 5")
        assert "counts for all images of this patient" in anna.text("place")
        assert anna.page.locator(".elsewhere").count() == 0
        anna.check()


def test_a_screen_without_marks(store, chromium):
    with house(store, chromium) as visit:
        anna = visit()
        anna.press("h")
        assert anna.page.locator("#lens").is_hidden()
        anna.press("h")
        assert anna.page.locator("#lens").is_visible()


def test_an_image_in_counts_opens_from_zero(store, chromium):
    with house(store, chromium, lambda item: Image(pixels(item).pixels, "counts")) as visit:
        anna = visit()
        centre, width = told_window(anna)
        assert centre == pytest.approx(width / 2, abs=1)
