"""How far a run is: bars on a terminal, plain lines elsewhere; and the rows of progress on disk."""

import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from medimg.io.files import write_atomically
from medimg.io.told import Told

_SHOWN = ("train/loss", "train/generator", "train/discriminator", "val/loss", "val/auroc")


class TrainingProgress(pl.Callback):
    """Tells of optimiser steps and the newest row of the keeper."""

    def __init__(self, what: str, steps: int, rows: Any) -> None:
        self._told, self._steps, self._rows = Told(what, steps), steps, rows

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin."""
        if trainer.is_global_zero:
            self._told.__enter__()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count; an epoch's last step is told with the epoch's own measures, when they are there."""
        if trainer.is_global_zero and not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            self._told(trainer.global_step, self._steps, self._note())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the epoch that was just judged; the keeper stands before this callback."""
        if trainer.is_global_zero:
            self._told(trainer.global_step, self._steps, self._note())

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """End, however it ends."""
        if trainer.is_global_zero:
            self._told.__exit__()

    def _note(self) -> str:
        """The newest measures, under the number of the epoch they belong to (from 1, as in the report)."""
        rows = self._rows()
        if not rows:
            return ""
        shown = "  ".join(f"{k} {v:.3f}" for k, v in rows[-1].items() if k in _SHOWN)
        return f"epoch {int(rows[-1]['epoch']) + 1}: {shown}"


def write_rows(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write progress.jsonl and progress.csv of a training stage anew."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    write_atomically(folder / "progress.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    lines = [",".join(keys)] + [",".join(f"{row[key]:.9g}" if key in row else "" for key in keys) for row in rows]
    write_atomically(folder / "progress.csv", ("\n".join(lines) + "\n").encode())
