"""Train one network from where it stands: Lightning's trainer with the parts replaced that are not exact enough."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.strategies import DDPStrategy
from torch.utils.data import Dataset

from medimg.data.loader import TrainLoader
from medimg.errors import ConfigError, RunError
from medimg.settings import Trainer
from medimg.training import ranks
from medimg.training.checkpoints import step_of
from medimg.training.keeper import Keeper
from medimg.training.limit import StepLimit
from medimg.training.machine import Machine
from medimg.training.progress import TrainingProgress
from medimg.training.signals import handlers_as_before

_QUIET = ("pytorch_lightning", "lightning.pytorch", "lightning_fabric", "lightning.fabric")


def fit(
    module: pl.LightningModule, dataset: Dataset[Any], keeper: Keeper, settings: Trainer, machine: Machine, *, seed: int, steps: int,
    weights: Any = None, draws: int | None = None, loggers: list[Any] | None = None, what: str = "training",
    extra: Sequence[pl.Callback] = (),
) -> Path:  # fmt: skip
    """Train until `steps` optimiser steps, early stop or a signal; continues from the keeper's newest whole checkpoint if there is one.

    `draws` samples with replacement make an epoch, where given. `extra` are callbacks of the caller. Returns the best checkpoint.
    Interrupted after a signal, NumericError when a number is none.
    """
    _be_quiet()
    limit = [] if settings.max_steps is None else [StepLimit(steps)]
    trainer = pl.Trainer(
        accelerator=machine.accelerator, devices=settings.devices, num_nodes=settings.nodes,
        strategy=DDPStrategy(find_unused_parameters=False) if ranks.world() > 1 else "auto",
        precision=machine.lightning_precision,  # type: ignore[arg-type]
        max_epochs=settings.epochs, accumulate_grad_batches=settings.accumulate, gradient_clip_val=settings.clip,
        deterministic="warn" if settings.deterministic else None,
        callbacks=[*limit, keeper, TrainingProgress(what, steps, lambda: keeper.rows), *extra], plugins=[keeper.folder],
        logger=loggers or False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
        limit_val_batches=0, num_sanity_val_steps=0, log_every_n_steps=10**9,
    )  # fmt: skip
    machine.settle()

    def position() -> tuple[int, int]:
        return trainer.current_epoch, trainer.fit_loop.epoch_loop.batch_progress.current.ready

    loader = TrainLoader(
        dataset, batch_size=settings.batch_size, seed=seed, position=position, workers=settings.workers, weights=weights,
        draws=draws, rank=ranks.rank(), world=ranks.world(), pin=machine.accelerator == "gpu",
    )  # fmt: skip
    if not len(loader):
        raise ConfigError(
            f"{len(dataset)} training images in batches of {settings.batch_size} leave nothing for some of {ranks.world()} processes. "  # type: ignore[arg-type]
            "Lower trainer.batch_size or trainer.devices."
        )
    newest = keeper.folder.newest("last")
    with warnings.catch_warnings(), handlers_as_before():
        warnings.simplefilter("ignore")
        try:
            trainer.fit(module, loader, ckpt_path=newest, weights_only=True)
        except SystemExit:
            raise KeyboardInterrupt from None  # what Lightning makes of a second interrupt, with 1 for an exit code
    best = keeper.folder.newest("best", at_most=keeper.best_step)
    if best is None or step_of(best) != keeper.best_step:
        raise RunError(
            "the best checkpoint of this stage is gone or damaged. Delete the stage's folder in stages/ and go on: it is trained again."
        )
    return best


def _be_quiet() -> None:
    """Lightning speaks to its developers; medimg tells its users what they need."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
