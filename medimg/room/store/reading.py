"""What a store tells: items, readers, rounds, queues and labels, from rows that are only ever added."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from medimg.room.store import places, rounds, views
from medimg.room.store.database import Database
from medimg.room.store.history import History, genesis, read_history, read_meta
from medimg.room.store.records import Answer, Item, Place, Reader, RoundNow, Verification
from medimg.room.store.schema import EVENT_COLUMNS
from medimg.room.store.verify import verify


class Reading:
    """The half of a store that changes nothing."""

    def __init__(self, db: Database) -> None:
        self._db, self.path = db, db.path
        told = {row["key"]: row["value"] for row in db.rows("SELECT key, value FROM meta")}
        self.meta, self._first = read_meta(told["meta"]), genesis(told)

    def item(self, token: str) -> Item | None:
        """The item behind a token, None for a token nobody gave."""
        row = self._db.one("SELECT * FROM item WHERE token = ?", (token,))
        return Item(*row) if row else None

    def items(self, *, context: bool = False) -> pd.DataFrame:
        """What may be asked for, one row an item, with `excluded`; with `context` also what is only shown beside it."""
        frame = self._frame("SELECT * FROM item WHERE ? OR role <> 'context' ORDER BY item", (context,))
        return frame.assign(excluded=frame["item"].isin(self.excluded()))

    def excluded(self, until: int | None = None) -> set[str]:
        """Ids of the items nobody is asked about any more; `until`: as after that event."""
        return places.excluded(self._db, self.meta, until)

    def readers(self) -> list[Reader]:
        """All readers, in the order they came."""
        return [Reader(row["reader"], row["name"], row["role"]) for row in self._db.rows("SELECT * FROM reader ORDER BY reader")]

    def rounds(self) -> list[RoundNow]:
        """Every round with its state, the oldest first."""
        return rounds.rounds(self._db)

    def proposals(self, number: int | None = None) -> pd.DataFrame:
        """Why items are in rounds: round, item, rank, reason, score, inclusion, probabilities (a list)."""
        frame = self._frame("SELECT * FROM proposal WHERE ? IS NULL OR round = ? ORDER BY round, rank, item", (number, number))
        return frame.assign(probabilities=[json.loads(text) for text in frame["probabilities"]])

    def assignments(self, number: int | None = None) -> pd.DataFrame:
        """Who reads what: round, item, reader, position."""
        return self._frame("SELECT * FROM assignment WHERE ? IS NULL OR round = ? ORDER BY round, reader, position", (number, number))

    def events(self, after: int = 0, until: int | None = None) -> pd.DataFrame:
        """Events with after < seq <= until, in their order; `view` and `shown_prob` are JSON texts."""
        columns = ", ".join((*EVENT_COLUMNS, "hash"))
        last = "seq <= :until" if until is not None else "1"
        return self._frame(f"SELECT {columns} FROM event WHERE seq > :after AND {last} ORDER BY seq", {"after": after, "until": until})

    def queue(self, reader: int, number: int) -> list[Place]:
        """The places a reader is to answer in a round."""
        return places.queue(self._db, self.meta, reader, number)

    def last_answer(self, reader: int, number: int | None = None) -> Answer | None:
        """The newest standing label or skip of a reader: what the undo key takes back."""
        return places.last_answer(self._db, reader, number)

    def current_labels(self, until: int | None = None) -> pd.DataFrame:
        """One row for each reader and item (views.CURRENT), with the item's token, patient and role; `until`: as after that event."""
        return self._with_items(views.current(self.events(until=until), self.proposals(), self.meta))

    def gold_labels(self, until: int | None = None) -> pd.DataFrame:
        """One row for each labelled item (views.GOLD), with token, patient and role; label "" while readers disagree."""
        seen = self.events(until=until)
        return self._with_items(views.gold(views.current(seen, self.proposals(), self.meta), seen, self.meta))

    def changed_since(self, seq: int) -> pd.DataFrame:
        """Items whose label was another one after event `seq`: what a model that was trained then has learnt otherwise."""
        return self._with_items(views.changed(self.gold_labels(until=seq), self.gold_labels()))

    def disagreements(self) -> pd.DataFrame:
        """Items that readers labelled differently and nobody has settled, one row for each reader."""
        seen = self.events()
        return self._with_items(views.disagreements(views.current(seen, self.proposals(), self.meta), seen))

    def repeats(self) -> pd.DataFrame:
        """Hidden repeats beside the same reader's reading before (views.REPEATS)."""
        return self._with_items(views.repeats(self.events(), self.proposals(), self.meta))

    def history(self) -> History:
        """Read everything, as one moment saw it."""
        return read_history(self._db)

    def verify(self) -> Verification:
        """Check pages, hashes, batches and copies."""
        return verify(self._db)

    def _with_items(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.merge(self._frame("SELECT item, token, patient, role FROM item"), on="item", how="left")

    def _frame(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> pd.DataFrame:
        columns, rows = self._db.table(sql, values)
        return pd.DataFrame(rows, columns=columns)
