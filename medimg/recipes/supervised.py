"""Train one network per seed and fold, score validation and test, judge, explain, report: top to bottom."""

import hashlib
import logging
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.cache import PictureCache
from medimg.data.dataset import Pictures
from medimg.data.leaks import prove
from medimg.data.loader import epoch_batches
from medimg.errors import GateFailed, MedimgError
from medimg.evaluate import evaluate
from medimg.losses import balanced_weights
from medimg.models.layers import freeze
from medimg.recipes import encoder as encoders
from medimg.recipes.cohort import Cohort, deal, load, name_of, prepare_of, read
from medimg.recipes.environment import machine_for, settle_machine
from medimg.recipes.explain import explain
from medimg.recipes.networks import Encoder, jobs, network_of, stage_name
from medimg.recipes.scores import join_scores, measures, question_of, write_scores
from medimg.recipes.stages import stage, write_json
from medimg.report import write_report
from medimg.settings import Settings
from medimg.tasks.classify import Classify
from medimg.training import ranks
from medimg.training.checkpoints import CheckpointFolder, load_weights
from medimg.training.fit import fit
from medimg.training.keeper import Keeper, Row
from medimg.training.machine import Machine
from medimg.training.progress import write_rows
from medimg.training.score import score
from medimg.transforms.augment import Augment

_LOG = logging.getLogger("medimg")


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
            "classes": cohort.manifest.classes, "seed": seed, "fold": fold, "member": member,
        }  # fmt: skip
        stage(run, name, inputs, partial(_train_one, settings, cohort, machine, start, seed, fold, member))
    if ranks.rank() == 0:
        _finish(settings, cohort, machine, run)
    ranks.barrier()


def total_steps(settings: Settings, images: int, seed: int, world: int) -> tuple[int, int]:
    """Count the optimiser steps of the whole training and of one epoch."""
    trainer = settings.trainer
    batches = len(epoch_batches(images, trainer.batch_size, seed, 0)) // world
    per_epoch = max(1, -(-batches // trainer.accumulate))
    return min(per_epoch * trainer.epochs, trainer.max_steps or per_epoch * trainer.epochs), per_epoch


def _train_one(
    settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, seed: int, fold: int, member: int, folder: Path
) -> None:
    task, classes, kind = settings.task, cohort.manifest.classes, cohort.kind
    train_part, val_part, test_part = (cohort.part(fold, member, part) for part in ("train", "val", "test"))
    pictures = {name: Pictures(rows, classes, cohort.cache, settings.model.channels) for name, rows in
                (("train", train_part), ("val", val_part), ("test", test_part))}  # fmt: skip
    label = torch.from_numpy(pictures["train"].labels)
    network = network_of(settings, kind, classes, seed=seed, encoder=start)
    network = network.to(memory_format=torch.channels_last if machine.channels_last else torch.contiguous_format)
    steps, per_epoch = total_steps(settings, len(train_part), seed, ranks.world())
    augment = Augment(**asdict(settings.augment))
    options = {key: value for key, value in asdict(task).items() if key not in ("class_weights", "sampling", "ema")}
    module = Classify(
        network, kind, steps=steps, steps_per_epoch=per_epoch, seed=seed, augment=augment if augment != Augment() else None,
        weight=balanced_weights(label) if task.class_weights else None, channels_last=machine.channels_last, **options,
    )  # fmt: skip

    def judge(judged: nn.Module) -> Row:
        logits = score(judged, pictures["val"], machine, batch_size=settings.trainer.batch_size)
        return measures(logits, pictures["val"].labels, kind)

    keeper = Keeper(
        CheckpointFolder(folder / "checkpoints"), judge, told=partial(_note, folder), patience=settings.trainer.patience,
        ema=task.ema, save_steps=settings.trainer.checkpoint_steps, save_minutes=settings.trainer.checkpoint_minutes,
    )  # fmt: skip
    weights = _sample_weights(pictures["train"].labels) if task.sampling == "balanced" else None
    loggers = _loggers(settings, folder) if ranks.rank() == 0 else []
    best = fit(module, pictures["train"], keeper, settings.trainer, machine, seed=seed, steps=steps, weights=weights, loggers=loggers,
               what=f"seed {seed} fold {fold}" + (f" member {member}" if member else ""))  # fmt: skip
    network.load_state_dict(load_weights(best))
    for part, rows in (("val", val_part), ("test", test_part)):
        logits = score(network, pictures[part], machine, batch_size=settings.trainer.batch_size)
        if ranks.rank() == 0:
            write_scores(folder / f"{part}.csv", rows, logits, kind, classes, seed=seed, fold=fold, member=member)
    if ranks.rank() == 0:
        write_json(folder / "best.json", {"file": best.name, "step": keeper.best_step, "val/loss": keeper.best})


def _note(folder: Path, rows: list[Row]) -> None:
    """Keep the rows of progress, and the newest in the log."""
    write_rows(folder, rows)
    _LOG.info("%s: %s", folder.name, "  ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()), extra={"file_only": True})


def _sample_weights(labels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weigh each case so that every combination of labels is drawn as often."""
    _, which, count = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[which.ravel()], dtype=np.float64)


def _finish(settings: Settings, cohort: Cohort, machine: Machine, run: Path) -> None:
    """Join the per-case tables, judge, explain, report."""
    folders = [run / "stages" / stage_name(*job) for job in jobs(settings, cohort)]
    for part in ("val", "test"):
        join_scores([folder / f"{part}.csv" for folder in folders], run / "predictions" / f"{part}.csv")
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
        image = torch.randn(min(settings.trainer.batch_size, 8), settings.model.channels, settings.data.size, settings.data.size)
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
    return Cohort(
        manifest, split, str(prove(manifest.rows, split, by=settings.data.deal_by)["split_sha256"]), PictureCache(prepare_of(settings.data))
    )
