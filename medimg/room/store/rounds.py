"""Rounds: begun in one transaction, then moved from state to state in one order only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from medimg.room.store import chain
from medimg.room.store.clock import now
from medimg.room.store.database import Database
from medimg.room.store.faults import Refused
from medimg.room.store.records import STATES, Proposal, Round, RoundNow, RoundState

Assignment = tuple[str, int, int]  # item, reader, position


def rounds(db: Database) -> list[RoundNow]:
    """Every round with its state, the oldest first."""
    with db.snapshot():
        rows, moves = db.rows("SELECT * FROM round ORDER BY round"), db.rows("SELECT * FROM move ORDER BY move")
    found = []
    for row in rows:
        own = [move for move in moves if move["round"] == row["round"]]
        told = Round(row["round"], row["strategy"], json.loads(row["params"]), row["seed"], row["model"], row["budget"])
        found.append(RoundNow(told, own[-1]["state"], own[-1]["at_utc"], {move["state"]: json.loads(move["detail"]) for move in own}))
    return found


def begin(db: Database, first: str, told: Round, proposals: Sequence[Proposal], assignments: Iterable[Assignment]) -> None:
    """Write a round, why its items are in it and who reads what; from here the batch is fixed."""
    with db.transaction():
        known = rounds(db)
        if known and (told.number != known[-1].round.number + 1 or known[-1].state != STATES[-1]):
            last = known[-1]
            raise Refused(f"round {told.number} cannot begin: round {last.round.number} is {last.state}.")
        values = {"round" if name == "number" else name: value for name, value in vars(told).items()}
        db.add("round", values | {"params": json.dumps(dict(told.params), sort_keys=True)})
        for one in proposals:
            db.add("proposal", {"round": told.number, **vars(one), "probabilities": json.dumps(list(one.probabilities))})
        named = {one.item for one in proposals}
        for item, reader, position in assignments:
            if item not in named:
                raise Refused(f"round {told.number}: item {item} is given to a reader, but is not proposed.")
            db.add("assignment", {"round": told.number, "item": item, "reader": reader, "position": position})
        _add_move(db, first, told.number, STATES[0], {"batch": batch_hash(db, told.number)})


def move(db: Database, first: str, number: int, to: RoundState, detail: Mapping[str, Any]) -> None:
    """Take a round to its next state; what a step leaves behind (a file's hash, a metric) goes into `detail`."""
    with db.transaction():
        known = {one.round.number: one.state for one in rounds(db)}
        if number not in known:
            raise Refused(f"there is no round {number}.")
        place = STATES.index(known[number])
        if to not in STATES[place + 1 : place + 2]:
            raise Refused(f"round {number} is {known[number]} and cannot become {to}.")
        last = db.one("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
        head = {"last_event": last["seq"], "last_hash": last["hash"]} if last else {"last_event": 0, "last_hash": first}
        _add_move(db, first, number, to, {**detail, **head})


def batch_hash(db: Database, number: int) -> str:
    """Hash all that defines a batch: the round, its proposals with the items behind them, who reads what."""
    parts = [
        "SELECT * FROM round WHERE round = ?",
        "SELECT * FROM proposal JOIN item USING (item) WHERE round = ? ORDER BY item, reason",
        "SELECT * FROM assignment WHERE round = ? ORDER BY reader, position",
    ]
    return chain.start([[list(row) for row in db.rows(sql, (number,))] for sql in parts])


def readers_hash(db: Database, last: int) -> str:
    """Hash the readers up to a number: the events name readers by number, and this is who they are."""
    return chain.start([list(row) for row in db.rows("SELECT * FROM reader WHERE reader <= ? ORDER BY reader", (last,))])


def _add_move(db: Database, first: str, number: int, state: RoundState, detail: Mapping[str, Any]) -> None:
    last = db.one("SELECT move, hash FROM move ORDER BY move DESC LIMIT 1")
    place, before = (last["move"] + 1, last["hash"]) if last else (1, first)
    reader = int((db.one("SELECT coalesce(max(reader), 0) FROM reader") or [0])[0])
    detail = {**detail, "last_reader": reader, "readers": readers_hash(db, reader)}
    values = {"move": place, "round": number, "state": state, "at_utc": now(), "detail": json.dumps(detail, sort_keys=True)}
    db.add("move", values | {"hash": chain.link(before, list(values.values()))})
