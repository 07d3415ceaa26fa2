"""How far something is: a bar on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY_SECONDS = 10.0


class Told:
    """Says what goes on: `with Told("training", total) as told: told(done, total, "val/loss 0.31")`."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self._said, self._began = what, total, 0.0, time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=False)
            self._task = self._bar.add_task(what, total=total, note="")

    def __enter__(self) -> "Told":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Report `done` of `total`; elsewhere than on a terminal a line every ten seconds and at the end."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, note=note)
            return
        now = time.monotonic()
        if now - self._said >= EVERY_SECONDS or done == total:
            self._said = now
            print(f"{self.what}: {done} of {total}  {note}  ({now - self._began:.0f} s)".replace("    ", "  "), file=sys.stderr, flush=True)
