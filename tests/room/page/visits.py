"""A real browser at a real server: what it asks for, says and shows."""

import contextlib
import shutil

import numpy as np
import pytest
from room.serve.rooms import CLASSES, pixels

from medimg.room.serve.run import opened
from medimg.room.serve.settings import RoomSettings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Visit:
    """One window of one reader; what it asked for and complained about is kept."""

    def __init__(self, page, origin):
        self.page, self.origin, self.asked, self.complaints, self.bodies = page, origin, [], [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._said)
        page.on("response", self._body)
        page.set_default_timeout(40_000)

    def _said(self, message):
        if message.type in ("error", "warning") and "getImageData" not in message.text:  # only `canvas` below reads pixels back
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def _body(self, response):
        if "/api/" in response.url and "/api/pixels" not in response.url:
            with contextlib.suppress(Exception):
                self.bodies.append(response.text())

    def enter(self, link, begin=True):
        self.page.goto(link)
        self.page.wait_for_selector("dialog#intro[open]")
        if begin:
            self.press("Enter")
            self.settled()

    def comment(self, text):
        self.press("c")
        self.page.wait_for_selector("dialog#note[open]")
        self.page.keyboard.type(text)
        self.press("Enter")
        self.page.wait_for_selector("dialog#note", state="hidden")

    def settled(self):
        """Wait until the image that is asked for is on the screen and takes answers, or there is none."""
        self.page.wait_for_function(
            """() => !document.querySelector("dialog[open]") && (!document.getElementById("rest").hidden
            || document.querySelector("#panes .asked canvas:not([hidden])"))"""
        )
        self.page.wait_for_timeout(220)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, name):
        return self.page.locator(f"#{name}").inner_text()

    def wait_for(self, name, text):
        self.page.wait_for_function("([name, text]) => document.getElementById(name).innerText.includes(text)", arg=[name, text])
        self.page.wait_for_timeout(220)

    def answer(self, *keys):
        """Press keys one by one, each when the image before is answered."""
        for key in keys:
            before = self.text("progress")
            self.press(key)
            self.page.wait_for_function("before => document.getElementById('progress').innerText !== before", arg=before)
            self.settled()

    def canvas(self, place=0):
        """Grey values (H, W) of a canvas; all channels must be equal."""
        read = """place => { const canvas = document.querySelectorAll('.pane canvas')[place], { width, height } = canvas;
            return { width, height, data: Array.from(canvas.getContext('2d').getImageData(0, 0, width, height).data) }; }"""
        told = self.page.evaluate(read, place)
        rgba = np.array(told["data"], np.uint8).reshape(told["height"], told["width"], 4)
        assert (rgba[..., :3] == rgba[..., :1]).all()
        assert (rgba[..., 3] == 255).all()
        return rgba[..., 0]

    def check(self):
        """Nothing was asked of another host, and nothing was complained about."""
        assert self.asked
        elsewhere = [url for url in self.asked if not url.startswith(f"{self.origin}/")]
        assert not elsewhere, elsewhere
        assert not self.complaints, self.complaints


@contextlib.contextmanager
def house(store, chromium, read=pixels, **settings):
    """An open room and a way to visit it: `visit(reader)` in a browser of its own, `visit(reader, beside=other)` in a second window."""
    links, visits = {}, []
    with opened(store, read, RoomSettings(CLASSES, **settings), announce=lambda name, link: links.update({name: link})) as room:

        def visit(reader="anna", begin=True, beside=None, size=(1280, 720)):
            context = beside.page.context if beside else chromium.new_context(viewport={"width": size[0], "height": size[1]})
            told = Visit(context.new_page(), room.origin)
            visits.append(told)
            told.enter(room.origin if beside else links.get(reader) or room.link(reader), beside is not None or begin)
            return told

        try:
            yield visit
        finally:
            for told in visits:
                told.page.context.close()
