"""Fingerprints of files seen before, so that a second reading opens no image: keyed by path, size and time of change."""

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any

from medimg.io.cells import UIDS
from medimg.io.fingerprint import Facts
from medimg.io.home import cache_dir
from medimg.io.identity import hash_ids, key_fingerprint
from medimg.io.workers import Refused, each

VERSION = 3  # a new number when what is hashed changes
_FEW = 48  # below this, starting processes costs more than it saves
_BATCH = 256  # rows between two writes: what a killed scan loses at most


class Index:
    """A table in medimg's home; paths are stored as hashes, ids as keyed hashes."""

    def __init__(self, kind: str = "facts") -> None:
        self.path = cache_dir("index") / f"{kind}-{VERSION}-{key_fingerprint()}.sqlite"
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        self.table = sqlite3.connect(self.path, timeout=60)
        self.table.execute("CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.table.close()

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """The stored values of those keys that are known."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            found.update(self.table.execute(f"SELECT key, value FROM facts WHERE key IN ({marks})", part))
        return found

    def put(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Store values at once, durably."""
        with self.table:
            self.table.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", pairs)


def file_key(path: str, *extra: object) -> str | None:
    """Key of a file as it is now; None where there is no such file."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return hashlib.sha256(
        "\0".join(map(str, (path, state.st_size, state.st_mtime_ns, *extra))).encode(errors="surrogateescape")
    ).hexdigest()


def facts_of(
    tasks: Sequence[tuple[str, int]], *, workers: int | None = None, isolate: bool = False, seconds: float = 60.0, memory_mb: int = 4096
) -> list[Facts | Refused]:
    """Facts of each (path, frame) with hashed UIDs, from the index where the file has not changed; otherwise why not.

    `isolate` reads even a few files in child processes, for files that nobody has looked at yet.
    """
    keys = [file_key(path, frame) for path, frame in tasks]
    results: list[Facts | Refused] = [Refused("the file is not there")] * len(tasks)
    with Index() as index:
        known = index.get([key for key in keys if key])
        missing = [i for i, key in enumerate(keys) if key and key not in known]
        for i, key in enumerate(keys):
            if key in known:
                results[i] = _parsed(known[key])
        fresh: list[tuple[int, Facts]] = []
        few, limits = 0 if isolate else _FEW, {"workers": workers, "seconds": seconds, "memory_mb": memory_mb}
        for i, result in each("medimg.io.fingerprint:facts_in_child", [tasks[i] for i in missing], few=few, **limits):
            if isinstance(result, Refused):
                results[missing[i]] = result
            else:
                fresh.append((missing[i], Facts(*result)))
            if len(fresh) == _BATCH:
                _store(index, fresh, keys, results)
        _store(index, fresh, keys, results)
    return results


def _store(index: Index, fresh: list[tuple[int, Facts]], keys: list[str | None], results: list[Facts | Refused]) -> None:
    hashed = iter(hash_ids([getattr(facts, name) for _, facts in fresh for name in UIDS]))
    for i, facts in fresh:
        results[i] = Facts(**{**asdict(facts), **{name: next(hashed) for name in UIDS}})
    index.put([(str(keys[i]), _joined(results[i])) for i, _ in fresh])
    fresh.clear()


def _joined(facts: Any) -> str:
    return "|".join(map(str, astuple(facts)))


def _parsed(value: str) -> Facts:
    identity, pixels, frame, *header = value.split("|")
    return Facts(identity, pixels, int(frame), *header)
