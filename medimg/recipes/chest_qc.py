"""Train networks that outline the organs of chest films, judge them film by film, draw the worst, report: top to bottom."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from medimg.errors import GateFailed, MedimgError
from medimg.evaluate.outlines import evaluate_outlines
from medimg.losses import supervised_mask_loss
from medimg.recipes.parts import encoder as encoders
from medimg.recipes.parts.cohort import name_of, read_cases
from medimg.recipes.parts.contours import draw_contours
from medimg.recipes.parts.environment import machine_for, settle_machine, tell_differences
from medimg.recipes.parts.film_cohort import PREPARED, FilmCohort, films_for_check, load_external_films, load_films, redrawn
from medimg.recipes.parts.networks import Encoder, Job, best_of, jobs, networks, stage_name
from medimg.recipes.parts.outlining import answering, outlined, outliner, train_outliner
from medimg.recipes.parts.scores import join_scores
from medimg.recipes.parts.stages import forget_last, stage, write_json
from medimg.recipes.supervised import trainer_inputs
from medimg.report.outlines import write_outline_report
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.words import plural


def train(settings: Settings, run: Path) -> None:
    """Do every stage that is not done yet, in the run folder; LeakError, Interrupted and NumericError stop it where it is."""
    outliner(settings, seed=0)  # what cannot be built is told before any film is read
    machine = _begin(settings, run)
    cohort = load_films(settings, run)
    starts = encoders.settle(settings, cohort, run)
    for job in jobs(settings, cohort):
        work = partial(train_outliner, settings, cohort, machine, job, starts.get(job))
        forget_last(stage(run, stage_name(*job), _inputs_of(settings, cohort, job, starts.get(job)), work))
    if ranks.rank() == 0:
        tables = [run / "stages" / stage_name(*job) / "test.csv" for job in jobs(settings, cohort)]
        join_scores(tables, run / "predictions" / "test.csv")
        write_json(run / "evaluation.json", _question(settings, cohort))
        _finish(settings, cohort, machine, run, run, jobs(settings, cohort))
    ranks.barrier()


def check(settings: Settings, run: Path) -> list[str]:
    """Try in a minute everything that could fail later: data, split, proof, network, one step; returns the faults found."""
    try:
        cohort = films_for_check(settings)
        jobs(settings, cohort)
        start, _ = next(iter(encoders.choose(settings, cohort).values()), (None, None))
        network = outliner(settings, seed=0, trained=start.path if start else None)
    except GateFailed:
        raise
    except MedimgError as fault:
        return fault.faults
    machine, size, organs = machine_for(settings), settings.data.size, len(settings.view.organs)
    count = min(settings.trainer.batch_size, 4)
    try:
        machine.settle()
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            answers = network.to(machine.device)(torch.rand(count, 1, size, size, device=machine.device))
        mask, known = torch.zeros(count, organs, size, size), torch.ones(count, organs, dtype=torch.bool)
        loss: torch.Tensor = supervised_mask_loss(answers, mask.to(machine.device), known.to(machine.device))
        torch.autograd.backward(loss)
    except (RuntimeError, ValueError) as fault:
        return [f"the network {settings.model.name} fails on one batch of {size} px: {str(fault).splitlines()[0]}"]
    return []


def judge(settings: Settings, source: Path, asked: Mapping[str, Any], run: Path) -> None:
    """Judge the networks of `source` (its settings given) into the folder `run`: on their own test films, or on another manifest (`asked`).

    RunError where the source is unfinished, LeakError where the manifests share a patient or a film.
    """
    done = networks(source)
    machine = _begin(settings, run)
    tell_differences(source, machine, f"the networks of {source.name} were trained elsewhere")
    if asked:
        settings = replace(settings, data=replace(settings.data, **asked))
        cohort = load_external_films(settings, source, run)
    else:
        cohort = _same_films(settings, source, run)
    members = {pair: k for k, pair in enumerate(sorted({job[1:] for job in done}))}
    tables = []
    for job in done:
        told_as = (job[0], 0, members[job[1:]]) if asked else job
        table = outlined(settings, cohort, cohort.test(*job[1:]), machine, _trained(settings, source, job), told_as)
        tables.append(run / "stages" / stage_name(*job).replace("train", "score") / "test.csv")
        if ranks.rank() == 0:
            tables[-1].parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(tables[-1], index=False, float_format="%.9g")
    if ranks.rank() == 0:
        join_scores(tables, run / "predictions" / "test.csv")
        notes = [] if asked else _redrawn(source, run)
        write_json(run / "evaluation.json", _question(settings, cohort) | {"external": bool(asked), "judged": source.name, "notes": notes})
        _finish(settings, cohort, machine, source, run, done)
    ranks.barrier()


def _begin(settings: Settings, run: Path) -> Machine:
    trainer = settings.trainer
    ranks.launch(trainer.accelerator, trainer.devices, trainer.nodes, trainer.strategy)
    return settle_machine(settings, run)


def _same_films(settings: Settings, source: Path, run: Path) -> FilmCohort:
    """Read the films that `source` was trained on, under its own split, proved anew."""
    if ranks.rank() == 0:
        for name in ("split.csv", "split_proof.json"):
            (run / name).write_bytes((source / name).read_bytes())
    ranks.barrier()
    cohort = load_films(settings, run)
    encoders.prove_again(cohort, source)
    return cohort


def _redrawn(source: Path, run: Path) -> list[str]:
    """Say of how many films the networks learned another look or other masks than they are judged by."""
    if not (source / PREPARED).is_file():
        return []
    count = len(redrawn(read_cases(run / PREPARED), source))
    told = f"Another look or other masks than when the networks learned: {plural(count, 'film')}; Dice goes by the films and masks of now."
    return [told] if count else []


def _trained(settings: Settings, source: Path, job: Job) -> nn.Module:
    return outliner(settings, seed=job[0], trained=best_of(source / "stages" / stage_name(*job)))


def _inputs_of(settings: Settings, cohort: FilmCohort, job: Job, start: Encoder | None) -> dict[str, Any]:
    """All that the network of a job depends on, and what its test films are asked with."""
    own = {"weights_sha256": start.sha256} if start else {}
    sections = {name: asdict(getattr(settings, name)) for name in ("view", "model", "randomise", "task")}
    told = {"split_sha256": cohort.split_sha256, "prepare": cohort.cache.spec, "trainer": trainer_inputs(settings)}
    return own | sections | told | {"mirror": settings.evaluate.mirror} | dict(zip(("seed", "fold", "member"), job, strict=True))


def _question(settings: Settings, cohort: FilmCohort) -> dict[str, Any]:
    return {
        "kind": "outlines", "organs": list(settings.view.organs), "films": list(settings.view.films), "draws": settings.evaluate.draws,
        "seed": settings.evaluate.seed, "subgroups": list(settings.data.subgroups), "external": False, "title": settings.title,
        "profile": settings.profile, "cohort": name_of(settings.data, cohort.manifest), "size": settings.data.size, "notes": [],
    }  # fmt: skip


def _finish(settings: Settings, cohort: FilmCohort, machine: Machine, source: Path, run: Path, done: list[Job]) -> None:
    """Judge the per-film table, draw the worst films, report."""
    evaluate_outlines(run)
    (run / "explain").mkdir(exist_ok=True)
    wanted = settings.evaluate.explain if settings.report.images else 0
    worst = pd.read_csv(run / "tables" / "worst_films.csv", dtype={"id": str}).head(wanted)
    told: list[dict[str, Any]] = []
    for job in done:  # each film is drawn as the first network sees it that has judged it
        mine = cohort.test(*job[1:])
        here = worst[worst["id"].isin(mine["id"]) & ~worst["id"].isin([one["id"] for one in told])]
        if len(here):
            asked = answering(settings, _trained(settings, source, job), settings.evaluate.mirror)
            told += draw_contours(run / "explain", cohort.films(mine), settings.view.organs, here, asked, machine)
    write_json(run / "explain" / "explain.json", sorted(told, key=lambda one: (one["mean_dice"], one["id"])))
    write_outline_report(run, images=settings.report.images)
