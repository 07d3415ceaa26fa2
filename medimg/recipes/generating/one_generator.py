"""Train one generator against its discriminator on one set of pictures, counted in steps: what every recipe that generates does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from medimg.recipes.parts.one_network import note
from medimg.settings import Trainer
from medimg.tasks.adversarial import Adversarial, Adversaries
from medimg.training import ranks
from medimg.training.checkpoints import CheckpointFolder, load_weights
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.training.machine import Machine


@dataclass(frozen=True)
class Plan:
    """How long and by which steps a generator learns; `ema` averages both networks' weights, None keeps the newest."""

    steps: int = 2000
    batch_size: int = 32  # of each process
    steps_per_row: int = 50  # steps to a row of progress, after which the state may be saved
    lr_generator: float = 2e-4
    lr_discriminator: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    adversarial: float = 1.0  # weight of the discriminator's word beside the content loss
    ema: float | None = 0.99


def train_generator(
    generator: nn.Module, discriminator: nn.Module, source: Callable[[Tensor, np.random.Generator], Tensor], pictures: Dataset[Any],
    machine: Machine, plan: Plan, trainer: Trainer, *, seed: int, folder: Path, what: str,
    content: Callable[[Tensor, Tensor], Tensor] | None = None, augment: Callable[[Tensor, np.random.Generator], Tensor] | None = None,
) -> Keeper:  # fmt: skip
    """Train both networks in place and leave them in their last (averaged) state; goes on from the checkpoints in `folder`.

    Batches are drawn with replacement, so that five pictures fill one of sixteen. Computed in fp32, since two losses that hold each other
    up bear no rounding. `trainer` says on what and how often to save; how long and in which batches is the plan's.
    """
    machine = replace(machine, precision="fp32", memory_format="contiguous")
    module = Adversarial(
        generator, discriminator, source, seed=seed, content=content, adversarial=plan.adversarial, augment=augment,
        lr_generator=plan.lr_generator, lr_discriminator=plan.lr_discriminator, betas=plan.betas,
    )  # fmt: skip
    keeper = Keeper(
        CheckpointFolder(folder / "checkpoints"), None, told=partial(note, folder), ema=plan.ema,
        save_steps=trainer.checkpoint_steps, save_minutes=trainer.checkpoint_minutes,
    )  # fmt: skip
    settings = replace(
        trainer, epochs=-(-plan.steps // plan.steps_per_row), max_steps=plan.steps, batch_size=plan.batch_size,
        accumulate=1, patience=None, clip=None,
    )  # fmt: skip
    draws = plan.batch_size * plan.steps_per_row * ranks.world()
    best = fit(module, pictures, keeper, settings, machine, seed=seed, steps=plan.steps, draws=draws, what=what)
    Adversaries(generator, discriminator).load_state_dict(load_weights(best))
    return keeper
