"""What the cells of brain_cells.py would cost here. Not a command."""

from dataclasses import replace

import torch
from brain_cells import Cell
from cells import CORES, step_of

from medimg.models.layers import freeze
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.environment import machine_for
from medimg.recipes.parts.networks import jobs, network_of
from medimg.recipes.parts.one_network import total_steps
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose
from medimg.settings import Settings
from medimg.training.score import logits_of
from medimg.training.timing import quickest

PLACES = 8  # of a patient of the built-in cohort, about
NEEDS_A_RUN = (
    "model.weights=",
    "task.freeze=",
    "evaluate.against=",
)  # refused while the run to start from is not there; they change no count of steps


def settings_of(cell: Cell) -> Settings:
    """Settings of a cell but for its start."""
    return compose([word for word in cell.words if not word.startswith(NEEDS_A_RUN)])


def work_of(cell: Cell, read: dict[str, Cohort]) -> tuple[int, int]:
    """Optimiser steps of all trainings of a cell, and batches scored: validation after each epoch and in the end, and the test part.

    `read` keeps cohorts, which are the same for all networks.
    """
    settings = settings_of(cell)
    images = repr((replace(settings.data, size=224), settings.split_seed))
    if images not in read:
        read[images] = load_for_check(settings)
    cohort = read[images]
    unit = "patient" if settings.data.fuse else "id"
    steps, scored = 0, 0
    for seed, fold, member in jobs(settings, cohort):
        train, val, test = (cohort.part(fold, member, part)[unit].nunique() for part in ("train", "val", "test"))
        own, per_epoch = total_steps(settings.trainer, train, seed, 1)
        steps += own
        scored += (-(-own // per_epoch) + 1) * -(-val // settings.trainer.batch_size) + -(-test // settings.trainer.batch_size)
    return steps, scored


def seconds_of(cell: Cell) -> tuple[float, float]:
    """Time a step of a cell's network here, and the scoring of a batch: processor seconds of one thread, or seconds of a GPU."""
    settings = settings_of(cell)
    machine = machine_for(settings)
    machine.settle()
    torch.set_num_threads(1)
    network = network_of(settings, "binary", ["a", "b"], seed=0).to(machine.device).train()
    freeze(network, "encoder" if "task.freeze=encoder" in cell.words else "none")
    size = settings.data.size
    count, planes = (PLACES * settings.trainer.batch_size, len(settings.data.fuse)) if settings.data.fuse else (
        settings.trainer.batch_size, settings.model.channels,
    )  # fmt: skip
    image = torch.randn(count, planes, size, size, device=machine.device)
    step = quickest(step_of(network, image, machine), machine)
    network.eval()

    @torch.inference_mode()
    def score() -> None:
        float(logits_of(network, image, machine).sum())  # waits for a GPU

    return step, quickest(score, machine)


def plan(todo: list[Cell], at_once: int) -> None:
    """Print what each cell and all of them would cost, `at_once` side by side; trains nothing."""
    read: dict[str, Cohort] = {}
    timed: dict[tuple[str, bool, str], tuple[float, float]] = {}
    minutes = []
    for cell in todo:
        kind = cell.network, "task.freeze=encoder" in cell.words, cell.start if cell.start == "together" else ""
        timed[kind] = timed.get(kind) or seconds_of(cell)
        (steps, scored), (step, score) = work_of(cell, read), timed[kind]
        minutes += [] if cell.done else [(steps * step + scored * score) / 60]
        price = "done" if cell.done else f"{1000 * step:7.0f} ms a step {1000 * score:6.0f} ms a batch scored {minutes[-1]:6.1f} min"
        print(f"{cell.name:42} {steps:6} steps {scored:5} scored {price}", flush=True)
    print(f"{len(todo)} cells, about {total(minutes, at_once):.0f} minutes with {_where(at_once)}; reading and evaluation come on top")


def total(minutes: list[float], at_once: int) -> float:
    """Minutes by the clock of cells that cost so many of one core (or of the GPU, which they share), so many side by side."""
    if torch.cuda.is_available():
        return sum(minutes)
    threads = max(1, CORES // at_once)
    return max(sum(minutes) / min(CORES, at_once * threads), max(minutes, default=0.0) / threads)


def _where(at_once: int) -> str:
    if torch.cuda.is_available():
        return f"--parallel {at_once} (the GPU as if for one at a time)"
    return f"--parallel {at_once} on {CORES} idle cores, {max(1, CORES // at_once)} threads each (as if threads gained in full)"
