"""Which networks a run trains, and each of them as its training began or left it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import torch
from torch import nn

from medimg.errors import RunError
from medimg.losses import Kind, outputs_of
from medimg.models.backbones import build, build_fused, load, restore
from medimg.settings import Settings
from medimg.training.checkpoints import load_weights

Job = tuple[int, int, int]  # seed, fold, member: one network


@dataclass(frozen=True)
class Encoder:
    """A network of another run to start from: its file, whether its classifier can be taken over (`head`), and whether it `answers` ours.

    It answers our question where it was taught the same column and at least two of our classes, in whatever order.
    """

    path: Path
    sha256: str
    head: bool
    answers: bool
    run: str
    network: str
    title: str = ""


class Folds(Protocol):
    """What is dealt into folds."""

    def folds(self) -> list[tuple[int, int]]:
        """All (fold, member) pairs."""


def stage_name(seed: int, fold: int, member: int) -> str:
    """Name the stage that trains one network."""
    return f"1_train_seed{seed}_fold{fold}_member{member}"


def prepares(what: str, job: Job) -> str:
    """Name a stage that prepares the training of one network; `what` begins with its place among them."""
    return "0_{}_seed{}_fold{}_member{}".format(what, *job)


def job_of(name: str) -> Job:
    """Read the name of a training stage back; RunError for any other stage."""
    found = re.fullmatch(r"1_train_seed(\d+)_fold(\d+)_member(\d+)", name)
    if not found:
        raise RunError(f"model.weights: stage {name} trains no network of one fold. Name a run, or a checkpoint of such a stage.")
    seed, fold, member = map(int, found.groups())
    return seed, fold, member


def jobs(settings: Settings, cohort: Folds) -> list[Job]:
    """All (seed, fold, member) to train; `data.fold` keeps some folds."""
    pairs = [pair for pair in cohort.folds() if settings.data.fold is None or pair[0] in settings.data.fold]
    if not pairs:
        raise RunError(f"data.fold={list(settings.data.fold or ())} names no fold of the split; it has {[f for f, _ in cohort.folds()]}.")
    return [(seed, fold, member) for seed in settings.every_seed for fold, member in pairs]


def named(settings: Settings, cohort: Folds, job: Job, what: str = "") -> str:
    """Say which training a progress line is of: what it is for, and of seed, fold and member those of which the run has several."""
    made = jobs(settings, cohort)
    own = zip(("seed", "fold", "member"), job, zip(*made, strict=True), strict=True)
    return ", ".join([*filter(None, [what]), *(f"{name} {number}" for name, number, all_ in own if len({*all_}) > 1)]) or "training"


def network_of(
    settings: Settings, kind: Kind, classes: Sequence[str], *, seed: int, trained: Path | None = None, encoder: Encoder | None = None
) -> nn.Module:
    """Build the network of a run: freshly drawn by `seed`, from `model.weights` or another run's `encoder`, or as `trained` left it."""
    model = settings.model
    torch.manual_seed(seed)
    given: dict[str, Any] = {"outputs": outputs_of(kind, len(classes)), "channels": model.channels, "dropout": model.dropout}
    given |= {"weights": None if trained or encoder else model.weights, "activation": model.activation, "init": model.init}
    if settings.data.fuse:
        network: nn.Module = build_fused(model.name, sequences=len(settings.data.fuse), shared=model.encoders == "shared", **given)
    else:
        network = build(model.name, head=model.head, cross=model.cross, **given)
    if encoder:
        load(network, encoder.path, head=encoder.head, whole=True)
    if trained:
        restore(network, load_weights(trained))
    return network


def networks(run: Path) -> list[Job]:
    """List (seed, fold, member) of every network that a run has finished; RunError where one is not."""
    path = run / "predictions" / "test.csv"
    if not path.is_file():
        raise RunError(f"run {run.name} is not finished: go on with medimg train resume={run} first.")
    table = pd.read_csv(path, usecols=["seed", "fold", "member"]).drop_duplicates()
    found = sorted((int(seed), int(fold), int(member)) for seed, fold, member in table.itertuples(index=False))
    for job in found:
        best_of(run / "stages" / stage_name(*job))
    return found


def best_of(folder: Path) -> Path:
    """Find the best checkpoint of a finished training stage."""
    done = json.loads((folder / "best.json").read_text()) if (folder / "best.json").is_file() else {}
    path = folder / "checkpoints" / str(done.get("file", ""))
    if not done or not path.is_file():
        raise RunError(f"stage {folder.name} is not finished: go on with medimg train resume=RUN first.")
    return path
