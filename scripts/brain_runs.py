"""What the cells of brain_cells.py would cost here. Not a command."""

from dataclasses import replace

import torch
from brain_cells import Cell
from cells import CORES, quickest, step_of

from medimg.models.layers import freeze
from medimg.recipes.cohort import Cohort
from medimg.recipes.environment import machine_for
from medimg.recipes.networks import jobs, network_of
from medimg.recipes.one_network import total_steps
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose
from medimg.settings import Settings

PLACES = 8  # of a patient of the built-in cohort, about
NEEDS_A_RUN = (
    "model.weights=",
    "task.freeze=",
    "evaluate.against=",
)  # refused while the run to start from is not there; they change no count of steps


def settings_of(cell: Cell) -> Settings:
    """Settings of a cell but for its start."""
    return compose([word for word in cell.words if not word.startswith(NEEDS_A_RUN)])


def steps_of(cell: Cell, read: dict[str, Cohort]) -> int:
    """Optimiser steps of all trainings of a cell; `read` keeps cohorts, which are the same for all networks."""
    settings = settings_of(cell)
    images = repr((replace(settings.data, size=224), settings.split_seed))
    if images not in read:
        read[images] = load_for_check(settings)
    cohort = read[images]
    unit = "patient" if settings.data.fuse else "id"
    parts = [(seed, cohort.part(fold, member, "train")[unit].nunique()) for seed, fold, member in jobs(settings, cohort)]
    return sum(total_steps(settings, count, seed, 1)[0] for seed, count in parts)


def seconds_a_step(cell: Cell) -> float:
    """The quickest of three steps of a cell's network here: processor seconds of one thread, or seconds of a GPU."""
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
    return quickest(step_of(network, image, machine), machine)


def plan(todo: list[Cell]) -> None:
    """Print what each cell and all of them would cost; trains nothing."""
    read: dict[str, Cohort] = {}
    step: dict[tuple[str, bool], float] = {}
    total, cores = 0.0, 1 if torch.cuda.is_available() else CORES
    for cell in todo:
        kind = cell.network, "task.freeze=encoder" in cell.words
        step[kind] = step.get(kind) or seconds_a_step(cell)
        steps = steps_of(cell, read)
        minutes = 0.0 if cell.done else steps * step[kind] / 60 / cores
        total += minutes
        price = "done" if cell.done else f"{1000 * step[kind]:7.0f} ms a step {minutes:6.1f} min"
        print(f"{cell.name:42} {steps:6} steps {price}", flush=True)
    where = "the GPU" if cores == 1 and torch.cuda.is_available() else f"{cores} idle cores, --parallel {cores}"
    print(f"{len(todo)} cells, about {total:.0f} minutes of training steps on {where}; scoring and evaluation come on top")
