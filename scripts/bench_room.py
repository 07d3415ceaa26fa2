"""How fast the reading room is: key to next image in Chromium, images served in a second, answers kept in a second.

python scripts/bench_room.py [LABELS]          50 labels by keyboard unless told otherwise; 512 x 512 images of 16 bits
"""

import multiprocessing
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from medimg.io.image import Image
from medimg.room.serve.run import opened
from medimg.room.serve.settings import RoomSettings
from medimg.room.store import Event, Item, Meta, Proposal, Round, Store

CLASSES = ("encephalitis", "glioma")


def filled(path, count):
    store = Store.create(path, Meta("bench", CLASSES))
    store.add_items(Item(f"i{n}", f"token-{n}", f"p{n}", f"s{n}", f"r{n}", "FLAIR", 0.0) for n in range(count))
    reader = store.add_reader("reader")
    proposals = [Proposal(f"i{n}", n) for n in range(count)]
    store.begin_round(Round(1, "random", budget=count), proposals, [(f"i{n}", reader.id, n) for n in range(count)])
    store.move(1, "labelling")
    return store


def read(item):
    rows, columns = np.mgrid[0:512, 0:512]
    return Image((rows * columns % 65521 + int(item.token[6:])).clip(0, 65535).astype(np.float32), "grey", (0.5, 0.5))


def by_keyboard(page, link, count):
    """Milliseconds from key to next image, one for each label but the last."""
    page.goto(link)
    page.wait_for_selector("dialog#intro[open]")
    page.keyboard.press("Enter")
    for done in range(count):
        page.wait_for_function("done => document.getElementById('progress').innerText.startsWith(`${done} `)", arg=done)
        page.wait_for_selector("#panes .asked canvas:not([hidden])")
        page.wait_for_timeout(400)  # a reader looks at least that long
        page.keyboard.press("eg"[done % 2])
    page.wait_for_selector("#rest:not([hidden])")
    return [entry["duration"] for entry in page.evaluate("() => performance.getEntriesByName('next image').map((one) => one.toJSON())")][
        :-1
    ]


def served(page, count):
    """Images fetched in a second, one after the other, from the server's memory."""
    told = page.evaluate(
        """async (count) => { const start = performance.now(); for (let n = 0; n < 100; n++)
        await (await fetch(`/api/pixels/token-${count - 1 - n % 5}`)).arrayBuffer(); return performance.now() - start; }""",
        count,
    )
    return 100_000 / told


def kept(store, count):
    """Answers in a second, each on the disk before the next."""
    start = time.perf_counter()
    for n in range(200):
        store.write(Event(f"bench-{n}", 1, f"i{n % count}", 1, "label", CLASSES[0]))
    return 200 / (time.perf_counter() - start)


def serve(path, count, pipe):
    """Open the room in a process of its own, as the command does: the browser's driver would keep its threads waiting."""
    with filled(path, count) as store, opened(store, read, RoomSettings(CLASSES)) as room:
        pipe.send(room.link("reader"))
        pipe.recv()
        pipe.send(kept(store, count))


def main(count):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        room = multiprocessing.get_context("spawn").Process(target=serve, args=(Path(folder) / "labels.sqlite", count, there))
        room.start()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        times = by_keyboard(page, here.recv(), count)
        images = served(page, count)
        browser.close()
        here.send("end")
        answers = here.recv()
        room.join()
    low, middle, high = np.percentile(times, (5, 50, 95))
    print(f"key to next image: median {middle:.0f} ms, 5 to 95 % {low:.0f} to {high:.0f} ms, {len(times)} keys")
    print(f"images of 512 x 512, 16 bits: {images:.0f} in a second")
    print(f"answers kept: {answers:.0f} in a second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
