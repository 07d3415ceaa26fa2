"""A reader's queue: the places of a round in their order, with what stands there, and others in the place of skipped ones."""

from collections import Counter
from dataclasses import replace

from medimg.room.store.allowed import NOT_UNDONE
from medimg.room.store.database import Database
from medimg.room.store.records import ANSWERS, Answer, Meta, Place

LAST = 2**62  # no event has a higher number
STOOD = "NOT EXISTS (SELECT 1 FROM event later WHERE later.supersedes = {0}.seq AND later.kind = 'undo' AND later.seq <= :last)"
OUT = f"""SELECT item, kind, reader FROM event WHERE kind IN ('skip', 'exclude') AND seq <= :last AND {STOOD.format("event")}
    AND (kind = 'exclude' OR NOT EXISTS (SELECT 1 FROM event answer WHERE answer.item = event.item AND answer.reader = event.reader
    AND answer.kind IN ('label', 'import') AND answer.seq <= :last AND {STOOD.format("answer")} AND (answer.seq > event.seq
    OR (answer.round IS NOT event.round AND EXISTS (SELECT 1 FROM proposal
    WHERE proposal.round = event.round AND proposal.item = event.item AND proposal.reason = 'repeat')))))"""


def queue(db: Database, meta: Meta, reader: int, number: int) -> list[Place]:
    """List the places a reader is to answer in a round.

    skip_policy `replace`: reserves of this reader appear, in order, while answers and open places are fewer than asked for; `count`: a
    skip is an answer; `retry_end`: what was skipped once comes again at the end.
    """
    with db.snapshot():
        rows = db.rows(
            """SELECT item, token, position, min(reason = 'reserve') AS reserve FROM assignment JOIN item USING (item)
            JOIN proposal USING (round, item) WHERE round = ? AND reader = ? GROUP BY item ORDER BY position""",
            (number, reader),
        )
        answers = db.rows(
            f"SELECT item, kind, value, seq FROM event WHERE round = ? AND reader = ? AND kind IN {ANSWERS} AND {NOT_UNDONE} ORDER BY seq",
            (number, reader),
        )
        out = excluded(db, meta)
    last = {row["item"]: row for row in answers}
    skips = Counter(row["item"] for row in answers if row["kind"] == "skip")
    kept, again, spare = list[Place](), list[Place](), list[Place]()
    for row in rows:
        place, answer = Place(row["item"], row["token"], row["position"], "open"), last.get(row["item"])
        if answer is not None:
            place = replace(place, state="skipped" if answer["kind"] == "skip" else "labelled", label=answer["value"], seq=answer["seq"])
        elif place.item in out:
            place = replace(place, state="skipped")
        if row["reserve"]:
            spare.append(place)
        elif meta.skip_policy == "retry_end" and place.state == "skipped" and skips[place.item] == 1:
            again.append(replace(place, state="open"))
        else:
            kept.append(place)
    wanted = len(kept) if meta.skip_policy == "replace" else 0
    for place in spare:
        if place.seq is not None or sum(one.state != "skipped" for one in kept) < wanted:
            kept.append(place)
    return [*kept, *again]


def excluded(db: Database, meta: Meta, until: int | None = None) -> set[str]:
    """Items nobody is asked about any more: taken out, or skipped by `exclude_after` readers and labelled by none of them since.

    A skip of a hidden repeat, whose first label stands, takes nothing out. `until`: as it was after that event.
    """
    rows = db.rows(OUT, {"last": LAST if until is None else until})
    skippers = Counter(item for item, _ in {(row["item"], row["reader"]) for row in rows if row["kind"] == "skip"})
    return {row["item"] for row in rows if row["kind"] == "exclude"} | {i for i, n in skippers.items() if n >= meta.exclude_after}


def last_answer(db: Database, reader: int, number: int | None = None) -> Answer | None:
    """The newest standing label or skip of a reader, in one round or in all: what the undo key takes back."""
    row = db.one(
        f"""SELECT seq, item, token, round, kind, value FROM event JOIN item USING (item)
        WHERE reader = ? AND kind IN ('label', 'skip') AND (? IS NULL OR round = ?) AND {NOT_UNDONE} ORDER BY seq DESC LIMIT 1""",
        (reader, number, number),
    )
    return Answer(*row) if row else None
