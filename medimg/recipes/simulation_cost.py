"""What a simulation costs on this machine: its units, and their hours after timing one step of training and one of scoring."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from medimg.io.workers import available_cpus
from medimg.losses import class_loss
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.environment import machine_for
from medimg.recipes.simulate import blank_network, prove_start, refuse, short_curves
from medimg.recipes.simulating.chain import chain_labels
from medimg.recipes.simulating.chains import folds_of, strategies_of
from medimg.recipes.supervised import load_for_check
from medimg.settings import Settings
from medimg.training.machine import Machine
from medimg.training.score import logits_of
from medimg.training.timing import quickest

UNIT_SECONDS = 0.5  # of a training without a step, measured: network, trainer and checkpoints
HEAD_SECONDS = 0.05  # of a logistic regression on 128 features, choosing included


def cost(settings: Settings, run: Path | None) -> dict[str, Any]:
    """Count the units (those that `run` has are done) and estimate the hours of the others; reads the manifest, decodes nothing."""
    cohort = load_for_check(settings)
    refuse(settings, cohort)
    if run is None:
        prove_start(settings, cohort)
    machine = machine_for(settings)
    machine.settle()
    train, score = seconds_of_a_batch(settings, cohort, machine)
    units, seconds, features, curves = 0, 0.0, 0.0, len(strategies_of(settings, cohort.manifest.classes))
    for fold in folds_of(settings, cohort):
        images = {part: len(cohort.part(fold, 0, part)) for part in ("train", "val", "test")}
        features += score * sum(images.values()) / settings.trainer.batch_size
        labels = unit_labels(settings, images["train"], cohort.part(fold, 0, "train")["patient"].nunique(), curves)
        units += len(labels)
        seconds += sum(seconds_of_a_unit(settings, images, count, train, score) for count in labels)
    units, seconds = units * settings.active.repeats, seconds * settings.active.repeats
    done = len(list((run / "sim").glob("*.json"))) if run else 0
    seconds = seconds * (units - done) / units + (features if settings.active.frozen else 0)
    together = at_once(settings, machine.accelerator, available_cpus(), settings.active.repeats * len(folds_of(settings, cohort)))
    return {
        "units": units, "done": done, "hours": seconds / 3600 / together, "seconds_per_step": train, "device": machine.device_name,
        "processes": settings.active.processes, "hours_are_of": together, "notes": short_curves(settings, cohort),
        "built_in": settings.data.manifest.startswith("phantom:"),
    }  # fmt: skip


def at_once(settings: Settings, accelerator: str, cores: int, chains: int) -> int:
    """Count the processes that divide the hours: those with a core and a repeat and fold each; a GPU they share says nothing."""
    return 1 if accelerator == "gpu" else min(settings.active.processes, cores, chains)


def unit_labels(settings: Settings, images: int, patients: int, curves: int) -> list[int]:
    """The labels of each unit of one repeat and fold: start, all, then the rounds of as many curves as there are strategies."""
    active = settings.active
    batch = round(active.budget * (images / patients if active.unit == "patient" else 1))
    rounds = chain_labels(active.init_size, max(1, batch), images, active.rounds)
    return [active.init_size, images, *(rounds * curves)]


def seconds_of_a_unit(settings: Settings, images: dict[str, int], labels: int, train: float, score: float) -> float:
    """Training steps, a look at validation after each epoch, and the scoring of test, validation and pool."""
    if settings.active.frozen:
        return HEAD_SECONDS
    batch = settings.trainer.batch_size
    per_epoch = -(-labels // batch)
    steps = settings.active.steps or min(per_epoch * settings.trainer.epochs, settings.trainer.max_steps or 10**9)
    epochs = -(-steps // per_epoch)
    return UNIT_SECONDS + steps * train + score * (images["val"] * (epochs + 1) + images["test"] + images["train"]) / batch


def seconds_of_a_batch(settings: Settings, cohort: Cohort, machine: Machine) -> tuple[float, float]:
    """Time one batch of noise: forward, backward and step; and forward alone."""
    network = blank_network(settings, cohort).to(machine.device)
    if machine.channels_last:
        network = network.to(memory_format=torch.channels_last)
    image = torch.randn(settings.trainer.batch_size, settings.model.channels, settings.data.size, settings.data.size)
    label = torch.eye(len(cohort.manifest.classes))[torch.arange(len(image)) % len(cohort.manifest.classes)].to(machine.device)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-4, fused=machine.accelerator == "cpu" or None)

    def step() -> None:
        optimizer.zero_grad()
        class_loss(logits_of(network, image, machine), label, cohort.kind).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    @torch.inference_mode()
    def forward() -> None:
        logits_of(network, image, machine)

    return _seconds(step, machine), _seconds(forward, machine)


def _seconds(work: Callable[[], None], machine: Machine) -> float:
    """Time the work on all threads of a processor as if nothing else ran there, or on the GPU."""
    work()
    return quickest(work, machine) / (torch.get_num_threads() if machine.accelerator == "cpu" else 1)
