"""Makes the copies of a store, in a thread of its own, so that no answer waits for them."""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from medimg.room.store import backups
from medimg.room.store.faults import StoreFull


class Keeper:
    """`fault` says why the last copy could not be made, "" where it could; the store itself goes on."""

    def __init__(self, path: Path) -> None:
        self.path, self.fault = path, ""
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None

    def told(self, seqs: Sequence[int]) -> None:
        """Hear of new events; every 25 a copy is begun, unless one is being made."""
        if any(seq % backups.EVERY == 0 for seq in seqs) and not (self._thread and self._thread.is_alive()):
            self._thread = threading.Thread(target=self._try, name="copy of the labels")
            self._thread.start()

    def now(self) -> Path:
        """Make a copy and wait for it; StoreFull where the disk does not take it."""
        with self._one_at_a_time:
            try:
                made = backups.copy(self.path)
            except (OSError, sqlite3.Error) as fault:
                self.fault = f"no copy of the labels could be made ({fault}). Make room on the disk of {self.path.parent}."
                raise StoreFull(self.fault) from fault
            self.fault = ""
            return made

    def close(self) -> None:
        """Wait for a copy that is being made."""
        if self._thread:
            self._thread.join()

    def _try(self) -> None:
        with suppress(StoreFull):
            self.now()
