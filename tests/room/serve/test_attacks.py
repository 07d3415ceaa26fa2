"""Attacks on a server that holds patients' images: each is refused, writes nothing and tells nothing."""

import json
import secrets

import pytest
from room.serve.rooms import ORIGIN, SECRETS, Browser, beside, entered, filled, token

from medimg.room.serve.guard import ALWAYS

MINE, CONTEXT, OTHERS = token(0, "FLAIR", 2), token(0, "T2", 1), token(5, "FLAIR", 2)
HOSTS = ["evil.example:8123", "127.0.0.1:9999", "127.0.0.1", "[::1]:8123", "127.0.0.1:8123@evil.example", "127.0.0.1:8123.evil.example", ""]
ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8123", "http://127.0.0.1:8123.evil.example", ""]
PATHS = [
    "/api/pixels/..%2f..%2f..%2fetc%2fpasswd", "/api/pixels/%2e%2e/%2e%2e/etc/passwd", "/api/pixels/%00", "/api/pixels/' OR 1=1 --",
    "/api/context/*", "/%2e%2e/settings.py", "/room.js/%2e%2e/words.yaml", "/words.yaml", "/closed.html", "//etc/passwd",
    "/static/room.js", "/labels.sqlite", "/api/pixels/" + "a" * 5000,
]  # fmt: skip
BODIES = {
    "a list": b"[1]",
    "not JSON": b"{",
    "not UTF-8": b'{"kind": "\xff"}',
    "deep": b"[" * 30000,
    "NaN": b'{"dwell_ms": NaN}',
    "a large number": b'{"dwell_ms": 1e999}',
}
FIELDS = {
    "another reader": {"reader": 2},
    "a made-up probability": {"shown_prob": [0.5, 0.5]},
    "a file": {"path": "/etc/passwd"},
    "a class that is none": {"value": "<script>"},
    "an import": {"kind": "import"},
    "an exclusion": {"kind": "exclude", "value": ""},
    "a reveal": {"kind": "reveal", "value": ""},
    "an adjudication": {"kind": "adjudicate"},
    "half a character": {"kind": "comment", "value": "\ud800"},
    "a long comment": {"kind": "comment", "value": "a" * 2001},
    "a key that is a statement": {"client_key": "'; DROP TABLE event; --"},
    "a negative time": {"dwell_ms": -1},
    "a number in words": {"round": "1"},
    "a truth for a number": {"round": True},
    "a large view": {"view": {"x": "a" * 81}},
    "a deep view": {"view": {"x": {"y": 1}}},
    "no key": {"client_key": None},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("room") / "labels.sqlite") as store:
        yield store


@pytest.fixture(scope="module")
def room(store):
    return entered(store)


@pytest.fixture
def anna(room):
    """A browser of her own for each attack, in one room."""
    return beside(room, "anna")


@pytest.fixture
def refuses(store, anna):
    """Asks, and proves that it was refused with the status, and nothing was written or told."""
    before = len(store.events())

    def ask(status, answer):
        assert answer.status_code == status, answer.text
        assert len(store.events()) == before
        assert not [secret for secret in SECRETS if secret in answer.text + str(answer.headers)]
        assert {name.lower(): value for name, value in ALWAYS.items()}.items() <= dict(answer.headers).items()
        assert not [name for name in answer.headers if name.startswith("access-control")]
        return answer

    return ask


def body(**fields):
    told = {"client_key": secrets.token_hex(16), "tab": "a" * 16, "kind": "label", "item": MINE, "round": 1, "value": "glioma"}
    return {name: value for name, value in (told | fields).items() if value is not None}


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_name(anna, refuses, host):
    refuses(421, anna.get("/api/state", headers={"Host": host}))
    refuses(421, anna.get("/login", params={"t": anna.logins.link("anna")}, headers={"Host": host}))


def test_a_proxys_word_for_the_host_is_not_believed(anna, refuses):
    refuses(421, anna.get("/api/state", headers={"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1:8123"}))


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_write_from_another_origin(anna, refuses, origin):
    refuses(403, anna.post_event("label", anna.place["current"], value="glioma", headers={"Origin": origin}))


def test_a_write_without_origin(anna, refuses):
    del anna.headers["Origin"]
    refuses(403, anna.post("/api/event", json=body(), headers={"X-CSRF": anna.csrf}))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_page_elsewhere_reads_nothing(anna, refuses, site):
    for address in ("/api/state", f"/api/pixels/{MINE}", f"/api/context/{MINE}", "/api/next", "/room.js"):
        refuses(403, anna.get(address, headers={"Sec-Fetch-Site": site}))
    refuses(403, anna.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}))


@pytest.mark.parametrize("cookie", [None, "", "guessed", "a" * 43])
def test_no_cookie_or_a_guessed_one(anna, refuses, cookie):
    name = next(iter(anna.cookies))
    anna.cookies.clear()
    if cookie is not None:
        anna.cookies.set(name, cookie)
    for address in ("/", "/room.js", "/api/state", f"/api/pixels/{MINE}", f"/api/context/{MINE}", "/api/next"):
        refuses(401, anna.get(address))
    refuses(401, anna.post("/api/event", json=body(), headers={"X-CSRF": anna.csrf}))


def test_a_link_that_was_used(anna, refuses):
    link = anna.logins.link("anna")
    assert Browser(anna.app).enter(link).status_code == 200
    again = Browser(anna.app)
    refuses(403, again.enter(link))
    assert not again.cookies


def test_a_link_that_was_replaced(anna, refuses):
    old, new = anna.logins.link("anna"), anna.logins.link("anna")
    refuses(403, Browser(anna.app).enter(old))
    assert Browser(anna.app).enter(new).status_code == 200


def test_guessing_links_is_slowed_down_and_keeps_nobody_out(store):
    anna = entered(store)
    codes = [Browser(anna.app).enter(secrets.token_urlsafe(32)).status_code for _ in range(12)]
    assert codes == [403] * 10 + [429] * 2
    assert Browser(anna.app).enter(anna.logins.link("anna")).status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}])
def test_a_preview_does_not_spend_a_link(anna, refuses, headers):
    link = anna.logins.link("anna")
    refuses(405, anna.get("/login", params={"t": link}, headers=headers))
    refuses(405, anna.head("/login", params={"t": link}))
    assert Browser(anna.app).enter(link).status_code == 200


@pytest.mark.parametrize("csrf", [None, "", "a" * 43, "é"])
def test_a_write_without_the_pages_token(anna, refuses, csrf):
    headers = {} if csrf is None else {"X-CSRF": csrf.encode()}
    refuses(403, anna.post("/api/event", json=body(), headers=headers))
    refuses(403, anna.post("/api/pause", json=body(kind="pause", item=None, round=None, value=None), headers=headers))


def test_the_token_of_another_session(anna, refuses):
    other = beside(anna, "anna")
    refuses(403, anna.post("/api/event", json=body(), headers={"X-CSRF": other.csrf}))


@pytest.mark.parametrize("path", PATHS)
def test_tricks_with_paths(anna, refuses, path):
    answer = anna.get(ORIGIN + path)
    refuses(404, answer)
    assert "root:" not in answer.text


def test_an_image_of_another_readers_patient(tmp_path):
    with filled(tmp_path / "two.sqlite", readers=("anna",)) as store:
        store.add_reader("eve")
        eve = entered(store, "eve")
        known, unknown = eve.get(f"/api/pixels/{OTHERS}"), eve.get("/api/pixels/nobody-knows-this")
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (404, {"error": "item"})
        assert eve.post("/api/event", json=body(item=OTHERS), headers={"X-CSRF": eve.csrf}).status_code == 404


def test_a_label_for_an_image_that_was_not_asked_for(anna, refuses):
    refuses(409, anna.post("/api/event", json=body(item=CONTEXT), headers={"X-CSRF": anna.csrf}))
    refuses(409, anna.post("/api/event", json=body(round=7), headers={"X-CSRF": anna.csrf}))


def test_taking_back_what_another_reader_said(tmp_path):
    with filled(tmp_path / "two.sqlite", readers=("anna", "eve")) as store:
        anna = entered(store)
        eve = beside(anna, "eve")
        seq = anna.label("glioma").json()["seq"]
        answer = eve.post("/api/event", json=body(kind="undo", value="", supersedes=seq), headers={"X-CSRF": eve.csrf})
        assert answer.status_code == 409
        assert list(store.current_labels()["label"]) == ["glioma"]


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000])
def test_an_oversize_body(anna, refuses, size):
    refuses(413, anna.post("/api/event", content=b" " * size, headers={"X-CSRF": anna.csrf, "Content-Type": "application/json"}))


def test_an_oversize_body_that_does_not_tell_its_length(anna, refuses):
    endless = (b" " * 4096 for _ in range(32))
    refuses(413, anna.post("/api/event", content=endless, headers={"X-CSRF": anna.csrf, "Content-Type": "application/json"}))


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 30])
def test_a_length_that_is_none(anna, refuses, length):
    headers = {"X-CSRF": anna.csrf, "Content-Type": "application/json", "Content-Length": length.encode()}
    refuses(413, anna.post("/api/event", content=b"{}", headers=headers))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_form_of_another_page(anna, refuses, kind):
    refuses(415, anna.post("/api/event", content=json.dumps(body()), headers={"X-CSRF": anna.csrf, "Content-Type": kind}))


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_record(anna, refuses, sent):
    status = 422 if b"999" in sent else 400
    refuses(status, anna.post("/api/event", content=sent, headers={"X-CSRF": anna.csrf, "Content-Type": "application/json"}))


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_a_record_with_a_field_that_is_not_the_pages(anna, refuses, fields):
    sent = json.dumps(body(**fields)).encode()
    refuses(422, anna.post("/api/event", content=sent, headers={"X-CSRF": anna.csrf, "Content-Type": "application/json"}))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods(anna, refuses, method):
    headers = {"Access-Control-Request-Method": "POST", "Content-Type": "application/json", "X-CSRF": anna.csrf}
    for address in ("/", "/api/event", f"/api/pixels/{MINE}", "/login"):
        refuses(405, anna.request(method, address, headers=headers))


def test_a_web_socket(anna):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), anna.websocket_connect("/api/event"):
        pass


def test_a_session_that_was_left(store, refuses, monkeypatch):
    import time

    anna = entered(store)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 12.1 * 3600)
    refuses(401, anna.get("/api/state"))


def test_every_answer_forbids_framing_sniffing_and_keeping(anna):
    for address in ("/", "/room.js", "/room.css", "/icon.svg", "/api/state", f"/api/pixels/{MINE}", "/api/nothing"):
        headers = anna.get(address).headers
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(anna):
    told = Browser(anna.app).enter(anna.logins.link("anna")).headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    assert "max-age" not in told
    assert "expires" not in told
