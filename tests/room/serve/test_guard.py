"""The door, with requests that a client library would not send."""

import socket
from pathlib import Path

import pytest
from room.serve.rooms import CLASSES, filled, pixels

from medimg.room.serve.run import opened
from medimg.room.serve.settings import RoomSettings

HOST = "Host: 127.0.0.1:{port}"
RAW = {
    "up the folders": ("GET /../../../../etc/passwd HTTP/1.1", HOST),
    "a whole address": ("GET http://evil.example/api/state HTTP/1.1", "Host: evil.example"),
    "two hosts": ("GET /api/state HTTP/1.1", HOST, "Host: evil.example"),
    "no host": ("GET /api/state HTTP/1.1",),
    "no host, old protocol": ("GET /api/state HTTP/1.0",),
    "two lengths": ("POST /api/event HTTP/1.1", HOST, "Content-Length: 0", "Content-Length: 50"),
    "length and chunks": ("POST /api/event HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked"),
    "endless headers": ("GET /api/state HTTP/1.1", HOST, *(f"X-{n}: {'a' * 1000}" for n in range(40))),
    "a header in a header": ("GET /api/state HTTP/1.1", HOST, "Cookie: a\x00b"),
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("room") / "labels.sqlite") as store, opened(store, pixels, RoomSettings(CLASSES)) as room:
        yield int(room.origin.rpartition(":")[2])


@pytest.mark.parametrize("lines", RAW.values(), ids=RAW)
def test_a_request_that_no_browser_sends(port, lines):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(("\r\n".join(lines).format(port=port) + "\r\nConnection: close\r\n\r\n").encode())
        answer = b""
        while part := line.recv(65536):
            answer += part
    assert answer.split()[1][:1] == b"4"
    assert b"root:" not in answer
    assert b"uvicorn" not in answer.lower()


def test_only_loopback_is_listened_to(port):
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    assert [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
