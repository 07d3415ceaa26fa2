"""How far a run is: bars on a terminal, plain lines elsewhere; and the rows of progress on disk."""

import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from medimg.io.files import write_atomically
from medimg.io.told import Told


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
