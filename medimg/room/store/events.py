"""Events: checked, chained and written once, however often they are posted."""

import json
from collections.abc import Sequence
from typing import Any

from medimg import __version__
from medimg.room.store import chain
from medimg.room.store.allowed import check
from medimg.room.store.clock import now
from medimg.room.store.database import Database
from medimg.room.store.faults import Conflict, Refused
from medimg.room.store.records import Event, Meta, Stored
from medimg.room.store.schema import EVENT_COLUMNS

SAME = ("reader", "item", "round", "kind", "value", "confidence", "reason")  # what a repeated post must repeat


def write(db: Database, first: str, meta: Meta, events: Sequence[Event]) -> list[Stored]:
    """Write events in one transaction, all or none; one whose key is known already is answered with its first receipt.

    Raises Refused for what is not allowed, Conflict for a known key with another content.
    """
    receipts = []
    with db.transaction():
        for event in events:
            receipts.append(_repeated(db, event) or _add(db, first, check(db, meta, event)))
    return receipts


def _repeated(db: Database, event: Event) -> Stored | None:
    row = db.one("SELECT * FROM event WHERE client_key = ?", (event.client_key,))
    if row is None:
        return None
    other = [name for name in SAME if row[name] != getattr(event, name)]
    if event.supersedes not in (None, row["supersedes"]):
        other.append("supersedes")
    if other:
        raise Conflict(f"key {event.client_key} came again with another {', '.join(other)}; event {row['seq']} stands. Make a new key.")
    return Stored(row["seq"], row["hash"], True)


def _add(db: Database, first: str, event: Event) -> Stored:
    last = db.one("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
    place, before = (last["seq"] + 1, last["hash"]) if last else (1, first)
    given: dict[str, Any] = {
        **vars(event),
        "seq": place,
        "at_utc": now(),
        "app_version": __version__,
        "view": _json(dict(event.view)),
        "shown_prob": None if event.shown_prob is None else _json(list(event.shown_prob)),
    }
    values = {name: given[name] for name in EVENT_COLUMNS}
    seal = chain.link(before, list(values.values()))
    db.add("event", values | {"hash": seal})
    return Stored(place, seal, False)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as fault:
        raise Refused(f"view and shown_prob hold numbers, texts and lists of them: {fault}.") from None
