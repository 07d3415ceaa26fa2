"""Who sees the model's answer, and when: by default nobody, ever."""

import hashlib
import threading
from collections.abc import Mapping
from typing import Literal

from medimg.room.serve.settings import RoomSettings
from medimg.room.store import Item, Store

When = Literal["", "hidden", "after", "before"]  # "": not part of the question; hidden: on the other side of the coin
CHOSEN_BY = ("val", "test")  # parts whose labels must not follow the model


class Reveal:
    """The switch `show_model`, item by item, and the probabilities behind it."""

    def __init__(self, store: Store, settings: RoomSettings) -> None:
        self.store, self.settings = store, settings
        self._lock = threading.Lock()
        self._rounds: dict[int, tuple[str, dict[str, tuple[float, ...]]]] = {}

    def when(self, item: Item, number: int | None) -> When:
        """When the model's answer to this item is shown; never where it has none."""
        mode = self.settings.show_model
        if mode == "never" or not self.probabilities(item, number):
            return ""
        if mode == "random_half":
            drawn = hashlib.sha256(f"{self.settings.seed}:{item.token}".encode()).digest()[0]
            return "after" if drawn < 128 else "hidden"
        if mode == "before":
            return "hidden" if item.role in CHOSEN_BY else "before"
        return "after"

    def probabilities(self, item: Item, number: int | None) -> tuple[float, ...]:
        """The model's probability of each class when the round was proposed; () where there is none."""
        return self._told(number)[1].get(item.id, ())

    def model(self, number: int | None) -> str:
        """The model that scored the round's pool."""
        return self._told(number)[0]

    def words(self, item: Item, number: int | None) -> Mapping[str, float]:
        """Class -> probability, for the page."""
        return dict(zip(self.settings.classes, (round(p, 4) for p in self.probabilities(item, number)), strict=False))

    def _told(self, number: int | None) -> tuple[str, dict[str, tuple[float, ...]]]:
        if number is None:
            return "", {}
        with self._lock:
            if number not in self._rounds:
                model = {one.round.number: one.round.model for one in self.store.rounds()}.get(number, "")
                rows = self.store.proposals(number)[["item", "probabilities"]].itertuples(index=False)
                self._rounds[number] = model, {str(item): tuple(p) for item, p in rows if len(p)}
            return self._rounds[number]
