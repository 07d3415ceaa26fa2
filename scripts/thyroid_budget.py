"""How many steps the cells of thyroid_cells.py make, how those are made equal, and what they would cost here. Not a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import pandas as pd
import torch
from cells import CORES, by_key, step_of
from thyroid_cells import Cell
from thyroid_pictures import same
from torch.nn import functional as F

from medimg.data.loader import epoch_batches
from medimg.models.dcgan import noise_length
from medimg.models.sdae import WIDTHS
from medimg.recipes.generating.generators import SCALE, content, dcgan, srgan
from medimg.recipes.generating.groups import groups_of
from medimg.recipes.generating.small_judge import judge_settings
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.environment import machine_for
from medimg.recipes.parts.layerwise import LR
from medimg.recipes.parts.networks import Job, jobs, network_of
from medimg.recipes.parts.one_network import total_steps
from medimg.recipes.supervised import load_for_check
from medimg.recipes.thyroid import second, single_signs, skipped, with_replay
from medimg.run.compose import compose
from medimg.settings import Settings
from medimg.tasks.adversarial import Adversarial
from medimg.tasks.sources import Noise, Shrunk
from medimg.training.timing import quickest
from medimg.transforms.diff_augment import DiffAugment

JUDGES = 3  # small classifiers: taught by real pictures, by generated ones, by both
Steps = dict[str, int]


@cache
def settings_of(words: tuple[str, ...]) -> Settings:
    """The settings that words make."""
    return compose(list(words))


@dataclass
class Budget:
    """Counts steps; keeps what was read and timed, which is the same for many cells."""

    read: dict[str, Cohort] = field(default_factory=dict)
    timed: dict[str, float] = field(default_factory=dict)

    def cohort(self, settings: Settings) -> Cohort:
        """Read and deal what a cell trains on."""
        key = repr((replace(settings.data, size=32), settings.split_seed))
        if key not in self.read:
            self.read[key] = load_for_check(settings)
        return self.read[key]

    def images(self, settings: Settings, job: Job) -> list[int]:
        """Count the images of each training of one network, real and generated."""
        cohort = self.cohort(settings)
        rows = cohort.cases(*job[1:], "train")
        made = [group.label for group in groups_of(rows, cohort.manifest.classes) for _ in range(group.missing(settings.generate))]
        labels = pd.concat([rows["label"], pd.Series(made, dtype=str)], ignore_index=True)
        if skipped(settings, rows):
            return [len(labels)]
        kept = with_replay(labels, replay=settings.phases.replay, seed=job[0])
        return [int(flags.sum()) for flags in (single_signs(labels), kept)]

    def phases(self, settings: Settings, job: Job | None = None) -> list[tuple[int, int]]:
        """Count the optimiser steps of each training of one network, and of its epochs."""
        job = job or jobs(settings, self.cohort(settings))[0]
        both = settings, second(settings)
        return [total_steps(how.trainer, count, job[0], 1) for how, count in zip(both, self.images(settings, job), strict=False)]

    def layers(self, settings: Settings, job: Job) -> int:
        """Count the steps by which layers are trained one by one before the first training."""
        if not settings.model.layerwise:
            return 0
        batches = epoch_batches(self.images(settings, job)[0], settings.trainer.batch_size, job[0], 0)
        return len(WIDTHS) * settings.model.layerwise * len(batches)

    def equal(self, cell: Cell) -> Cell:
        """Give a cell the words that let its network make as many steps as the cell that it is to be like, on however many pictures.

        Those of one phase make exactly as many, those of two within half an epoch of either.
        """
        if not cell.like:
            return cell
        settings, wanted = settings_of(cell.words), [round(cell.part * steps) for steps, _ in self.phases(settings_of(cell.like))]
        own = [per_epoch for _, per_epoch in self.phases(settings)]
        if len(own) == 1:
            words = [f"trainer.epochs={-(-sum(wanted) // own[0])}", f"trainer.max_steps={sum(wanted)}"]
        else:
            epochs = [max(1, round(steps / per_epoch)) for steps, per_epoch in zip(wanted, own, strict=True)]
            words = [f"trainer.epochs={epochs[0]}", f"phases.epochs={epochs[1]}"]
        return replace(cell, words=tuple(by_key((*cell.words, *words)).values()))

    def steps(self, cell: Cell, lender: Cell | None) -> Steps:
        """Count the steps of everything that a cell trains, by what is trained; what another run lends is not counted."""
        settings, total = settings_of(cell.words), dict.fromkeys(("drawing", "enlarging", "judging", "layers", "network"), 0)
        theirs = settings_of(lender.words) if lender else None
        for job in jobs(settings, self.cohort(settings)):
            taken = same(theirs, settings) if theirs and job[0] in theirs.every_seed else []
            own = {"layers": self.layers(settings, job), "network": sum(steps for steps, _ in self.phases(settings, job))}
            for what, count in (self.generators(settings, job, taken) | own).items():
                total[what] += count
        return total

    def generators(self, settings: Settings, job: Job, taken: Sequence[str]) -> Steps:
        """Count the steps of one job's generators and of the classifiers that judge them, but for the stages that are `taken`."""
        cohort, how = self.cohort(settings), settings.generate
        rows = cohort.cases(*job[1:], "train")
        groups = [group for group in groups_of(rows, cohort.manifest.classes) if group.missing(how)]
        judged = JUDGES * (judge_settings(settings, len(rows)).trainer.max_steps or 0)
        found = {
            "drawing": how.common_steps + len(groups) * how.steps,
            "enlarging": how.sr_steps * how.enlarge,
            "judging": judged * how.judge,
        }
        free = {"drawing": "2_dcgan" in taken, "enlarging": "4_srgan" in taken, "judging": False}
        return {what: count if groups and not free[what] else 0 for what, count in found.items()}

    def seconds(self, cell: Cell, what: str) -> float:
        """Seconds of one step here, on one core or the GPU."""
        settings = settings_of(cell.words)
        network = settings.model, settings.data.size, settings.trainer.batch_size
        of = network if what in ("layers", "network") else settings.generate
        key = repr((what, settings.data.size if what == "judging" else 0, of))
        if key not in self.timed:
            torch.set_num_threads(1)
            self.timed[key] = quickest(TIMED[what](settings), machine_for(settings))
        return self.timed[key]


def _network_step(settings: Settings) -> Callable[[], object]:
    machine = machine_for(settings)
    network = network_of(settings, "multilabel", settings.data.classes or ["a", "b"], seed=0).to(machine.device).train()
    shape = settings.trainer.batch_size, settings.model.channels, settings.data.size, settings.data.size
    return step_of(network, torch.randn(shape, device=machine.device), machine)


def _layer_step(settings: Settings) -> Callable[[], object]:
    """A step of the second layer, about as large as each of the others."""
    device = machine_for(settings).device
    layer = network_of(settings, "multilabel", settings.data.classes or ["a", "b"], seed=0).denoiser(1).to(device).train()
    values = torch.rand(settings.trainer.batch_size, layer.layer.in_features, device=device)
    optimizer = torch.optim.Adam(layer.parameters(), LR)

    def step() -> None:
        loss = F.mse_loss(layer(values), values)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss.detach())

    return step


def _adversarial_step(settings: Settings, *, enlarging: bool) -> Callable[[], object]:
    how, device = settings.generate, machine_for(settings).device
    pair = (srgan if enlarging else dcgan)(settings)
    parts = {"content": content} if enlarging else {"augment": DiffAugment()}
    source = Shrunk(SCALE) if enlarging else Noise(noise_length(how.size, how.latent))
    module = Adversarial(pair.generator, pair.discriminator, source, **parts).to(device)
    size, count = (SCALE * how.size, how.sr_batch_size) if enlarging else (how.size, how.batch_size)
    real, optimizer = torch.rand(count, 1, size, size, device=device), module.configure_optimizers()

    def step() -> None:
        optimizer.zero_grad()
        total = sum(module.losses(real, 0, 0, 0).values())
        total.backward()
        optimizer.step()
        float(total.detach())

    return step


TIMED: dict[str, Callable[[Settings], Callable[[], object]]] = {
    "drawing": lambda settings: _adversarial_step(settings, enlarging=False),
    "enlarging": lambda settings: _adversarial_step(settings, enlarging=True),
    "judging": lambda settings: _network_step(judge_settings(settings, 1)),
    "layers": _layer_step,
    "network": _network_step,
}


def plan(todo: list[Cell], every: list[Cell]) -> None:
    """Print what each cell and all of them would cost, generators included; trains nothing."""
    budget, total = Budget(), 0.0
    cores = 1 if torch.cuda.is_available() else CORES
    for cell in map(budget.equal, todo):
        lender = next((other for other in every if other.run == cell.lender), None)
        steps = {what: count for what, count in budget.steps(cell, lender).items() if count}
        minutes = 0.0 if cell.done else sum(count * budget.seconds(cell, what) for what, count in steps.items()) / 60 / cores
        total += minutes
        told = ", ".join(f"{count} {what} ({1000 * budget.seconds(cell, what):.0f} ms)" for what, count in steps.items())
        print(f"{cell.name:24} {'done' if cell.done else f'{minutes:6.1f} min'}  steps: {told}", flush=True)
    where = "the GPU" if torch.cuda.is_available() else f"{cores} idle cores, --parallel {cores}"
    print(f"{len(todo)} cells, about {total:.0f} minutes of training steps on {where}; scoring and evaluation come on top.")
    print("Generators that another cell lends are counted there.")
