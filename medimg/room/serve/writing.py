"""One answer from the page into the store, and what the page is told then."""

import threading
from collections.abc import Mapping
from typing import Any

from medimg.room.serve.desk import Desk
from medimg.room.serve.guard import Refused
from medimg.room.serve.index import Index
from medimg.room.serve.memory import Memory
from medimg.room.serve.reveal import Reveal
from medimg.room.store import Event, Item, Reader, Store

MOVING = ("label", "skip", "undo", "adjudicate", "revise_after_reveal")  # after these another image is asked for


class Writing:
    """Writes for one window of each reader at a time: the one that opened an image last."""

    def __init__(self, store: Store, index: Index, memory: Memory, reveal: Reveal, desk: Desk) -> None:
        self.store, self.index, self.memory, self.reveal, self.desk = store, index, memory, reveal, desk
        self._lock = threading.Lock()
        self._tabs: dict[int, str] = {}
        self._machine: Reader | None = None

    def write(self, reader: Reader, told: Mapping[str, Any]) -> dict[str, Any]:
        """Write an event that was checked; the receipt is given when it is on the disk."""
        item = self.index.item(reader, told["item"])
        self._one_tab(reader, told["tab"], takes=told["kind"] == "view_open")
        when = self.reveal.when(item, told["round"]) if told["kind"] == "label" else ""
        events = [_event(reader, told, item.id, reveal=when, **self._seen(item, told["round"], when == "before"))]
        if when == "after":
            shown = self._seen(item, told["round"], True)
            events.append(Event(f"{told['client_key']}:reveal", reader.id, item.id, told["round"], "reveal", reveal="after", **shown))
        answer = self._keep(events)
        if when == "after":
            answer["model"] = self.reveal.words(item, told["round"])
        if told["kind"] in MOVING:
            answer["place"] = self.desk.place(reader)
        return answer

    def pause(self, reader: Reader, told: Mapping[str, Any]) -> dict[str, Any]:
        """Write that the reader stopped or goes on."""
        return self._keep([_event(reader, told, None)])

    def leave_out(self, item: Item) -> None:
        """Take an image that cannot be shown out of the round, once, in the name of the machine."""
        with self._lock:
            self._machine = self._machine or self.store.add_reader("room", "machine")
        self._keep([Event(f"unreadable:{item.token}", self._machine.id, item.id, None, "exclude", reason="corrupt")])

    def _keep(self, events: list[Event]) -> dict[str, Any]:
        receipts = self.store.write_all(events)
        for event, receipt in zip(events, receipts, strict=True):
            if not receipt.repeated:
                self.memory.take(event, receipt.seq)
        return {"seq": receipts[0].seq, "repeated": receipts[0].repeated}

    def _one_tab(self, reader: Reader, tab: str, *, takes: bool) -> None:
        with self._lock:
            if takes:
                self._tabs[reader.id] = tab
            if self._tabs.setdefault(reader.id, tab) != tab:
                raise Refused(409, "tab")

    def _seen(self, item: Item, number: int | None, seen: bool) -> dict[str, Any]:
        """What of the model the reader could see, for the record."""
        return {"shown_model": self.reveal.model(number), "shown_prob": self.reveal.probabilities(item, number)} if seen else {}


def _event(reader: Reader, told: Mapping[str, Any], item: str | None, **more: Any) -> Event:
    given = {name: value for name, value in told.items() if name not in ("tab", "item")}
    return Event(reader=reader.id, item=item, **given, **more)
