"""Train one network that outlines organs, on films laid out as arrays or from the caches: what every recipe that segments does."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from medimg.data.films import Films
from medimg.metrics import Undefined
from medimg.metrics.overlap import dice_by_organ
from medimg.recipes.parts.one_network import note, total_steps
from medimg.settings import Task, Trainer
from medimg.tasks.segment import Segment
from medimg.training import ranks
from medimg.training.checkpoints import CheckpointFolder, load_weights
from medimg.training.fit import fit
from medimg.training.keeper import Keeper, Row
from medimg.training.machine import Machine
from medimg.training.score_masks import score_masks
from medimg.transforms.randomise import Randomise

OF_CLASSES = ("class_weights", "sampling", "label_smoothing", "ema")  # keys of a task that mean nothing here, or are the keeper's


def train_segmenter(
    network: nn.Module, organs: Sequence[str], train: Films, val: Films, machine: Machine, task: Task, trainer: Trainer, *, seed: int,
    folder: Path, what: str = "segmenting", augment: Randomise | None = None, weight: torch.Tensor | None = None,
    loggers: Sequence[Any] = (), compete: bool = False,
) -> Keeper:  # fmt: skip
    """Train a network in place and leave it in its best state by the loss on `val`; goes on from the checkpoints in `folder`.

    `train` and `val` come from `films_in_memory` (arrays of images, masks and known flags) or from a manifest's `FilmCache`.
    `weight` (organs,) is how much each organ counts in training. An organ that is not known on a film teaches nothing there and is not
    judged there. With `compete` the state it is given in is kept where no epoch beats it.
    """
    network.to(memory_format=torch.channels_last if machine.channels_last else torch.contiguous_format)
    steps, per_epoch = total_steps(trainer, len(train), seed, ranks.world())
    options = {key: value for key, value in asdict(task).items() if key not in OF_CLASSES}
    module = Segment(
        network,
        "multilabel",
        steps=steps,
        steps_per_epoch=per_epoch,
        seed=seed,
        augment=augment,
        weight=weight,
        channels_last=machine.channels_last,
        **options,
    )

    def judge(judged: nn.Module) -> Row:
        return measures(judged, organs, val, machine, trainer.batch_size)

    keeper = Keeper(
        CheckpointFolder(folder / "checkpoints"), judge, told=partial(note, folder), patience=trainer.patience, ema=task.ema,
        save_steps=trainer.checkpoint_steps, save_minutes=trainer.checkpoint_minutes, compete=compete,
    )  # fmt: skip
    best = fit(module, train, keeper, trainer, machine, seed=seed, steps=steps, loggers=[*loggers], what=what)
    network.load_state_dict(load_weights(best))
    return keeper


def measures(network: nn.Module, organs: Sequence[str], films: Films, machine: Machine, batch_size: int) -> Row:
    """Measure a network on validation: mean loss of the films, Dice of each organ that they show, and the mean of these."""
    counts, loss = score_masks(network, films, machine, batch_size=batch_size)
    found = zip(organs, dice_by_organ(counts), strict=True)
    dice = {f"val/dice_{organ}": value for organ, value in found if not isinstance(value, Undefined)}
    return {"val/loss": float(loss.mean()), **({"val/dice": float(np.mean([*dice.values()]))} if dice else {}), **dice}
