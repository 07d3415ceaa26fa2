"""SIGTERM and SIGINT as a wish: the run saves at the end of the batch and leaves with 143 or 130."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopWish:
    """Remembers the first signal; a second SIGINT interrupts at once."""

    def __init__(self) -> None:
        self.number = 0
        self._before: dict[int, Any] = {}

    def listen(self) -> None:
        """Take over the signals."""
        for number in SIGNALS:
            self._before.setdefault(number, signal.signal(number, self._note))

    def release(self) -> None:
        """Give the signals back to those who had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.number and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.number = self.number or number


@contextmanager
def handlers_as_before() -> Iterator[None]:
    """Give the signals back in the end: Lightning leaves handlers that swallow a SIGTERM to whatever comes after training."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
