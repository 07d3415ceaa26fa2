"""Train one network on one set of images, the best state by another: what every recipe that trains does."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.dataset import Pictures
from medimg.data.joined import Joined
from medimg.data.loader import epoch_batches
from medimg.data.patients import Patients, Places
from medimg.losses import Kind, balanced_weights, outputs_of
from medimg.recipes.parts.scores import measures
from medimg.settings import Settings, Trainer
from medimg.tasks.classify import Classify
from medimg.tasks.classify_patients import ClassifyPatients
from medimg.training import ranks
from medimg.training.checkpoints import CheckpointFolder, load_weights
from medimg.training.fit import fit
from medimg.training.keeper import Keeper, Row
from medimg.training.machine import Machine
from medimg.training.progress import write_rows
from medimg.training.score import score
from medimg.transforms.augment import Augment

_LOG = logging.getLogger("medimg")


def total_steps(trainer: Trainer, images: int, seed: int, world: int) -> tuple[int, int]:
    """Count the optimiser steps of the whole training and of one epoch."""
    batches = len(epoch_batches(images, trainer.batch_size, seed, 0)) // world
    per_epoch = max(1, -(-batches // trainer.accumulate))
    return min(per_epoch * trainer.epochs, trainer.max_steps or per_epoch * trainer.epochs), per_epoch


def train_network(
    settings: Settings, kind: Kind, network: nn.Module, train: Pictures | Patients | Joined, val: Pictures | Places, machine: Machine, *,
    seed: int, folder: Path, what: str, loggers: Sequence[Any] = (), compete: bool = False,
) -> Keeper:  # fmt: skip
    """Train a network in place and leave it in its best state by the loss on `val`; goes on from the checkpoints in `folder`.

    With `compete` the state it is given in is kept where no epoch beats it.
    """
    task, label = settings.task, torch.from_numpy(train.labels)
    network.to(memory_format=torch.channels_last if machine.channels_last else torch.contiguous_format)
    steps, per_epoch = total_steps(settings.trainer, len(train), seed, ranks.world())
    augment = Augment(**asdict(settings.augment))
    options = {key: value for key, value in asdict(task).items() if key not in ("class_weights", "sampling", "ema")}
    module = (ClassifyPatients if isinstance(train, Patients) else Classify)(
        network, kind, steps=steps, steps_per_epoch=per_epoch, seed=seed, augment=augment if augment != Augment() else None,
        weight=balanced_weights(label) if task.class_weights else None, channels_last=machine.channels_last, **options,
    )  # fmt: skip

    def judge(judged: nn.Module) -> Row:
        said = score(judged, val, machine, batch_size=settings.trainer.batch_size)
        return measures(said[:, : outputs_of(kind, val.labels.shape[1])], val.labels, kind)

    keeper = Keeper(
        CheckpointFolder(folder / "checkpoints"), judge, told=partial(note, folder), patience=settings.trainer.patience,
        ema=task.ema, save_steps=settings.trainer.checkpoint_steps, save_minutes=settings.trainer.checkpoint_minutes,
        compete=compete,
    )  # fmt: skip
    weights = _sample_weights(train.labels) if task.sampling == "balanced" else None
    best = fit(module, train, keeper, settings.trainer, machine, seed=seed, steps=steps, weights=weights, loggers=[*loggers], what=what)
    network.load_state_dict(load_weights(best))
    return keeper


def note(folder: Path, rows: list[Row]) -> None:
    """Keep the rows of progress, and the newest in the log."""
    write_rows(folder, rows)
    _LOG.info("%s: %s", folder.name, "  ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()), extra={"file_only": True})


def _sample_weights(labels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weigh each case so that every combination of labels is drawn as often."""
    _, which, count = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[which.ravel()], dtype=np.float64)
