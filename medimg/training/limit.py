"""A limit in optimiser steps that Lightning does not know of.

Lightning's own (`max_steps`) makes it take a checkpoint from an epoch's end for one from the middle, and a training continued there
loses an epoch.
"""

from typing import Any

import pytorch_lightning as pl


class StepLimit(pl.Callback):
    """Ends training after `steps` optimiser steps; stands before the keeper, who leaves the last step to the epoch's end."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Do nothing more where all steps were done before."""
        self._check(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Let this batch be the last after the last step."""
        self._check(trainer)

    def _check(self, trainer: pl.Trainer) -> None:
        trainer.should_stop = trainer.should_stop or trainer.global_step >= self.steps
