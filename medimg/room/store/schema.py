"""The tables of the store. Rows are added and never changed: triggers refuse every update and delete, and states are derived."""

from medimg.room.store.records import KINDS, READER_ROLES, ROLES, STATES, WHYS

VERSION = 1


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"CHECK ({column} IN ({', '.join(repr(word) for word in words)}))"


TABLES = {
    "meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    "item": f"""item TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, patient TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL,
        sequence TEXT NOT NULL, slice_mm REAL, frame INTEGER NOT NULL, path TEXT NOT NULL, pixel_sha256 TEXT NOT NULL,
        role TEXT NOT NULL {_one_of("role", ROLES)}""",
    "reader": f"""reader INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, at_utc TEXT NOT NULL,
        role TEXT NOT NULL {_one_of("role", READER_ROLES)}""",
    "round": """round INTEGER PRIMARY KEY, strategy TEXT NOT NULL, params TEXT NOT NULL, seed INTEGER NOT NULL, model TEXT NOT NULL,
        budget INTEGER NOT NULL""",
    "proposal": f"""round INTEGER NOT NULL REFERENCES round, item TEXT NOT NULL REFERENCES item, rank INTEGER NOT NULL,
        reason TEXT NOT NULL {_one_of("reason", WHYS)}, score REAL, inclusion REAL, probabilities TEXT NOT NULL,
        PRIMARY KEY (round, item, reason)""",
    "assignment": """round INTEGER NOT NULL REFERENCES round, item TEXT NOT NULL REFERENCES item,
        reader INTEGER NOT NULL REFERENCES reader, position INTEGER NOT NULL, PRIMARY KEY (round, reader, item),
        UNIQUE (round, reader, position)""",
    "move": f"""move INTEGER PRIMARY KEY AUTOINCREMENT, round INTEGER NOT NULL REFERENCES round,
        state TEXT NOT NULL {_one_of("state", STATES)}, at_utc TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL,
        UNIQUE (round, state)""",
    "event": f"""seq INTEGER PRIMARY KEY AUTOINCREMENT, client_key TEXT NOT NULL UNIQUE, at_utc TEXT NOT NULL, mono_ms INTEGER NOT NULL,
        reader INTEGER NOT NULL REFERENCES reader, item TEXT REFERENCES item, round INTEGER REFERENCES round,
        kind TEXT NOT NULL {_one_of("kind", KINDS)}, value TEXT NOT NULL, confidence TEXT NOT NULL, reason TEXT NOT NULL,
        supersedes INTEGER REFERENCES event, shown_model TEXT, shown_prob TEXT, reveal TEXT NOT NULL, view TEXT NOT NULL,
        dwell_ms INTEGER NOT NULL, app_version TEXT NOT NULL, hash TEXT NOT NULL""",
}
INDICES = (
    "CREATE INDEX event_place ON event (round, reader, item)",
    "CREATE INDEX event_item ON event (item)",
    "CREATE INDEX event_undo ON event (supersedes) WHERE supersedes IS NOT NULL",
    "CREATE INDEX event_out ON event (kind, item) WHERE kind IN ('skip', 'exclude')",
)
EVENT_COLUMNS = (
    "seq", "client_key", "at_utc", "mono_ms", "reader", "item", "round", "kind", "value", "confidence", "reason", "supersedes",
    "shown_model", "shown_prob", "reveal", "view", "dwell_ms", "app_version",
)  # fmt: skip
MOVE_COLUMNS = ("move", "round", "state", "at_utc", "detail")


def statements() -> list[str]:
    """Every statement that makes an empty store."""
    made = [f"CREATE TABLE {name} ({columns}) STRICT" for name, columns in TABLES.items()]
    kept = [
        f"CREATE TRIGGER {name}_no_{act.lower()} BEFORE {act} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, 'records of {name} are added and never changed'); END"
        for name in TABLES
        for act in ("UPDATE", "DELETE")
    ]
    return [*made, *INDICES, *kept, f"PRAGMA user_version = {VERSION}"]
