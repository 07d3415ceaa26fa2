"""What the cells of brain_cells.py would cost here, and how they are run, several at once where asked. Not a command."""

import os
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import torch
from brain_cells import Cell, is_done

from medimg.models.layers import freeze
from medimg.recipes.cohort import Cohort
from medimg.recipes.environment import machine_for
from medimg.recipes.networks import jobs, network_of
from medimg.recipes.one_network import total_steps
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose
from medimg.settings import Settings

PLACES = 8  # of a patient of the built-in cohort, about
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
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
    clock = time.process_time if machine.accelerator == "cpu" else time.perf_counter  # other programs disturb the former less
    network = network_of(settings, "binary", ["a", "b"], seed=0).to(machine.device).train()
    freeze(network, "encoder" if "task.freeze=encoder" in cell.words else "none")
    size = settings.data.size
    count, planes = (PLACES * settings.trainer.batch_size, len(settings.data.fuse)) if settings.data.fuse else (
        settings.trainer.batch_size, settings.model.channels,
    )  # fmt: skip
    image = torch.randn(count, planes, size, size, device=machine.device)
    if machine.channels_last:
        network, image = network.to(memory_format=torch.channels_last), image.contiguous(memory_format=torch.channels_last)
    optimizer, spent = torch.optim.AdamW(network.parameters()), []
    for _ in range(3):
        start = clock()
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            loss = network(image).float().square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss.detach())
        spent.append(clock() - start)
    return min(spent)


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


def train_all(todo: list[Cell], at_once: int) -> list[str]:
    """Train the cells that are not done, each after the one it starts from; gives what failed, after the others are finished."""
    waiting, failed = [cell for cell in todo if not cell.done], list[str]()
    running: dict[Future[int], Cell] = {}
    with ThreadPoolExecutor(at_once) as pool:
        while waiting or running:
            ahead = {cell.run for cell in [*waiting, *running.values()]}
            for cell in [cell for cell in waiting if not ahead.intersection(cell.needs)][: at_once - len(running)]:
                waiting.remove(cell)
                if lacking := [f"{run.parent.name}/{run.name}" for run in cell.needs if not is_done(run)]:
                    failed.append(f"{cell.name}: a run it needs is not done ({', '.join(lacking)})")
                else:
                    running[pool.submit(train, cell, at_once)] = cell
            ended = wait(running, return_when=FIRST_COMPLETED).done if running else set()
            for future in ended:
                cell, code = running.pop(future), future.result()
                failed += [f"{cell.name}: exit code {code}, see {cell.run}/log.txt"] if code not in (0, 3) else []
    return failed


def train(cell: Cell, at_once: int) -> int:
    """Train one cell, or go on with it, in a process of its own; what it says lies beside its run."""
    start, threads = time.time(), max(1, CORES // at_once)
    command = [sys.executable, "-m", "medimg", "train", *cell.words]
    environment = {**os.environ, "MEDIMG_RUN": str(cell.run)}
    if at_once > 1:
        environment["OMP_NUM_THREADS"] = str(threads)
        command += [] if (cell.run / "config.yaml").is_file() else [f"trainer.threads={threads}"]  # a run keeps what it began with
    cell.run.parent.mkdir(parents=True, exist_ok=True)
    with cell.run.with_name(f"{cell.run.name}.txt").open("w") as said:
        code = subprocess.run(command, env=environment, stdout=said, stderr=said).returncode
    print(f"{cell.name}: {(time.time() - start) / 60:.1f} min" + ("" if code in (0, 3) else f", exit code {code}"), flush=True)
    return code
