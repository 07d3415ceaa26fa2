"""The door of the server: nothing passes that the room's own page in the reader's own browser would not send."""

from collections.abc import Collection, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 64 * 1024  # bytes
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is not answered: HTTP status and a code that the page has words for."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code

    def answer(self) -> JSONResponse:
        """As JSON, without any of the request's own text."""
        return JSONResponse({"error": self.code}, self.status)


class Guard:
    """ASGI middleware: exact Host, exact Origin on writes, fetch metadata, size of the body, headers of every answer.

    `origins` are compared whole, port included; Starlette's TrustedHostMiddleware ignores ports.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.app, self.origins = app, frozenset(origins)
        self.hosts = {origin.split("://", 1)[1] for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        with_headers = _adding(send)
        try:
            self._check(scope["method"], Headers(scope=scope), scope["path"])
            body = _counted(await _whole(receive)) if scope["method"] not in SAFE else receive
        except Refused as refused:
            return await refused.answer()(scope, receive, with_headers)
        await self.app(scope, body, with_headers)

    def _check(self, method: str, headers: Headers, path: str) -> None:
        host = headers.getlist("host")
        if len(host) != 1 or host[0] not in self.hosts:
            raise Refused(421, "host")
        origin, site = headers.getlist("origin"), headers.get("sec-fetch-site", "same-origin")
        if len(origin) > 1 or (origin and not (origin[0] in self.origins and origin[0].endswith(f"://{host[0]}"))):
            raise Refused(403, "origin")
        if method not in SAFE and not origin:
            raise Refused(403, "origin")
        arriving = method in SAFE and path in ("/", "/login")  # by a link from elsewhere, or by hand
        if site != "same-origin" and not (arriving and headers.get("sec-fetch-mode", "navigate") == "navigate"):
            raise Refused(403, "site")
        if method not in SAFE and headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(415, "type")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            raise Refused(413, "size")


async def _whole(receive: Receive) -> bytes:
    """The body, read to its end or to the limit, whatever Content-Length says."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(400, "body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = bool(message.get("more_body", False))
        if size > BODY_LIMIT:
            raise Refused(413, "size")
    return b"".join(parts)


def _counted(body: bytes) -> Receive:
    messages: Iterable[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})  # type: ignore[call-overload, no-any-return]

    return receive


def _adding(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in ALWAYS.items():
                headers[name] = value
        await send(message)

    return sending
