"""Opens the room on a port of this machine, beside whatever else the program does, and closes it again."""

import ipaddress
import os
import socket
import ssl
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from medimg.errors import ConfigError, RunError
from medimg.io.image import Image
from medimg.room.serve.app import create_app
from medimg.room.serve.login import Logins
from medimg.room.serve.settings import RoomSettings
from medimg.room.store import Item, Store

Announce = Callable[[str, str], None]


@dataclass(frozen=True)
class Bind:
    """Where the room listens: loopback, or another address with a TLS certificate and the names that readers type."""

    address: str = "127.0.0.1"
    port: int = 0  # 0: a free one
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        try:
            loopback = ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            raise ConfigError(f"bind={self.address}: give an IP address of this machine.") from None
        if (self.certificate is None) != (self.key is None) or (not loopback and self.certificate is None):
            raise ConfigError(
                f"bind={self.address}: patients' images leave this machine only over TLS; give a certificate and its key. "
                "From elsewhere without them: ssh -L PORT:127.0.0.1:PORT, the same port on both sides."
            )
        if ipaddress.ip_address(self.address).is_unspecified and not self.names:
            raise ConfigError(f"bind={self.address}: also give the names by which readers reach this machine.")

    def origins(self, port: int) -> tuple[str, ...]:
        """The addresses a browser may call the room by, the first for links."""
        scheme, usual = ("https", 443) if self.certificate else ("http", 80)
        address = ipaddress.ip_address(self.address)
        own = [] if address.is_unspecified else [f"[{address}]" if address.version == 6 else str(address)]
        hosts = [*(name.lower() for name in self.names), *own, *(["localhost"] if address.is_loopback else [])]
        return tuple(f"{scheme}://{host}{'' if port == usual else f':{port}'}" for host in hosts)


@dataclass(frozen=True)
class Opened:
    """A room that is open."""

    origin: str
    logins: Logins

    def link(self, reader: str) -> str:
        """A link that lets this reader in once."""
        return f"{self.origin}/login?t={self.logins.link(reader)}"


@contextmanager
def opened(
    store: Store, pixels: Callable[[Item], Image], settings: RoomSettings, bind: Bind | None = None, *, announce: Announce | None = None
) -> Iterator[Opened]:
    """Serve in a thread until the block ends. `announce(reader, link)` is told a new link whenever one was spent."""
    import uvicorn

    bind = bind or Bind()
    listening = _listen(bind)
    origins = bind.origins(listening.getsockname()[1])
    logins = Logins(settings.session_hours, lambda name, token: announce(name, f"{origins[0]}/login?t={token}") if announce else None)
    app = create_app(store, pixels, replace(settings, origins=origins), logins)
    server = uvicorn.Server(
        uvicorn.Config(
            app, http="h11", ws="none", loop="asyncio", lifespan="off", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, limit_concurrency=200, timeout_keep_alive=60, timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=16384,
            ssl_certfile=bind.certificate, ssl_keyfile=bind.key, ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )
    )  # fmt: skip
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="reading room", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RunError("the page's server did not start; its reason stands above.")
            time.sleep(0.01)
        yield Opened(origins[0], logins)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _listen(bind: Bind) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind.address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bind.address, bind.port))
        listening.listen(128)
    except (OSError, OverflowError) as fault:
        listening.close()
        why = fault.strerror if isinstance(fault, OSError) else "ports go up to 65535"
        raise ConfigError(f"{bind.address} port {bind.port} cannot be used ({why}). Name another, or none for a free one.") from None
    return listening


def show(links: Sequence[str], folder: Path) -> None:
    """Open links in the user's browser by way of a file that only the user can read: a command line is seen by everybody.

    Without a screen nothing is opened: a browser of the terminal would take the terminal for itself.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    for number, link in enumerate(links):
        path = folder / f"open-{number}.html"
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(link)}"><title>medimg</title>')
        webbrowser.open(path.absolute().as_uri())
