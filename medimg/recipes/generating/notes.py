"""What a run of the recipe in stages has to say of its training: where it has one phase, from whom nothing was generated, what stayed."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from medimg.recipes.generating.groups import PATIENTS, Group, groups_of
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Job, jobs, stage_name
from medimg.recipes.parts.phases import skipped, with_first_phase
from medimg.report.words import words
from medimg.settings import Settings

PHASES, GENERATED = "Phases", "Generated images"  # titles of the notes
Note = tuple[str, str]  # its title and its sentence


def notes_of(settings: Settings, cohort: Cohort, run: Path) -> list[str]:
    """Say how the networks were trained, and on what; where not all folds are alike, of which."""
    made, how, notes = jobs(settings, cohort), settings.generate, foretold(settings, cohort)
    drawn = sum(group.missing(how) for job in made for group in groups_of(_taught(cohort, job), cohort.manifest.classes))
    if drawn and not how.judge:
        notes.append(f"{GENERATED}: {drawn} were trained on and not judged (generate.judge=false): copies of patients were not looked for.")
    both = with_first_phase(run, made)
    if both and len(both) < len(made):
        notes.append(f"{PHASES}: what the second one changed is told of the folds that had one.")
    kept = [f"seed {seed} fold {_fold(fold, member)}" for seed, fold, member in both if _kept_its_start(run, (seed, fold, member))]
    if kept:
        where = f": {', '.join(kept)}" if len(made) > 1 else ""
        notes.append(f"{PHASES}: the second found nothing better on validation than what it began with, which was kept{where}.")
    return notes


def foretold(settings: Settings, cohort: Cohort) -> list[str]:
    """Say what the images of a cohort are too few for, which is known before any training; where not all folds are alike, of which."""
    classes, told = cohort.manifest.classes, dict[Job, list[Note]]()
    for job in jobs(settings, cohort):
        rows = _taught(cohort, job)
        told[job] = [*_told(settings, rows, groups_of(rows, classes))]
    return _by_fold(told)


def _taught(cohort: Cohort, job: Job) -> pd.DataFrame:
    return cohort.cases(*job[1:], "train")


def _told(settings: Settings, rows: pd.DataFrame, groups: Sequence[Group]) -> Iterator[Note]:
    if why := skipped(settings, rows):
        yield PHASES, why
    few = [f"{words(group.label)} ({group.told})" for group in groups if group.too_few(settings.generate)]
    if few:
        needed = f"at least {settings.generate.least} real training images of {PATIENTS} patients are needed (generate.least)"
        yield GENERATED, f"none of {', '.join(few)}: {needed}."


def _by_fold(told: dict[Job, list[Note]]) -> list[str]:
    """Each sentence once, under its title; with one that is not of all folds stand those it is of."""
    of = dict[Note, list[str]]()
    for (_, fold, member), texts in told.items():
        for text in texts:
            of.setdefault(text, []).append(_fold(fold, member))
    every = {_fold(fold, member) for _, fold, member in told}
    where = {text: [*dict.fromkeys(folds)] for text, folds in of.items()}
    some = {text: "" if set(folds) == every else f", fold {', '.join(folds)}" for text, folds in where.items()}
    return [f"{title}{folds}: {text}" for (title, text), folds in some.items()]


def _fold(fold: int, member: int) -> str:
    return f"{fold}.{member}" if member else str(fold)


def _kept_its_start(run: Path, job: Job) -> bool:
    best = run / "stages" / stage_name(*job) / "best.json"
    return best.is_file() and json.loads(best.read_text())["step"] == 0
