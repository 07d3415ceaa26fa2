"""What a run of the recipe in stages has to say of its training: where it has one phase, from whom nothing was generated, what stayed."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from medimg.recipes.generating.groups import PATIENTS, Group, groups_of
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Job, jobs, stage_name
from medimg.recipes.parts.phases import skipped, with_first_phase
from medimg.settings import Settings


def notes_of(settings: Settings, cohort: Cohort, run: Path) -> list[str]:
    """Say how the networks were trained, and on what; where not all folds are alike, of which."""
    made, how, classes = jobs(settings, cohort), settings.generate, cohort.manifest.classes
    parts = {job: cohort.cases(*job[1:], "train") for job in made}
    groups = {job: groups_of(rows, classes) for job, rows in parts.items()}
    told = {job: [*_told(settings, parts[job], groups[job])] for job in made}
    notes = _by_fold(told)
    drawn = sum(group.missing(how) for each in groups.values() for group in each)
    if drawn and not how.judge:
        notes.append(
            f"{drawn} generated images were trained on and not judged (generate.judge=false): copies of patients were not looked for."
        )
    both = with_first_phase(run, made)
    if both and len(both) < len(made):
        notes.append("What the second phase changed is told of the folds that had one.")
    kept = [f"seed {seed} fold {_fold(fold, member)}" for seed, fold, member in both if _kept_its_start(run, (seed, fold, member))]
    if kept:
        notes.append(f"The second phase found nothing better on validation than what it began with, which was kept: {', '.join(kept)}.")
    return notes


def _told(settings: Settings, rows: pd.DataFrame, groups: Sequence[Group]) -> Iterator[str]:
    if why := skipped(settings, rows):
        yield why
    few = [f"{group.label} ({group.told})" for group in groups if group.too_few(settings.generate)]
    if few:
        yield (
            f"None were generated from fewer than {settings.generate.least} real training images or {PATIENTS} patients: {', '.join(few)}."
        )


def _by_fold(told: dict[Job, list[str]]) -> list[str]:
    """Each sentence once; before one that is not of all folds stand those it is of."""
    of = dict[str, list[str]]()
    for (_, fold, member), texts in told.items():
        for text in texts:
            of.setdefault(text, []).append(_fold(fold, member))
    every = {_fold(fold, member) for _, fold, member in told}
    where = {text: [*dict.fromkeys(folds)] for text, folds in of.items()}
    return [text if set(folds) == every else f"Fold {', '.join(folds)}: {text}" for text, folds in where.items()]


def _fold(fold: int, member: int) -> str:
    return f"{fold}.{member}" if member else str(fold)


def _kept_its_start(run: Path, job: Job) -> bool:
    best = run / "stages" / stage_name(*job) / "best.json"
    return best.is_file() and json.loads(best.read_text())["step"] == 0
