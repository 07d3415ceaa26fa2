"""Train one network per seed and fold, score validation and test, judge, explain, report: top to bottom."""

import hashlib
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from medimg.data.leaks import prove
from medimg.data.patients import Patients, Places
from medimg.data.places import subsets, withhold
from medimg.errors import GateFailed, MedimgError
from medimg.evaluate import evaluate
from medimg.models.layers import freeze
from medimg.recipes import encoder as encoders
from medimg.recipes.against import take_along
from medimg.recipes.cohort import Cohort, cohort_of, deal, load, name_of, read
from medimg.recipes.environment import machine_for, settle_machine
from medimg.recipes.explain import explain
from medimg.recipes.images import places_of
from medimg.recipes.networks import Encoder, jobs, network_of, stage_name
from medimg.recipes.one_network import train_network
from medimg.recipes.scores import join_scores, question_of, write_scores
from medimg.recipes.stages import stage, write_json
from medimg.report import write_report
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.machine import Machine
from medimg.training.score import score


def train(settings: Settings, run: Path) -> None:
    """Do every stage that is not done yet, in the run folder; LeakError, Interrupted and NumericError stop it where it is."""
    ranks.launch(settings.trainer.accelerator, settings.trainer.devices, settings.trainer.nodes, settings.trainer.strategy)
    machine = settle_machine(settings, run)
    cohort = load(settings, run)
    starts = encoders.settle(settings, cohort, run)
    for seed, fold, member in jobs(settings, cohort):
        name, start = stage_name(seed, fold, member), starts.get((seed, fold, member))
        inputs = {
            "split_sha256": cohort.split_sha256, "model": asdict(settings.model), "augment": asdict(settings.augment),
            "task": asdict(settings.task), "trainer": _trainer_inputs(settings), "prepare": cohort.cache.prepare.spec,
            "weights_sha256": start.sha256 if start else _weights_sha256(settings),
            "classes": cohort.manifest.classes, "fuse": list(cohort.fuse), "seed": seed, "fold": fold, "member": member,
        }  # fmt: skip
        if settings.decision != "multilabel":  # named only then, so that runs from before there was a choice still go on
            inputs["decision"] = settings.decision
        folder = stage(run, name, inputs, partial(_train_one, settings, cohort, machine, start, seed, fold, member))
        if ranks.rank() == 0:
            CheckpointFolder(folder / "checkpoints").drop("last")
    if ranks.rank() == 0:
        _finish(settings, cohort, machine, run)
    ranks.barrier()


def _train_one(
    settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, seed: int, fold: int, member: int, folder: Path
) -> None:
    classes, kind = cohort.manifest.classes, cohort.kind
    rows = {part: cohort.cases(fold, member, part) for part in ("train", "val", "test")}
    pictures = {part: cohort.pictures(rows[part], settings.model.channels) for part in rows}
    taught = Patients(pictures["train"], rows["train"]["patient"]) if isinstance(pictures["train"], Places) else pictures["train"]
    network = network_of(settings, kind, classes, seed=seed, encoder=start)
    loggers = _loggers(settings, folder) if ranks.rank() == 0 else []
    keeper = train_network(
        settings, kind, network, taught, pictures["val"], machine, seed=seed, folder=folder, loggers=loggers,
        what=f"seed {seed} fold {fold}" + (f" member {member}" if member else ""),
    )  # fmt: skip
    for part in ("val", "test"):
        logits = score(network, pictures[part], machine, batch_size=settings.trainer.batch_size)
        if ranks.rank() == 0:
            write_scores(folder / f"{part}.csv", rows[part], logits, kind, classes, seed=seed, fold=fold, member=member)
    for fewer in subsets(cohort.fuse):
        cases = withhold(rows["test"], fewer, cohort.fuse)
        if cases.empty:
            continue
        logits = score(network, cohort.pictures(cases, settings.model.channels), machine, batch_size=settings.trainer.batch_size)
        if ranks.rank() == 0:
            write_scores(folder / f"test_{'+'.join(fewer)}.csv", cases, logits, kind, classes, seed=seed, fold=fold, member=member)
    if ranks.rank() == 0:
        best = keeper.folder.path("best", keeper.best_step)
        write_json(folder / "best.json", {"file": best.name, "step": keeper.best_step, "val/loss": keeper.best})


def _finish(settings: Settings, cohort: Cohort, machine: Machine, run: Path) -> None:
    """Join the per-case tables, judge, explain, report."""
    folders = [run / "stages" / stage_name(*job) for job in jobs(settings, cohort)]
    for part in ("val", "test"):
        join_scores([folder / f"{part}.csv" for folder in folders], run / "predictions" / f"{part}.csv")
    for name in map("+".join, subsets(cohort.fuse)):
        if tables := [path for folder in folders if (path := folder / f"test_{name}.csv").is_file()]:
            join_scores(tables, run / "predictions" / "fewer" / f"{name}.csv")
    take_along(settings.evaluate.against, run)
    write_json(
        run / "evaluation.json",
        question_of(settings, cohort.kind, cohort.manifest.classes) | {"cohort": name_of(settings.data, cohort.manifest)},
    )
    evaluate(run)
    explain(settings, cohort, machine, run)
    write_report(run, images=settings.report.images)


def _trainer_inputs(settings: Settings) -> dict[str, Any]:
    """What of the trainer changes the result: neither workers nor how often it saves."""
    left_out = ("workers", "checkpoint_minutes", "checkpoint_steps", "accelerator", "precision", "memory_format", "threads")
    return {key: value for key, value in asdict(settings.trainer).items() if key not in left_out}


def _weights_sha256(settings: Settings) -> str | None:
    path = Path(settings.model.weights or "")
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _loggers(settings: Settings, folder: Path) -> list[Any]:
    from pytorch_lightning import loggers

    made: list[Any] = []
    if settings.logger.tensorboard:
        made.append(loggers.TensorBoardLogger(folder, name=None, version="tensorboard"))
    if settings.logger.mlflow:
        store = f"sqlite:///{folder.parents[1] / 'mlflow.db'}"
        made.append(loggers.MLFlowLogger(experiment_name=settings.experiment or "medimg", tracking_uri=store, run_name=folder.name))
    return made


def check(settings: Settings, run: Path) -> list[str]:
    """Try in a minute everything that could fail later: data, split, proof, network, one step; returns the faults found."""
    faults: list[str] = []
    try:
        cohort = load_for_check(settings)
        start, _ = next(iter(encoders.choose(settings, cohort).values()), (None, None))
    except GateFailed:
        raise
    except MedimgError as fault:
        return fault.faults
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
    if settings.data.fuse:
        places_of(manifest.rows, settings.data)
    return cohort_of(manifest, settings, split, str(proof["split_sha256"]))
