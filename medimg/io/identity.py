"""Who is who: ids leave the reader as keyed hashes, and only the look-up table of this machine leads back."""

import functools
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from medimg.errors import ConfigError
from medimg.io.home import home

_HASHED = re.compile(r"anon-[0-9a-f]{8}-[0-9a-f]{16}")
_KEY_BYTES = 32


def hash_id(raw: str) -> str:
    """`anon-<fingerprint of the key>-<16 hex>`: the same for the same id under the same key; a hash stays as it is, "" stays ""."""
    return hash_ids([raw])[0]


def hash_ids(raws: Iterable[str]) -> list[str]:
    """Hash many ids, and note the new ones in the look-up table at once."""
    raws = [raw.strip() for raw in raws]
    key = _key(home())
    mark = _mark(key)
    new = {
        raw: f"anon-{mark}-{hmac.new(key, raw.encode(), hashlib.sha256).hexdigest()[:16]}"
        for raw in set(raws)
        if raw and not is_hashed(raw)
    }
    if new:
        with _table() as table:
            table.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?)", [(hashed, raw) for raw, hashed in sorted(new.items())])
    return [new.get(raw, raw) for raw in raws]


def is_hashed(value: str) -> bool:
    """True for an id that has the shape of a keyed hash."""
    return _HASHED.fullmatch(value) is not None


def key_fingerprint() -> str:
    """Eight hex digits that tell two keys apart and say nothing about either."""
    return _mark(_key(home()))


def fingerprint_of(hashed: str) -> str | None:
    """The fingerprint of the key that a hashed id was made with; None for a raw id."""
    return hashed[5:13] if is_hashed(hashed) else None


def whois(hashed: str) -> str | None:
    """The raw id behind a hash or a `site-...` or `op-...` pseudonym, if it was hashed on this machine."""
    site = re.fullmatch(r"(?:site|op)-([0-9a-f]{6})", hashed)
    with _table() as table:
        test, wanted = ("substr(hash, -6)", site[1]) if site else ("hash", hashed)
        row = table.execute(f"SELECT raw FROM ids WHERE {test} = ?", (wanted,)).fetchone()
    return None if row is None else str(row[0])


def _mark(key: bytes) -> str:
    return hmac.new(key, b"fingerprint of this key", hashlib.sha256).hexdigest()[:8]


@functools.lru_cache(maxsize=8)
def _key(folder: Path) -> bytes:
    path = folder / "identity.key"
    if not path.exists():
        _create(path, secrets.token_bytes(_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ConfigError(
            f"the identity key in medimg's own folder has {len(key)} bytes instead of {_KEY_BYTES}. Put the key back from a backup; "
            "a new key (move identity.key and identity.sqlite away) cannot be compared with runs made under the old one."
        )
    return key


def _create(path: Path, key: bytes) -> None:
    """Written in full under another name, then linked: of two processes one wins, and nobody ever sees half a key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@contextmanager
def _table() -> Iterator[sqlite3.Connection]:
    path = home() / "identity.sqlite"
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    table = sqlite3.connect(path, timeout=60)
    try:
        table.execute("CREATE TABLE IF NOT EXISTS ids (hash TEXT PRIMARY KEY, raw TEXT NOT NULL) WITHOUT ROWID")
        with table:
            yield table
    finally:
        table.close()
