import json
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from medimg.io.objects import WebPeer, send

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
FAILED = json.dumps({"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0x0110]}}]}}).encode()
STORED = json.dumps({"00081199": {"vr": "SQ", "Value": [{}]}}).encode()


pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def service():
    """A DICOMweb service that gives the answers it is told, then 200: (peer, requests, answers)."""
    requests, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.path, self.headers, body))
            status, said = answers.pop(0) if answers else (200, STORED)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self):  # where a redirect that is followed would end
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield WebPeer(f"http://127.0.0.1:{server.server_port}/dicom-web/", {"Authorization": "Bearer x"}), requests, answers
    server.shutdown()
    server.server_close()


def test_each_object_is_one_request_that_holds_its_bytes(objects, service):
    to, requests, _ = service
    sent = send(objects, to)
    assert [(one.path, one.state, one.status) for one in sent] == [(path, "stored", "200") for path in objects]
    for path, (address, headers, body) in zip(objects, requests, strict=True):
        assert address == "/dicom-web/studies"
        assert headers["Authorization"] == "Bearer x"
        assert headers["Accept"] == "application/dicom+json"
        message = message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\nMIME-Version: 1.0\r\n\r\n" + body)
        (part,) = message.get_payload()
        assert (message.get_param("type"), part.get_content_type()) == ("application/dicom", "application/dicom")
        assert path.read_bytes() in body


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        ((409, FAILED), "refused", "0x0110"), ((202, FAILED), "refused", "0x0110"), ((200, FAILED), "refused", "0x0110"),
        ((202, STORED), "stored", ""), ((200, b""), "stored", ""),
        ((200, b"<html>log in</html>"), "refused", "does not name what it stored"),
        ((302, b""), "refused", "HTTP 302"), ((401, b""), "refused", "HTTP 401"), ((404, b"not here"), "refused", "HTTP 404"),
    ],
)  # fmt: skip
def test_an_answer_is_for_its_object_only(objects, service, answer, state, detail):
    to, requests, answers = service
    answers.append(answer)
    sent = send(objects, to)
    assert [one.state for one in sent] == [state, "stored", "stored", "stored"]
    assert detail in sent[0].detail
    assert (sent[0].status, sent[0].tries, len(requests)) == (str(answer[0]), 1, len(objects))


def test_a_service_that_is_busy_is_tried_again(objects, service):
    to, requests, answers = service
    answers.extend([(503, b""), (429, b"")])
    sent = send(objects, to)
    assert [(one.state, one.tries) for one in sent] == [("stored", 3), ("stored", 1), ("stored", 1), ("stored", 1)]
    assert len(requests) == 6


def test_after_all_tries_the_rest_is_not_tried(objects, service):
    to, requests, answers = service
    answers.extend([(503, b"")] * 9)
    sent = send(objects, to)
    assert [(one.state, one.tries) for one in sent] == [("unreachable", 3), *[("unreachable", 0)] * 3]
    assert {one.status for one in sent} == {"503"}
    assert len(requests) == 3
