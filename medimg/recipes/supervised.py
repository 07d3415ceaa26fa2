"""Train one network per seed and fold, score validation and test, judge, explain, report: top to bottom."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from medimg.data.leaks import prove
from medimg.errors import GateFailed, MedimgError
from medimg.models.backbones import refuse_unknown
from medimg.models.layers import freeze
from medimg.recipes.parts import encoder as encoders
from medimg.recipes.parts.cohort import Cohort, cohort_of, deal, load, read
from medimg.recipes.parts.environment import machine_for, settle_machine
from medimg.recipes.parts.finish import finish
from medimg.recipes.parts.images import places_of
from medimg.recipes.parts.networks import Encoder, Job, jobs, network_of, stage_name
from medimg.recipes.parts.one_job import train_job
from medimg.recipes.parts.stages import forget_last, stage
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine

_LOG = logging.getLogger("medimg")


def train(settings: Settings, run: Path) -> None:
    """Do every stage that is not done yet, in the run folder; LeakError, Interrupted and NumericError stop it where it is."""
    machine, cohort, starts = begin(settings, run)
    for job in jobs(settings, cohort):
        inputs = inputs_of(settings, cohort, job, starts.get(job))
        folder = stage(run, stage_name(*job), inputs, partial(_train_one, settings, cohort, machine, starts.get(job), job))
        forget_last(folder)
    if ranks.rank() == 0:
        finish(settings, cohort, machine, run)
    ranks.barrier()


def begin(settings: Settings, run: Path) -> tuple[Machine, Cohort, dict[Job, Encoder]]:
    """Start the processes and settle what a training stands on: the machine, who is in which part, and what networks start from."""
    ranks.launch(settings.trainer.accelerator, settings.trainer.devices, settings.trainer.nodes, settings.trainer.strategy)
    refuse_unknown(settings.model.name)  # before images are read
    machine = settle_machine(settings, run)
    cohort = load(settings, run)
    return machine, cohort, encoders.settle(settings, cohort, run)


def _train_one(settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, job: Job, folder: Path) -> None:
    network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=job[0], encoder=start)
    train_job(settings, cohort, machine, job, network, folder)


def inputs_of(settings: Settings, cohort: Cohort, job: Job, start: Encoder | None) -> dict[str, Any]:
    """All that the network of a job depends on."""
    own = {} if settings.decision == "multilabel" else {"decision": settings.decision}  # runs from before there was a choice still go on
    return own | {
        "split_sha256": cohort.split_sha256, "model": asdict(settings.model), "augment": asdict(settings.augment),
        "task": asdict(settings.task), "trainer": trainer_inputs(settings), "prepare": cohort.cache.prepare.spec,
        "weights_sha256": start.sha256 if start else _weights_sha256(settings),
        "classes": cohort.manifest.classes, "fuse": list(cohort.fuse), **dict(zip(("seed", "fold", "member"), job, strict=True)),
    }  # fmt: skip


def trainer_inputs(settings: Settings) -> dict[str, Any]:
    """What of the trainer changes the result: neither workers nor how often it saves."""
    left_out = ("workers", "checkpoint_minutes", "checkpoint_steps", "accelerator", "precision", "memory_format", "threads")
    return {key: value for key, value in asdict(settings.trainer).items() if key not in left_out}


def _weights_sha256(settings: Settings) -> str | None:
    path = Path(settings.model.weights or "")
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def check(settings: Settings, run: Path, tell: Callable[[Cohort], None] = lambda _: None) -> list[str]:
    """Try in a minute everything that could fail later: data, split, proof, network, one step; returns the faults found.

    `tell` is what a recipe says of the cohort once it is read.
    """
    faults: list[str] = []
    try:
        refuse_unknown(settings.model.name)
    except MedimgError as fault:
        faults += fault.faults
    try:
        cohort = load_for_check(settings)
        tell(cohort)
        start, _ = next(iter(encoders.choose(settings, cohort).values()), (None, None))
    except GateFailed:
        raise
    except MedimgError as fault:
        return faults + fault.faults
    if faults:
        return faults
    try:
        machine = machine_for(settings)
        machine.settle()
        network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=0, encoder=start)
        freeze(network, settings.task.freeze)
        planes = len(settings.data.fuse) or settings.model.channels
        image = torch.randn(min(settings.trainer.batch_size, 8), planes, settings.data.size, settings.data.size)
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            logits = network.to(machine.device)(image.to(machine.device))
        logits.float().sum().backward()
    except MedimgError as fault:
        faults += fault.faults
    except RuntimeError as fault:
        faults.append(f"the network {settings.model.name} fails on one batch of {settings.data.size} px: {str(fault).splitlines()[0]}")
    return faults


def load_for_check(settings: Settings) -> Cohort:
    """Read, deal and prove without a run folder; decodes no picture."""
    manifest = read(settings.data)
    split = deal(manifest, settings)
    proof = prove(manifest.rows, split, by=settings.data.deal_by)
    for warning in proof.get("warnings", ()):
        _LOG.warning(warning)
    if settings.data.fuse:
        places_of(manifest.rows, settings.data)
    return cohort_of(manifest, settings, split, str(proof["split_sha256"]))
