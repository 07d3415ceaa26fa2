"""STOW-RS (PS3.18 10.5): one request for each file, so that each has an answer of its own.

By urllib of the standard library: one POST with a fixed body needs nothing that requests would add, and medimg no further package.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from pydicom import dcmread

from medimg.errors import ConfigError
from medimg.io.objects.send import REFUSED, STORED, UNREACHABLE, UNREADABLE, Sent, WebPeer

WAIT_S = 0.5  # before a second try, twice as long before the third
PASSING = (408, 425, 429, 500, 502, 503, 504)  # HTTP statuses that another try may cure
FAILED, REASON, STORED_THERE = "00081198", "00081197", "00081199"


class Stay(urllib.request.HTTPRedirectHandler):
    """No redirect is followed: the library would ask by GET, send nothing, and take the answer for one."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Leave the redirect as the answer."""


def stow(paths: list[Path], to: WebPeer) -> list[Sent]:
    """Send files in their order; after a peer has not been reached `to.tries` times, the rest is not tried."""
    if not to.url.startswith(("http://", "https://")):
        raise ConfigError(f"{to.url!r} is no address of a DICOMweb service: it begins with http:// or https://.")
    sent: list[Sent] = []
    away: Sent | None = None
    for path in paths:
        sent.append(_sent(path, to, away))
        away = sent[-1] if sent[-1].state == UNREACHABLE else away
    return sent


def _sent(path: Path, to: WebPeer, away: Sent | None) -> Sent:
    try:
        sop = str(dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
        data = path.read_bytes()
    except Exception:  # whatever it is, it cannot be sent; its own words could quote it
        return Sent(path, "", UNREADABLE, detail="no DICOM file", tries=0)
    if away:
        return Sent(path, sop, UNREACHABLE, away.status, away.detail, 0)
    for number in range(1, to.tries + 1):
        if number > 1:
            time.sleep(WAIT_S * 2 ** (number - 2))
        state, status, detail = _post(data, to)
        if state != UNREACHABLE:
            break
    return Sent(path, sop, state, status, detail, number)


def _post(data: bytes, to: WebPeer) -> tuple[str, str, str]:
    """Send once: state, status and detail."""
    boundary = uuid.uuid4().hex
    body = b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n--%b--\r\n" % (boundary.encode(), data, boundary.encode())
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        "Accept": "application/dicom+json",
        **to.headers,
    }
    request = urllib.request.Request(f"{to.url.rstrip('/')}/studies", body, headers, method="POST")
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=to.timeout_s) as answer:
            return _meaning(answer.status, answer.read())
    except urllib.error.HTTPError as answer:
        return _meaning(answer.code, answer.read())
    except (OSError, http.client.HTTPException) as fault:
        return UNREACHABLE, "", f"nobody answers there ({type(fault).__name__})"


def _meaning(status: int, body: bytes) -> tuple[str, str, str]:
    """An answer of STOW-RS: 200 and 202 are stored where the body is empty or names what was stored, and no failure."""
    if status in PASSING:
        return UNREACHABLE, str(status), f"the service cannot take it now (HTTP {status})"
    reason = _failure(body)
    if status in (200, 202) and reason is None and (not body or _named(body, STORED_THERE)):
        return STORED, str(status), ""
    if status in (200, 202) and reason is None:
        return REFUSED, str(status), f"what answers there does not name what it stored (HTTP {status})"
    said = f", DICOM failure 0x{reason:04X}" if reason else ""
    return REFUSED, str(status), f"the service does not take it (HTTP {status}{said})"


def _failure(body: bytes) -> int | None:
    """The failure reason in an answer's JSON, 0 for one without a number, None where no failure is named."""
    try:
        failed = _named(body, FAILED)
        return int((failed[0].get(REASON, {}).get("Value") or [0])[0]) if failed else None
    except (ValueError, AttributeError, TypeError, IndexError, KeyError):
        return None


def _named(body: bytes, tag: str) -> list[Any]:
    """The values of a tag in an answer in DICOM JSON; none where it is something else."""
    try:
        answer: Any = json.loads(body or b"{}")
        return list((answer[0] if isinstance(answer, list) else answer).get(tag, {}).get("Value") or [])
    except (ValueError, AttributeError, TypeError, IndexError, KeyError):
        return []
