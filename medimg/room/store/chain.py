"""A chain of hashes: each record's hash covers the record before, so that a changed, missing or inserted one shows."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any


def start(facts: Any) -> str:
    """Begin a chain with what it belongs to."""
    return link("", [facts])


def link(before: str, values: Sequence[Any]) -> str:
    """Hash a record of JSON values together with the hash before it: SHA-256, 64 hex digits."""
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def broken(first: str, records: Iterable[tuple[int, Sequence[Any], str]]) -> list[str]:
    """Check (number, values, hash) records against their hashes: a fault for a number that is missing, and for the first wrong hash."""
    faults, before, expected, sound = list[str](), first, 1, True
    for number, values, seen in records:
        if number != expected:
            gap = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
            faults.append(f"{gap} missing before {number}")
        if sound and link(before, values) != seen:
            faults.append(f"{number} is not what was written, or one before it is not")
            sound = False
        before, expected = seen, number + 1
    return faults
