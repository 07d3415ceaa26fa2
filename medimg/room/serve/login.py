"""Who sits at the page: one link per reader that works once, then a cookie that lives as long as the server."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from medimg.room.serve.guard import Refused

GUESSES = 10  # wrong links a minute before they are only told to wait


@dataclass
class Session:
    """One browser that a link has let in."""

    reader: str
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    used: float = field(default_factory=time.monotonic)


class Logins:
    """Links and sessions, in memory and as hashes only: a copy of the project folder lets nobody in.

    A used link is replaced: `announce(reader, token)` is told the next one, for the terminal.
    """

    def __init__(self, hours: float = 12.0, announce: Callable[[str, str], None] = lambda reader, token: None) -> None:
        self.hours, self.announce = hours, announce
        self._links: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}
        self._wrong: list[float] = []
        self._lock = threading.Lock()

    def link(self, reader: str) -> str:
        """A new token of 256 bits for this reader; the one before stops working."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._links = {key: name for key, name in self._links.items() if name != reader} | {_hash(token): reader}
        return token

    def enter(self, token: str) -> str:
        """Spend a link -> the cookie's value; `Refused` 403 for a wrong or used one, 429 after many."""
        with self._lock:
            reader = self._links.pop(_hash(token), None)
            if reader is None:
                now = time.monotonic()
                self._wrong = [at for at in self._wrong if now - at < 60] + [now]
                raise Refused(403, "link") if len(self._wrong) <= GUESSES else Refused(429, "wait")
            cookie = secrets.token_urlsafe(32)
            self._sessions[_hash(cookie)] = Session(reader)
        self.announce(reader, self.link(reader))
        return cookie

    def session(self, cookie: str | None) -> Session:
        """Whose cookie this is; `Refused` 401 where it is nobody's or was not used for `hours`."""
        with self._lock:
            session = self._sessions.get(_hash(cookie or ""))
            if session is None or time.monotonic() - session.used > 3600 * self.hours:
                self._sessions.pop(_hash(cookie or ""), None)
                raise Refused(401, "session")
            session.used = time.monotonic()
            return session


def check_csrf(session: Session, sent: str | None) -> None:
    """A write carries the token that only the room's own page was told."""
    if not hmac.compare_digest(session.csrf.encode(), (sent or "").encode()):
        raise Refused(403, "csrf")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
