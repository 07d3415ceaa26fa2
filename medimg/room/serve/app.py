"""The reading room as a web application: each of its addresses is one function here."""

import logging
from asyncio import CancelledError
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.resources import files
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from medimg.errors import UnreadableImage
from medimg.io.image import Image
from medimg.room.serve import posted
from medimg.room.serve.guard import Guard, Refused
from medimg.room.serve.login import Logins, Session, check_csrf
from medimg.room.serve.pixels import Plane, encode
from medimg.room.serve.room import Room
from medimg.room.serve.settings import RoomSettings, class_keys
from medimg.room.serve.words import texts
from medimg.room.store import SKIPS, Conflict, Item, Reader, Store, StoreDamaged, StoreError
from medimg.room.store import Refused as NotNow

_LOG = logging.getLogger(__name__)
ENTERED = '<!doctype html><title>medimg</title><link rel="icon" href="/icon.svg" type="image/svg+xml">'
READS = 8  # images read at once: a disk that does not answer must not keep answers waiting
OPEN = ("/icon.svg",)  # files for everybody
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_app(store: Store, pixels: Callable[[Item], Image], settings: RoomSettings, logins: Logins | None = None) -> Guard:
    """Build the application. `pixels` reads an item's image; `logins` hands out the links, without which nobody comes in."""
    for reader in ("dicom", "raster"):  # here, not in the first requests: threads that import pydicom together see half of it
        import_module(f"medimg.io.{reader}")
    answers = Answers(Room(store, settings), pixels, logins or Logins(settings.session_hours))
    routes = [
        Route("/login", answers.login),
        Route("/api/state", answers.state),
        Route("/api/next", answers.next),
        Route("/api/pixels/{token}", answers.pixels),
        Route("/api/context/{token}", answers.context),
        Route("/api/event", answers.event, methods=["POST"]),
        Route("/api/pause", answers.pause, methods=["POST"]),
        *(Route(address, answers.file) for address in answers.files),
    ]
    handlers: dict[Any, Any] = {Refused: _refused, HTTPException: _missing, StoreError: _store_fault}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), settings.origins)


class Answers:
    """What the server says to the page."""

    def __init__(self, room: Room, read: Callable[[Item], Image], logins: Logins) -> None:
        self.room, self.read, self.logins, self.reads = room, read, logins, CapacityLimiter(READS)
        first = (room.settings.origins or ("http://127.0.0.1",))[0]
        self.secure = first.startswith("https:")
        self.cookie = f"room_{first.rpartition(':')[2].strip('/')}"  # cookies know no ports, so their name tells it
        folder = files("medimg.room") / "page"
        own = [one for one in folder.iterdir() if one.name.endswith(tuple(KINDS)) and one.name != "closed.html"]
        self.files = {
            f"/{'' if one.name == 'index.html' else one.name}": (one.read_bytes(), "." + one.name.rpartition(".")[2]) for one in own
        }
        self.files["/"] = (self.files["/"][0], ".html")
        self.closed = (folder / "closed.html").read_text(encoding="utf-8")

    async def login(self, request: Request) -> Response:
        """Spend a link: the cookie is set, and the browser goes on to the page, so that the token leaves the address bar."""
        if request.method != "GET" or "sec-purpose" in request.headers:
            raise Refused(405, "method")  # a preview or a prefetch must not spend it
        try:
            cookie = self.logins.enter(request.query_params.get("t", ""))
        except Refused as refused:
            return HTMLResponse(self.closed, refused.status)
        answer = HTMLResponse(ENTERED, headers={"Refresh": "0; url=/"})
        answer.set_cookie(self.cookie, cookie, httponly=True, samesite="strict", secure=self.secure)
        return answer

    async def file(self, request: Request) -> Response:
        """One of the page's own files; no other file of the machine has an address."""
        try:
            if request.url.path not in OPEN:
                self._session(request)
        except Refused as refused:
            return HTMLResponse(self.closed, refused.status)
        body, kind = self.files[request.url.path]
        return Response(body, media_type=KINDS[kind])

    async def state(self, request: Request) -> Response:
        """What the page needs once: who reads, classes and keys, mode, words, and where the reader stands."""
        session, reader = self._session(request), await self._reader(request)
        settings = self.room.settings
        return JSONResponse({
            "reader": reader.name, "third": reader.role == "adjudicator", "csrf": session.csrf,
            "classes": [{"name": name, "key": key} for name, key in class_keys(settings.classes, settings.keys).items()],
            "question": settings.question, "unit": settings.unit, "reasons": SKIPS,
            "mode": settings.show_model, "confidence": settings.confidence,
            "language": settings.language, "words": texts(),
            "place": await run_in_threadpool(lambda: self.room.desk.place(reader, fresh=True)),
        })  # fmt: skip

    async def next(self, request: Request) -> Response:
        """The images to be answered next, for fetching ahead; `n` from 1 to 10."""
        asked = request.query_params.get("n", "3")
        if asked not in map(str, range(1, 11)):
            raise Refused(422, "n")
        waiting = await run_in_threadpool(self.room.desk.waiting, await self._reader(request))
        return JSONResponse({"tokens": [one.token for one in waiting[: int(asked)]]})

    async def pixels(self, request: Request) -> Response:
        """An image's values. One that cannot be decoded is taken out of the round; one that cannot be reached just now is not."""
        reader = await self._reader(request)
        item = await run_in_threadpool(self.room.index.item, reader, request.path_params["token"])
        try:
            get = partial(self.room.shelf.get, item.token, lambda: self._plane(item))
            plane = await to_thread.run_sync(get, limiter=self.reads, abandon_on_cancel=True)  # nor the end of the program
        except CancelledError:
            raise Refused(503, "closing") from None
        except UnreadableImage as fault:
            _LOG.warning("image %s cannot be shown (%s)", item.token, fault.code)
            if fault.code == "io_error":
                raise Refused(503, "unreachable") from None
            await run_in_threadpool(self.room.leave_out, reader, item)
            raise Refused(410, "unreadable") from None
        return Response(plane.body, media_type="application/octet-stream", headers=plane.headers)

    async def context(self, request: Request) -> Response:
        """Slices around an image and other sequences of the same places, as tokens."""
        reader = await self._reader(request)
        found = await run_in_threadpool(self.room.around, reader, request.path_params["token"])
        return JSONResponse({"slices": found.slices, "at": found.at, "sequence": found.sequence, "others": found.others})

    async def event(self, request: Request) -> Response:
        """One event into the store; 200 only when it is on the disk."""
        reader = await self._reader(request, writes=True)
        told = posted.read(await request.body(), reader.role, self.room.settings.classes)
        return JSONResponse(await run_in_threadpool(self.room.writing.write, reader, told))

    async def pause(self, request: Request) -> Response:
        """The reader stops, or goes on: kind `pause` or `resume`."""
        reader = await self._reader(request, writes=True)
        told = posted.read_pause(await request.body())
        return JSONResponse(await run_in_threadpool(self.room.writing.pause, reader, told))

    def _session(self, request: Request) -> Session:
        return self.logins.session(request.cookies.get(self.cookie))

    async def _reader(self, request: Request, *, writes: bool = False) -> Reader:
        session = self._session(request)
        if writes:
            check_csrf(session, request.headers.get("x-csrf"))
        return self.room.reader(session.reader)

    def _plane(self, item: Item) -> Plane:
        return encode(self.read(item), item.token)


async def _refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refused)
    return fault.answer()


async def _missing(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    return JSONResponse({"error": "method" if fault.status_code == 405 else "address"}, fault.status_code)


async def _store_fault(request: Request, fault: Exception) -> Response:
    """507 where nothing could be written, 409 where it is not allowed now; the store's own words name files, so they stay here."""
    _LOG.warning("an answer was not kept: %s", type(fault).__name__)
    if isinstance(fault, NotNow | Conflict):
        return JSONResponse({"error": "moved"}, 409)
    return JSONResponse({"error": "damaged" if isinstance(fault, StoreDamaged) else "full"}, 507)
