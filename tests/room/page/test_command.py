"""The command itself, used as two readers would: fifty images of the built-in brain cohort, labelled with keys alone."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from room.page.visits import Visit, needs_chromium

from medimg.room.folder import Folder
from medimg.room.store import Store

pytestmark = [pytest.mark.browser, needs_chromium]
WORDS = [
    "experiment=encephalitis_glioma", "profile=smoke", "active.from_labels=false", "data.where={}", "data.limit=12", "active.init_size=48",
    "active.reading.grace_seconds=600", "--no-browser", "--reader", "anna,ben",
]  # fmt: skip
LINK = re.compile(r"(?:(\w+) reads here .*|a new link for (\w+)): (http://127\.0\.0\.1:\d+/login\?t=\S+)")


class Command:
    """`medimg active-label` in a process of its own; `links` are the newest ones that its terminal shows."""

    def __init__(self):
        command = [sys.executable, "-m", "medimg", "active-label", *WORDS]
        self.links, self.said, self.open = {}, [], threading.Event()
        self.process = subprocess.Popen(command, env={**os.environ}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.ear = threading.Thread(target=self.listen)
        self.ear.start()

    def listen(self):
        for line in self.process.stderr:
            self.said.append(line)
            if found := LINK.search(line):
                self.links[found[1] or found[2]] = found[3]
            if len(self.links) == 2:
                self.open.set()
        self.open.set()

    def link(self, reader):
        self.open.wait(600)
        return self.links[reader]

    def interrupt(self):
        """Press Ctrl-C; what is said from then on."""
        before = len(self.said)
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(120) == 130, self.said
        self.ear.join(60)
        return "".join(self.said[before:])


@contextlib.contextmanager
def running():
    command = Command()
    try:
        yield command
    finally:
        command.process.kill()
        command.process.wait()
        command.ear.join()


class Witness(Visit):
    """A reader's window that keeps what the server has acknowledged: client key -> (kind, item, value)."""

    def __init__(self, context, link, kept, beside=False):
        super().__init__(context.new_page(), link.partition("/login")[0])
        self.kept = kept
        self.page.on("response", self.witness)
        self.enter(self.origin if beside else link)

    def witness(self, response):
        if response.url.endswith("/api/event") and response.status == 200:
            told = json.loads(response.request.post_data)
            if told["kind"] not in ("view_open", "flag", "comment"):
                self.kept[told["client_key"]] = (told["kind"], told["item"], told.get("value", ""))

    def read_all(self, keys, at_most=1000):
        """Answer image after image; how many there were."""
        for count in range(at_most):
            if self.page.locator("#rest").is_visible():
                return count
            self.answer(keys[count % len(keys)])
        return at_most


def first_hour(browser, command, kept):
    """Label, take back, skip, flag, comment, reload and read in two windows; how far anna and ben came."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    anna = Witness(context, command.link("anna"), kept)
    anna.answer("e", "g", "g", "u", "u", "e", "e")
    anna.press("s")
    anna.page.wait_for_selector("dialog#why[open]")
    anna.press("2")
    anna.wait_for("status", "Skipped")
    anna.press("f")
    anna.wait_for("status", "Noted")
    anna.comment("motion, left")
    anna.wait_for("status", "Noted")
    anna.press("8")
    anna.answer("g")
    before = anna.text("progress")
    anna.page.reload()
    anna.settled()
    assert anna.text("progress") == before
    newer = Witness(context, command.link("anna"), kept, beside=True)
    newer.answer("g")
    anna.press("e")
    anna.wait_for("fault", "another window")
    anna.press("Enter")
    anna.settled()
    anna.answer("e", "e")
    ben = Witness(browser.new_context(viewport={"width": 3840, "height": 2160}), command.link("ben"), kept)
    ben.read_all("eg", at_most=8)
    far = anna.text("progress"), ben.text("progress")
    for one in (anna, newer, ben):
        one.complaints = [text for text in one.complaints if "409" not in text]
        one.check()
        one.page.context.close()
    return far, [*anna.bodies, *newer.bodies, *ben.bodies]


@pytest.mark.slow
def test_two_readers_label_fifty_images_and_lose_none(tmp_path, chromium, monkeypatch):
    run, kept = Folder(tmp_path / "own" / "run"), {}
    monkeypatch.setenv("MEDIMG_RUN", str(run.run))
    with running() as command:
        far, bodies = first_hour(chromium, command, kept)
        assert "every answer that was saved is kept" in command.interrupt()
    with running() as command:
        anna, ben = (Witness(chromium.new_context(), command.link(name), kept) for name in ("anna", "ben"))
        assert (anna.text("progress"), ben.text("progress")) == far
        ben.read_all("ge")
        anna.read_all("eg")
        anna.answer("u")
        anna.answer("e")
        for one in (anna, ben):
            one.check()
            one.page.context.close()
        command.interrupt()
    with Store.open(run.store, writer=False) as store:
        assert store.verify().ok
        events, items, labels = store.events(), store.items().set_index("item"), store.current_labels()
    said = events[events["kind"].isin(["label", "skip", "undo"])]
    tokens = items["token"]
    assert {row.client_key: (row.kind, tokens[row.item], row.value) for row in said.itertuples()} == kept
    assert len(labels) >= 50
    assert labels.groupby("reader")["item"].nunique().sum() == len(labels)
    assert {"skip", "undo", "flag", "comment"} <= set(events["kind"])
    secret = {*items.index, *items["patient"], *items["path"], *items["study"], *items["series"]} - {""}
    assert not [one for one in secret for body in [*bodies, *anna.bodies, *ben.bodies] if one in body]
    assert "login?t=" not in (run.run / "log.txt").read_text()
