"""Small classifiers that tell what generated pictures are worth: trained on real ones, on generated ones, on both."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn, Joined
from medimg.losses import Kind, probabilities
from medimg.recipes.parts.answers import logits_and_features
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Job, best_of, network_of, prepares
from medimg.recipes.parts.one_job import train_job
from medimg.recipes.parts.stages import forget_last, stage
from medimg.settings import Model, Settings, Task
from medimg.training.machine import Machine

NETWORK = Model(name="test_resnet")  # timm's smallest ResNet: of small images a step costs a seventh of resnet10t's
TASK = Task(lr=0.002, ema=0.98)
BATCH = 32


def judge_settings(settings: Settings, images: int) -> Settings:
    """Settings of a small classifier: the same steps whatever it is trained on, as many as `judge_epochs` of the real pictures have."""
    steps = settings.generate.judge_epochs * max(1, -(-images // BATCH))
    trainer = replace(settings.trainer, batch_size=BATCH, accumulate=1, patience=None, max_steps=steps, epochs=steps)
    return replace(settings, model=replace(NETWORK, channels=settings.model.channels), task=TASK, trainer=trainer)


def train_judge(
    settings: Settings, cohort: Cohort, machine: Machine, run: Path, job: Job, name: str, inputs: dict[str, Any], taught: Joined, said: str
) -> Path:  # fmt: skip
    """Train one on `taught`, which is told as `said`, in a stage of its own; its answers for val and test lie there."""
    small = judge_settings(settings, len(cohort.cases(*job[1:], "train")))
    own = {"judge": asdict(small.model) | asdict(small.task), "steps": small.trainer.max_steps, **inputs}
    folder = stage(run, prepares(name, job), own, partial(_train, small, cohort, machine, job, taught, said))
    forget_last(folder)
    return folder


def _train(settings: Settings, cohort: Cohort, machine: Machine, job: Job, taught: Joined, said: str, folder: Path) -> None:
    train_job(settings, cohort, machine, job, _network(settings, cohort, job), folder, taught=taught, said=said)


def _network(settings: Settings, cohort: Cohort, job: Job, trained: Path | None = None) -> nn.Module:
    return network_of(settings, cohort.kind, cohort.manifest.classes, seed=job[0], trained=trained)


def judge_of(settings: Settings, cohort: Cohort, job: Job, folder: Path) -> nn.Module:
    """Build the small classifier as its stage left it."""
    return _network(judge_settings(settings, 1), cohort, job, best_of(folder))


def seen_by(judge: nn.Module, kind: Kind, machine: Machine, pictures: Pictures | Drawn) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Give probabilities (N, classes) and features (N, D) of pictures as the judge sees them; for one process alone."""
    logits, features = logits_and_features(judge, pictures, machine, 256, alone=True)
    assert features is not None  # the judge's last layer is linear
    return probabilities(torch.from_numpy(logits), kind).numpy(), features
