"""One command at a time works on a project: a lock that dies with its process, and says where the page is open."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from medimg.errors import RunError


@dataclass
class Hold:
    """A project held by this process."""

    file: IO[str]

    def tell(self, url: str) -> None:
        """Say where the page is open, for whoever comes second."""
        _write(self.file, _self() | {"url": url})


@contextmanager
def only_one(path: Path) -> Iterator[Hold]:
    """Hold a project until the block ends; RunError with the page's address where another process holds it.

    A file left by a process of another machine counts as held: locks do not reach across every network file system.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(_taken(holder(path))) from None
        told = _read(file)
        if told and told.get("host") != socket.gethostname():
            raise RunError(
                f"{_taken(told)} That is another machine than this one; if it does not run there any more, remove {path} and try again."
            )
        _write(file, _self())
        try:
            yield Hold(file)
        finally:
            _write(file, {})


def holder(path: Path) -> dict[str, Any]:
    """What the process that holds a project says of itself: host, pid and, where its page is open, url; empty where nobody holds it."""
    if not path.is_file():
        return {}
    with path.open("r", encoding="utf-8") as file:
        told = _read(file)
        if told.get("host") == socket.gethostname():
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return told
            return {}  # left by a process that was killed
        return told


def _taken(told: dict[str, Any]) -> str:
    who = f"process {told.get('pid', '?')} on {told.get('host', '?')}"
    if told.get("url"):
        return f"this project is open at {told['url']} ({who}). Go there by the link that its terminal shows, or end it first (Ctrl-C)."
    return f"this project is being worked on by {who}. Wait for it, or end it first."


def _self() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid()}


def _write(file: IO[str], told: dict[str, Any]) -> None:
    file.seek(0)
    file.truncate()
    file.write(json.dumps(told) if told else "")
    file.flush()


def _read(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        told = json.loads(file.read() or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
