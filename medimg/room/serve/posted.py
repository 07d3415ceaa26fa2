"""What the page posts, checked field by field before anything else sees it."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from medimg.room.serve.guard import Refused
from medimg.room.store import CONFIDENCES, SKIPS

KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
WORD = re.compile(r"[a-z_]{1,24}")
DAY_MS, EXACT = 86_400_000, 2**53  # a browser's whole numbers are exact up to here
KINDS = {
    "expert": ("view_open", "label", "skip", "flag", "comment", "undo", "revise_after_reveal"),
    "adjudicator": ("view_open", "adjudicate", "flag", "comment", "undo"),
}
CLASSED = ("label", "adjudicate", "revise_after_reveal")

Check = Callable[[Any], bool]


def _text(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _count(most: int) -> Check:
    return lambda value: type(value) is int and 0 <= value <= most


def _speech(value: Any) -> bool:
    """Up to 2,000 characters that can be written as UTF-8."""
    return isinstance(value, str) and len(value) <= 2000 and not any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in value)


def _view(value: Any) -> bool:
    """How the image was looked at: a few short words with numbers or short texts."""

    def small(one: Any) -> bool:
        return type(one) is bool or (type(one) in (int, float) and math.isfinite(one)) or (_speech(one) and len(one) <= 80)

    return isinstance(value, dict) and len(value) <= 16 and all(WORD.fullmatch(name) and small(one) for name, one in value.items())


FIELDS: Mapping[str, tuple[Check, Any]] = {  # name -> (check, what it is when left out); ... : it must be there
    "client_key": (_text(KEY), ...),
    "tab": (_text(KEY), ...),
    "kind": (_text(WORD), ...),
    "item": (lambda value: value is None or _text(TOKEN)(value), None),
    "round": (lambda value: value is None or _count(2**31)(value), None),
    "value": (_speech, ""),
    "confidence": (lambda value: value in CONFIDENCES, ""),
    "reason": (lambda value: value == "" or value in SKIPS, ""),
    "supersedes": (lambda value: value is None or _count(EXACT)(value), None),
    "view": (_view, {}),
    "dwell_ms": (_count(DAY_MS), 0),
    "mono_ms": (_count(EXACT), 0),
}


def read(body: bytes, role: str, classes: tuple[str, ...]) -> dict[str, Any]:
    """The fields of one event; `Refused` 400 where it is no JSON object, 422 where a field is not what it should be."""
    found = _fields(body)
    _fits(found, role, classes)
    return found


def read_pause(body: bytes) -> dict[str, Any]:
    """The fields of a pause or its end."""
    found = _fields(body)
    if found["kind"] not in ("pause", "resume") or any(found[name] for name in ("item", "value", "confidence", "reason", "supersedes")):
        raise Refused(422, "kind")
    return found


def _fields(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "json") from None
    if not isinstance(told, dict):
        raise Refused(400, "json")
    if not set(told) <= set(FIELDS):
        raise Refused(422, "fields")
    found = {name: told.get(name, default) for name, (_, default) in FIELDS.items()}
    for name, (check, _) in FIELDS.items():
        if found[name] is ... or not check(found[name]):
            raise Refused(422, name)
    return found


def _fits(found: Mapping[str, Any], role: str, classes: tuple[str, ...]) -> None:
    """What each kind of event needs."""
    kind, value = found["kind"], found["value"]
    if kind not in KINDS.get(role, ()):
        raise Refused(422, "kind")
    if found["item"] is None:
        raise Refused(422, "item")
    right = (
        value in classes if kind in CLASSED
        else value in ("", "1") if kind == "flag"
        else bool(value.strip()) if kind == "comment"
        else value == ""
    )  # fmt: skip
    if not right:
        raise Refused(422, "value")
    if (kind == "skip") != bool(found["reason"]):
        raise Refused(422, "reason")
    if (kind == "undo") != (found["supersedes"] is not None):
        raise Refused(422, "supersedes")


def _no_constant(name: str) -> None:
    raise ValueError(name)
