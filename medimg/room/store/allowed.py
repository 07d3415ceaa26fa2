"""Which event may be written now: the rules of the reading room."""

from dataclasses import replace
from sqlite3 import Row

from medimg.room.store.database import Database
from medimg.room.store.faults import Refused
from medimg.room.store.records import ANSWERS, CONFIDENCES, KINDS, SKIPS, UNDONE, Event, Meta

OF_A_PLACE = ("label", "skip", "reveal", "revise_after_reveal")
CLASSED = ("label", "import", "adjudicate", "revise_after_reveal")
LONGEST = 4000  # characters of a comment
NO_ITEM = ("pause", "resume", "comment")
NOT_UNDONE = "NOT EXISTS (SELECT 1 FROM event later WHERE later.supersedes = event.seq AND later.kind = 'undo')"


def check(db: Database, meta: Meta, event: Event) -> Event:
    """Give back the event, an undo with what it takes back filled in; Refused says what is wrong, which value, and what is allowed."""
    reader = db.one("SELECT role FROM reader WHERE reader = ?", (event.reader,))
    if not event.client_key or len(event.client_key) > 200:
        raise Refused("an event needs a client_key of 1 to 200 characters.")
    if len(event.value) > LONGEST or not (0 <= event.dwell_ms < 2**53 and 0 <= event.mono_ms < 2**53):
        raise Refused(f"an event's text has at most {LONGEST} characters, and its times are milliseconds from 0 on.")
    if event.kind not in KINDS:
        raise Refused(f"'{event.kind}' is no kind of event. Kinds: {', '.join(KINDS)}.")
    if reader is None:
        raise Refused(f"there is no reader {event.reader}.")
    if event.item is None and event.kind not in NO_ITEM:
        raise Refused(f"{event.kind} needs an item.")
    if event.item is not None:
        _asked_for(db, event.item)
    if event.kind in CLASSED and event.value not in meta.classes:
        raise Refused(f"'{event.value}' is no class. Classes: {', '.join(meta.classes)}.")
    if event.kind == "skip" and event.reason not in SKIPS:
        raise Refused(f"'{event.reason}' is no reason to skip. Reasons: {', '.join(SKIPS)}.")
    if event.confidence not in CONFIDENCES:
        raise Refused(f"'{event.confidence}' is no confidence. Write {', '.join(CONFIDENCES[1:])} or nothing.")
    if event.kind == "adjudicate" and reader["role"] != "adjudicator":
        raise Refused(f"reader {event.reader} is {reader['role']}, and only an adjudicator settles a disagreement.")
    if event.kind in OF_A_PLACE:
        _place(db, event)
    return _undo(db, event) if event.kind == "undo" else event


def _asked_for(db: Database, item: str) -> None:
    row = db.one("SELECT role FROM item WHERE item = ?", (item,))
    if row is None:
        raise Refused(f"there is no item {item}.")
    if row["role"] == "context":
        raise Refused(f"item {item} is shown beside others and is not asked for.")


def _place(db: Database, event: Event) -> None:
    """An answer needs a place in the reader's queue; what was answered before the model was shown changes by a revision only."""
    here = (event.round, event.reader, event.item)
    if db.one("SELECT 1 FROM assignment WHERE round = ? AND reader = ? AND item = ?", here) is None:
        raise Refused(f"item {event.item} is not in the queue of reader {event.reader} in round {event.round}.")
    if db.one("SELECT 1 FROM move WHERE round = ? AND state = 'labelling'", (event.round,)) is None:
        raise Refused(f"round {event.round} is proposed, and not yet open for labels.")
    answer, shown = standing(db, event), _shown(db, event)
    if event.kind == "revise_after_reveal" and (answer is None or answer["kind"] != "label" or not shown):
        raise Refused(f"item {event.item} has no answer of reader {event.reader} that the model was shown for: label it.")
    if event.kind in ("label", "skip") and answer is not None and shown > answer["seq"]:
        raise Refused(f"the model was shown after the answer to item {event.item}: change it by revise_after_reveal.")


def _undo(db: Database, event: Event) -> Event:
    if event.supersedes is None:
        answer = standing(db, event)
        if answer is None:
            raise Refused(f"reader {event.reader} has no standing answer to item {event.item} in round {event.round}.")
        event = replace(event, supersedes=answer["seq"])
    row = db.one(f"SELECT * FROM event WHERE seq = ? AND {NOT_UNDONE}", (event.supersedes,))
    if row is None or row["reader"] != event.reader or row["item"] != event.item or row["round"] != event.round:
        raise Refused(f"event {event.supersedes} is not there to be undone: not of this reader, item and round, or undone already.")
    if row["kind"] not in UNDONE:
        raise Refused(f"event {event.supersedes} is {row['kind']}, which cannot be undone.")
    if row["kind"] in ("label", "skip") and _shown(db, event) > row["seq"]:
        raise Refused(f"the model was shown after event {event.supersedes}: change the answer by revise_after_reveal.")
    return event


def standing(db: Database, event: Event) -> Row | None:
    """The reader's standing answer at this place."""
    return db.one(
        f"""SELECT * FROM event WHERE round IS ? AND reader = ? AND item = ? AND kind IN {ANSWERS} AND {NOT_UNDONE}
        ORDER BY seq DESC LIMIT 1""",
        (event.round, event.reader, event.item),
    )


def _shown(db: Database, event: Event) -> int:
    """The last time the model was shown to this reader at this place: a seq, 0 for never."""
    row = db.one(
        "SELECT max(seq) FROM event WHERE round IS ? AND reader = ? AND item = ? AND kind = 'reveal'",
        (event.round, event.reader, event.item),
    )
    return int(row[0] or 0) if row else 0
