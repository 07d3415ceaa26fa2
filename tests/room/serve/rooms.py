"""Small reading rooms: a store with patients of three sequences, images whose values are known, a browser's client."""

import hashlib
import itertools
import secrets
from dataclasses import replace

import numpy as np
from starlette.testclient import TestClient

from medimg.io.image import Image
from medimg.room.serve.app import create_app
from medimg.room.serve.login import Logins
from medimg.room.serve.settings import RoomSettings
from medimg.room.store import Item, Meta, Proposal, Round, Store

CLASSES = ("encephalitis", "glioma")
SEQUENCES = ("FLAIR", "T1CE", "T2")
ORIGIN = "http://127.0.0.1:8123"
PROBABILITIES = (0.8125, 0.1875)
SECRETS = ("p00", "p01", "patient-", "slice_2", "nowhere", "study-", "series-", "0.8125", "0.1875", "0.4242", "entropy", "resnet-of-round")


def token(patient, sequence, place):
    return hashlib.sha256(f"{patient}{sequence}{place}".encode()).hexdigest()[:32]


def items(patients=6, slices=5):
    return [
        Item(
            id=f"id-{p:02}-{sequence}-{z}", token=token(p, sequence, z), patient=f"patient-p{p:02}", study=f"study-{p}",
            series=f"series-{p}-{sequence}", sequence=sequence, slice_mm=5.0 * z + 0.3 * s, path=f"/nowhere/p{p:02}/slice_{z}.dcm",
        )
        for p, (s, sequence), z in itertools.product(range(patients), enumerate(SEQUENCES), range(slices))
    ]  # fmt: skip


def pixels(item):
    """64 x 48, 12 bits, another image for each token; wider than high voxels."""
    seed = int(item.token[:8], 16)
    rows, columns = np.mgrid[0:64, 0:48]
    disc = (rows - 32) ** 2 + (columns - 24) ** 2 < 400
    values = np.where(disc, 1000 + seed % 1000 + 20 * rows + np.random.default_rng(seed).integers(0, 400, rows.shape), 7)
    return Image(values.astype(np.float32), "grey", (1.0, 1.25))


def filled(path, *, patients=6, slices=5, readers=("anna",), reserves=1, role="pool", model="resnet-of-round-0", **meta):
    """A store whose round 1 asks each reader for the middle FLAIR slice of every patient, the last `reserves` only in need."""
    store = Store.create(path, Meta("project", CLASSES, **meta))
    store.add_items(replace(one, role=role) for one in items(patients, slices))
    people = [store.add_reader(name) for name in readers]
    asked = [f"id-{p:02}-FLAIR-{slices // 2}" for p in range(patients)]
    spare = set(asked[len(asked) - reserves :]) if reserves else set()
    proposals = [
        Proposal(item, rank, "reserve" if item in spare else "strategy", 0.4242, None, PROBABILITIES if model else ())
        for rank, item in enumerate(asked)
    ]
    assignments = [(item, person.id, place) for person in people for place, item in enumerate(asked)]
    store.begin_round(Round(1, "entropy", model=model, budget=len(asked) - reserves), proposals, assignments)
    store.move(1, "labelling")
    return store


class Browser(TestClient):
    """A reader's browser: it sends what Chromium sends."""

    def __init__(self, app, origin=ORIGIN):
        same = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        super().__init__(app, base_url=origin, headers=same, follow_redirects=False)
        self.tab, self.csrf = secrets.token_hex(8), ""

    def enter(self, link_token):
        answer = self.get("/login", params={"t": link_token}, headers={"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"})
        if answer.status_code == 200:
            self.csrf = self.state()["csrf"]
        return answer

    def state(self):
        return self.get("/api/state").json()

    @property
    def place(self):
        return self.state()["place"]

    def post_event(self, kind, place=None, *, path="/api/event", headers=None, **fields):
        told = {"client_key": secrets.token_hex(16), "tab": self.tab, "kind": kind}
        if place is not None:
            told |= {"item": place["token"], "round": place["round"]}
        return self.post(path, json=told | fields, headers={"X-CSRF": self.csrf} | (headers or {}))

    def label(self, value, **fields):
        return self.post_event("label", self.place["current"], value=value, **fields)


def entered(store, reader="anna", read=pixels, app=None, **settings):
    """A browser that came in by a link; `app` to sit in a room that is open already."""
    logins = Logins()
    app = app or create_app(store, read, RoomSettings(CLASSES, origins=(ORIGIN,), **settings), logins)
    browser = Browser(app)
    browser.logins = logins
    assert browser.enter(logins.link(reader)).status_code == 200
    return browser


def beside(browser, reader):
    """Another browser in the same room."""
    other = Browser(browser.app)
    other.logins = browser.logins
    assert other.enter(browser.logins.link(reader)).status_code == 200
    return other
