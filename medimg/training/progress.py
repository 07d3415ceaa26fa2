"""How far a run is: bars on a terminal, plain lines elsewhere; and the rows of progress on disk."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from medimg.training.checkpoints import write_atomically

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


class TrainingProgress(pl.Callback):
    """Tells of optimiser steps and the newest row of the keeper."""

    def __init__(self, what: str, steps: int, rows: Any) -> None:
        self._told, self._steps, self._rows = Told(what, steps), steps, rows

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin."""
        if trainer.is_global_zero:
            self._told.__enter__()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count."""
        if trainer.is_global_zero:
            self._told(trainer.global_step, self._steps, self._note())

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """End, however it ends."""
        if trainer.is_global_zero:
            self._told.__exit__()

    def _note(self) -> str:
        rows = self._rows()
        return "" if not rows else "  ".join(f"{k} {v:.3f}" for k, v in rows[-1].items() if k in ("train/loss", "val/loss", "val/auroc"))


def write_rows(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write progress.jsonl and progress.csv of a training stage anew."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    write_atomically(folder / "progress.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    lines = [",".join(keys)] + [",".join(f"{row[key]:.9g}" if key in row else "" for key in keys) for row in rows]
    write_atomically(folder / "progress.csv", ("\n".join(lines) + "\n").encode())
