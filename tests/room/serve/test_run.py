"""The room on a port: loopback or TLS, links in the terminal, a file that only the user can read."""

import secrets
import socket
import stat
import sys
import threading
import time
import webbrowser
from pathlib import Path

import pytest
from room.serve.rooms import CLASSES, filled, pixels

from medimg.errors import ConfigError
from medimg.room.serve import run
from medimg.room.serve.app import READS
from medimg.room.serve.run import Bind, opened
from medimg.room.serve.settings import RoomSettings


def test_a_room_opens_answers_and_closes(store):
    import httpx2

    told = []
    with opened(store, pixels, RoomSettings(CLASSES), announce=lambda reader, link: told.append(link)) as room:
        address = room.link("anna")
        with httpx2.Client() as browser:
            answer = browser.get(address)
            assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/")
            assert browser.get(room.origin).status_code == 200
        assert told[0].startswith(f"{room.origin}/login?t=")
        assert told[0] != address
        port = int(room.origin.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_a_port_that_is_taken_is_told(store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} cannot be used"), opened(store, pixels, RoomSettings(CLASSES), Bind(port=port)):
            pass


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "8.8.8.8"])
def test_another_address_than_loopback_needs_tls(address):
    with pytest.raises(ConfigError, match="only over TLS"):
        Bind(address)
    with pytest.raises(ConfigError, match="only over TLS"):
        Bind(address, certificate=Path("cert.pem"))


def test_origins_are_whole_addresses():
    assert Bind().origins(8123) == ("http://127.0.0.1:8123", "http://localhost:8123")
    assert Bind("::1").origins(8123)[0] == "http://[::1]:8123"
    tls = {"certificate": Path("c"), "key": Path("k")}
    assert Bind("10.0.0.7", names=("Reading.Example",), **tls).origins(443) == ("https://reading.example", "https://10.0.0.7")
    with pytest.raises(ConfigError, match="names by which readers"):
        Bind("0.0.0.0", **tls)
    with pytest.raises(ConfigError, match="IP address"):
        Bind("localhost")


def test_a_browser_is_sent_by_a_file_that_only_the_user_can_read(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(webbrowser, "open", sent.append)
    monkeypatch.setenv("DISPLAY", ":0")
    run.show(["http://127.0.0.1:1/login?t=secret"], tmp_path)
    path = tmp_path / "open-0.html"
    assert sent == [path.as_uri()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "t=secret" in path.read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a browser needs no DISPLAY")
def test_without_a_screen_no_browser_takes_the_terminal(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(webbrowser, "open", sent.append)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    run.show(["http://127.0.0.1:1/login?t=secret"], tmp_path)
    assert sent == []
    assert not list(tmp_path.iterdir())


def test_a_port_that_cannot_be_is_told(store):
    with pytest.raises(ConfigError, match="port 70000 cannot be used"), opened(store, pixels, RoomSettings(CLASSES), Bind(port=70000)):
        pass


@pytest.mark.slow
def test_a_disk_that_hangs_keeps_no_answer_waiting_and_does_not_hold_the_end(store, caplog):
    import httpx2

    gate, lines, reads = threading.Event(), [], threading.Semaphore(0)

    def read(item):
        reads.release()
        gate.wait(300)
        return pixels(item)

    with opened(store, read, RoomSettings(CLASSES)) as room, httpx2.Client(base_url=room.origin, timeout=60) as browser:
        browser.get(room.link("anna"))
        told = browser.get("/api/state").json()
        current, cookie = told["place"]["current"], "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        for _ in range(60):
            lines.append(socket.create_connection(("127.0.0.1", int(room.origin.rpartition(":")[2]))))
            host = room.origin.removeprefix("http://")
            lines[-1].sendall(f"GET /api/pixels/{current['token']} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n".encode())
        assert all(reads.acquire(timeout=60) for _ in range(READS))
        label = {
            "client_key": secrets.token_hex(16),
            "tab": "t" * 16,
            "kind": "label",
            "value": "glioma",
            "item": current["token"],
            "round": 1,
        }
        answer = browser.post("/api/event", json=label, headers={"Origin": room.origin, "X-CSRF": told["csrf"]})
        assert answer.status_code == 200
        begun = time.monotonic()
    took = time.monotonic() - begun
    gate.set()
    for line in lines:
        line.close()
    assert took < 60
    assert "Traceback" not in caplog.text, caplog.text


def test_over_tls_the_cookie_is_secure(tmp_path):
    from room.serve.rooms import Browser

    from medimg.room.serve.app import create_app
    from medimg.room.serve.login import Logins

    logins, origin = Logins(), "https://reading.example"
    with filled(tmp_path / "labels.sqlite") as store:
        app = create_app(store, pixels, RoomSettings(CLASSES, origins=(origin,)), logins)
        told = Browser(app, origin).enter(logins.link("anna")).headers["set-cookie"]
    assert "Secure" in told
