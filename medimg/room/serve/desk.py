"""Where each reader stands: the image to answer now, those after it, the last answer, and how far it is to go."""

from dataclasses import dataclass
from typing import Any

from medimg.room.serve.index import Index
from medimg.room.serve.memory import Memory
from medimg.room.serve.reveal import Reveal
from medimg.room.store import Reader, RoundNow, Store

AHEAD = 3  # images the page may fetch before they are asked for


@dataclass(frozen=True)
class Open:
    """One image that waits for an answer."""

    item: str
    token: str
    round: int | None


class Desk:
    """The store's queues as the page needs them; an answer that was taken back comes first, whichever round it is of."""

    def __init__(self, store: Store, index: Index, memory: Memory, reveal: Reveal) -> None:
        self.store, self.index, self.memory, self.reveal = store, index, memory, reveal
        self._disputed: list[Open] = []

    def place(self, reader: Reader, *, fresh: bool = False) -> dict[str, Any]:
        """All that the page is told of a reader's work; tokens only, and no count of any class. `fresh`: look for new disagreements."""
        now = self._round()
        if reader.role == "adjudicator" and fresh:
            rows = self.store.disagreements()[["item", "token"]].drop_duplicates().itertuples(index=False, name=None)
            self._disputed = [Open(item, token, None) for item, token in rows]
        waiting, done, skipped = self._third(reader) if reader.role == "adjudicator" else self._own(reader, now)
        number = None if now is None or reader.role == "adjudicator" else now.round.number
        spent, median = self.memory.pace(reader.id, number)
        return {
            "round": None if now is None else {"number": now.round.number, "state": now.state},
            "current": self._current(reader, waiting[0]) if waiting else None,
            "next": [one.token for one in waiting[1 : 1 + AHEAD]],
            "last": self._last(reader),
            "progress": {"done": done, "skipped": skipped, "total": done + len(waiting), "spent_ms": spent, "median_ms": median},
        }

    def waiting(self, reader: Reader) -> list[Open]:
        """The images this reader is asked for, the next one first."""
        return self._third(reader)[0] if reader.role == "adjudicator" else self._own(reader, self._round())[0]

    def _round(self) -> RoundNow | None:
        known = self.store.rounds()
        return known[-1] if known else None

    def _own(self, reader: Reader, now: RoundNow | None) -> tuple[list[Open], int, int]:
        places = self.store.queue(reader.id, now.round.number) if now else []
        waiting = [
            Open(one.item, one.token, now.round.number) for one in places if now and one.state == "open" and now.state == "labelling"
        ]
        back = [one for number, item in self.memory.undone(reader.id) for one in self._again(reader, number, item)]
        states = [one.state for one in places]
        return [*back, *(one for one in waiting if one not in back)], states.count("labelled"), states.count("skipped")

    def _again(self, reader: Reader, number: int | None, item: str) -> list[Open]:
        """An answer that was taken back, if its place is still open."""
        if number is None:
            return []
        return [Open(item, one.token, number) for one in self.store.queue(reader.id, number) if one.item == item and one.state == "open"]

    def _third(self, reader: Reader) -> tuple[list[Open], int, int]:
        """Images on which readers disagree, the one taken back first; the readers' answers are not told."""
        settled = self.memory.settled(reader.id)
        out = {item for _, item in settled}
        back = [Open(item, self.index.token(item), None) for _, item in self.memory.undone(reader.id) if item not in out]
        return [*back, *(one for one in self._disputed if one not in back and one.item not in out)], len(settled), 0

    def _current(self, reader: Reader, place: Open) -> dict[str, Any]:
        told: dict[str, Any] = {
            "token": place.token,
            "round": place.round,
            "flagged": self.memory.flagged(reader.id, place.round, place.item),
        }
        item = self.store.item(place.token)
        if item is not None and self.reveal.when(item, place.round) == "before":
            told["model"] = self.reveal.words(item, place.round)
        return told

    def _last(self, reader: Reader) -> dict[str, Any] | None:
        """The answer that the undo key takes back, or, where the model was shown after it, opens again to be changed."""
        if reader.role == "adjudicator":
            settled = self.memory.settled(reader.id)
            return {"seq": settled[-1][0], "token": self.index.token(settled[-1][1]), "round": None, "value": ""} if settled else None
        last = self.store.last_answer(reader.id)
        if last is None:
            return None
        told: dict[str, Any] = {"seq": last.seq, "token": last.token, "round": last.round, "value": last.value}
        if self.memory.revealed(reader.id, last.round, last.item):
            shown = self.store.item(last.token)
            told["model"] = self.reveal.words(shown, last.round) if shown else {}
        return told
