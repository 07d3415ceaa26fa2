"""The stages that learn to draw: one DCGAN for all training pictures, one for each set of labels, and one SRGAN that enlarges."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from medimg.models.dcgan import Discriminator, Generator, noise_length
from medimg.models.perceptual import Perceptual
from medimg.models.srgan import PatchDiscriminator, SuperResolution
from medimg.recipes.generating.one_generator import Plan, train_generator
from medimg.recipes.parts.networks import Job, best_of, prepares
from medimg.recipes.parts.stages import forget_last, stage, write_json
from medimg.settings import Settings
from medimg.tasks.adversarial import Adversaries
from medimg.tasks.sources import Noise, Shrunk
from medimg.training import ranks
from medimg.training.checkpoints import load_weights
from medimg.training.machine import Machine
from medimg.transforms.diff_augment import DiffAugment

NETWORKS = 3  # the version of what dcgan() and srgan() build: a change of them is a new number, and a run of older ones is refused
DRAWING = ("size", "width", "latent")  # the keys of `generate` that DCGAN's networks depend on
ENLARGING = ("size", "sr_width", "sr_blocks")  # and SRGAN's
SCALE = 4  # how many times larger SRGAN makes a side
ADVERSARIAL = 1e-3  # weight of the discriminator's word beside SRGAN's content loss (Ledig et al., 2017)


@dataclass(frozen=True)
class Learner:
    """Where the generators of one job learn: the run, its settings, the machine, and what they depend on besides `generate`."""

    settings: Settings
    machine: Machine
    run: Path
    job: Job
    inputs: dict[str, Any]

    def dcgan(self, name: str, pictures: Dataset[Any], steps: int, said: str, before: Path | None = None) -> Path:
        """Train a DCGAN on pictures (1, size, size) in a stage of its own, from the networks of the stage `before` or from random ones."""
        how = self.settings.generate
        plan = Plan(steps=steps, batch_size=how.batch_size, lr_generator=how.lr, lr_discriminator=how.lr, ema=how.ema)
        noise, inputs = Noise(noise_length(how.size, how.latent)), {"generate": self._keys(DRAWING)}
        return self._learn(name, partial(dcgan, self.settings), pictures, plan, said, noise, inputs, before, augment=DiffAugment())

    def srgan(self, pictures: Dataset[Any]) -> Path:
        """Train an SRGAN on pictures (1, 4 size, 4 size) made small."""
        how = self.settings.generate
        plan = Plan(
            steps=how.sr_steps, batch_size=how.sr_batch_size, lr_generator=how.sr_lr, lr_discriminator=how.sr_lr, betas=(0.9, 0.999),
            adversarial=ADVERSARIAL, ema=how.ema,
        )  # fmt: skip
        weights = hashlib.sha256(Path(how.sr_perceptual).read_bytes()).hexdigest() if how.sr_perceptual else None
        inputs, loss = {"generate": self._keys(ENLARGING), "perceptual_sha256": weights}, content_loss(self.settings)
        return self._learn("4_srgan", partial(srgan, self.settings), pictures, plan, "enlarging", Shrunk(SCALE), inputs, content=loss)

    def _keys(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: asdict(self.settings.generate)[name] for name in names}

    def _learn(
        self, name: str, build: Callable[[], Adversaries], pictures: Dataset[Any], plan: Plan, said: str,
        source: Callable[[Tensor, np.random.Generator], Tensor], inputs: dict[str, Any], before: Path | None = None, **more: Any,
    ) -> Path:  # fmt: skip
        inputs = {**self.inputs, **inputs, "networks": NETWORKS, "plan": vars(plan), "before": weights_sha256(before) if before else None}
        inputs["pictures"] = _hash(pictures.ids)  # type: ignore[attr-defined]

        def work(folder: Path) -> None:
            torch.manual_seed(self.job[0])
            pair = build()
            if before:
                pair.load_state_dict(load_weights(best_of(before)))
            keeper = train_generator(
                pair.generator, pair.discriminator, source, pictures, self.machine, plan, self.settings.trainer, seed=self.job[0],
                folder=folder, what=said, **more,
            )  # fmt: skip
            if ranks.rank() == 0:
                best = keeper.folder.path("best", keeper.best_step)
                write_json(folder / "best.json", {"file": best.name, "step": keeper.best_step, "told": said})

        folder = stage(self.run, prepares(name, self.job), inputs, work)
        forget_last(folder)
        return folder


def dcgan(settings: Settings) -> Adversaries:
    """Build the two networks that draw."""
    how = settings.generate
    return Adversaries(Generator(how.size, how.latent, how.width), Discriminator(how.size, how.width))


def srgan(settings: Settings) -> Adversaries:
    """Build the two networks that enlarge."""
    how = settings.generate
    return Adversaries(SuperResolution(SCALE, how.sr_width, how.sr_blocks), PatchDiscriminator(how.sr_width))


def content_loss(settings: Settings) -> Callable[[Tensor, Tensor], Tensor]:
    """Give SRGAN's content loss: the paper's own where there are weights for it; ConfigError where they do not fit."""
    weights = settings.generate.sr_perceptual
    return Perceptual(Path(weights)) if weights else content


def try_networks(settings: Settings) -> None:
    """Build once all that learns to draw, where something may be drawn, so that what cannot be is told before any training."""
    how = settings.generate
    if how.to or how.to_cross:
        dcgan(settings)
        if how.enlarge:
            srgan(settings)
            content_loss(settings)


def trained(build: Callable[[Settings], Adversaries], settings: Settings, folder: Path) -> nn.Module:
    """Give the generator as its stage left it."""
    pair = build(settings)
    pair.load_state_dict(load_weights(best_of(folder)))
    return pair.generator.eval()


def weights_sha256(folder: Path) -> str:
    """Hash the weights that a stage left."""
    return hashlib.sha256(best_of(folder).read_bytes()).hexdigest()


def content(fake: Tensor, real: Tensor) -> Tensor:
    """Give SRGAN's content loss without weights of a perceptual network: absolute differences of the pixels and of their slopes."""
    loss = (fake - real).abs().mean()
    for axis in (-2, -1):
        loss = loss + (fake.diff(dim=axis) - real.diff(dim=axis)).abs().mean()
    return loss


def _hash(ids: Any) -> str:
    return hashlib.sha256("|".join(map(str, ids)).encode()).hexdigest()
