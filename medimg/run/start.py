"""Open a run folder and hand settings to the recipe that fills it."""

import json
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from medimg import __version__, phantoms
from medimg.errors import ConfigError, MedimgError, told_if_stopped
from medimg.recipes.parts.crew import is_worker
from medimg.run.compose import compose
from medimg.run.folder import (
    comes,
    forget_latest,
    held,
    leaders_run,
    make_run,
    named_run,
    new_run,
    note_words,
    point_latest,
    rank,
    stored_settings,
    trained_run,
    write_config,
)
from medimg.run.resume import resumed, to_judge
from medimg.settings import Settings

LOG = logging.getLogger("medimg")
WARNINGS = logging.getLogger("py.warnings")
SIMULATED = "recipe=simulate"
MEANWHILE_SECONDS = 5.0  # for another process to write the config of the folder that it has just made


@dataclass(frozen=True)
class Outcome:
    """What a command leaves behind: a run, its headline, and how many inputs it had to refuse."""

    run: Path
    headline: dict[str, Any] | None
    refused: int

    @property
    def exit_code(self) -> int:
        """3 where inputs were refused, else 0."""
        return 3 if self.refused else 0


def train(words: Sequence[str], target: str | None = None) -> Outcome:
    """Train, evaluate and report a new run, or go on with `target` (also `resume=RUN` among the words)."""
    words, target = _without_resume(words, target)
    settings, run = _opened(words, target)
    verb = "active-label --simulate" if settings.recipe == "simulate" else "train"
    with _kept_if_begun(run, f"medimg {verb} {_as_typed(run)}"), working_in(run, shared=settings.recipe == "simulate"):
        LOG.info("medimg %s, run folder %s", __version__, run.name)
        _recipe_of(settings).train(settings, run)
    return outcome_of(run)


def _recipe_of(settings: Settings) -> Any:
    """Import the recipe; a built-in cohort that is not there yet is drawn meanwhile, since on a fresh machine both take long."""
    if settings.recipe == "label":
        raise ConfigError("labelling by readers is a command of its own: medimg active-label.")
    path, cohort = f"medimg.recipes.{settings.recipe}", settings.data.manifest.removeprefix("phantom:")
    if path in sys.modules or rank() or cohort == settings.data.manifest:
        return import_module(path)
    phantoms.describe(cohort, settings.data.limit)  # imports what the drawing needs before two threads import at once
    with ThreadPoolExecutor(1) as other:
        other.submit(phantoms.cohort, cohort, n=settings.data.limit)  # what fails here fails again, and is told, where the recipe reads it
        return import_module(path)


def simulate(words: Sequence[str], target: str | None = None) -> Outcome:
    """Simulate labelling in a new run, or go on with `target`."""
    return train([*words, SIMULATED], target)


def plan(words: Sequence[str], target: str | None = None) -> dict[str, Any]:
    """Count the units of a simulation that are to be done and time them; starts nothing, makes no run."""
    run = trained_run(target, _runs(words)) if target else None
    words = [*words, SIMULATED]
    settings = resumed(run, words) if run else compose(words)
    return dict(import_module("medimg.recipes.simulation_cost").cost(settings, run))


def judge(words: Sequence[str], target: str | None = None) -> Outcome:
    """Judge a run again, or on another manifest, into a folder of its own."""
    source = trained_run(target, _runs(words))
    settings, asked = to_judge(source, words)
    if rank():
        run = leaders_run()
    else:
        shown = replace(settings, data=replace(settings.data, **asked), experiment=settings.experiment or source.parent.name)
        named = os.environ.get("MEDIMG_RUN")
        found = named_run(named, shown, words, source) if named else new_run(shown, words, source)
        if found is None:
            raise ConfigError(f"MEDIMG_RUN={named} exists. Name another folder for what is judged, or unset it.")
        run = found
    recipe = import_module("medimg.recipes.chest_qc" if settings.recipe == "chest_qc" else "medimg.recipes.judge")
    with _kept_if_begun(run, "the same command."), working_in(run):
        LOG.info("medimg %s judges run %s in %s", __version__, source.name, run.name)
        recipe.judge(settings, source, asked, run)
    return outcome_of(run)


def outcome_of(run: Path) -> Outcome:
    """Read what a finished run says of itself."""
    flow = _json(run / "flow.json") or {}
    metrics = _json(run / "metrics.json") or {}
    return Outcome(run, metrics.get("headline"), int(flow.get("refused") or 0))


@contextmanager
def _kept_if_begun(run: Path, again: str) -> Iterator[None]:
    """Say how to go on with a run that a signal stopped; remove one that wrong input stopped before its first stage."""
    try:
        with told_if_stopped(f"stopped; what was saved stays. Go on with it: {again}"):
            yield
    except MedimgError:
        if not rank() and not any((run / begun).exists() for begun in ("stages", "sim")):
            shutil.rmtree(run, ignore_errors=True)
            forget_latest(run)
        raise


@contextmanager
def working_in(run: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the run, log into it, and tell child processes where it is."""
    before = os.environ.get("MEDIMG_RUN")
    os.environ["MEDIMG_RUN"] = str(run)
    try:
        if rank():
            yield
            return
        with held(run, shared=shared), logging_to(run / "log.txt"):
            yield
    finally:
        if before is None:
            del os.environ["MEDIMG_RUN"]
        else:
            os.environ["MEDIMG_RUN"] = before


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Write medimg's messages, and the warnings of libraries, into a file; records with `keep` False are for the terminal alone."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.addFilter(lambda record: getattr(record, "keep", True))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    level = LOG.level
    for log in (LOG, WARNINGS):
        log.addHandler(handler)
    LOG.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        for log in (LOG, WARNINGS):
            log.removeHandler(handler)
        LOG.setLevel(level)
        handler.close()


def _opened(words: Sequence[str], target: str | None) -> tuple[Settings, Path]:
    if rank() or is_worker():
        run = leaders_run()
        return stored_settings(run), run
    named = os.environ.get("MEDIMG_RUN")
    if target is None and named and (Path(named) / "config.yaml").is_file():
        target = named
    if target is not None:
        run = trained_run(target, _runs(words))
        return _continued(run, words)
    settings = compose(words)
    if not named:
        return settings, new_run(settings, words)
    run = Path(named).absolute()
    if not make_run(run, settings, words):
        if settings.recipe == "simulate" and comes(run, MEANWHILE_SECONDS):
            return _continued(run, words)
        raise ConfigError(f"MEDIMG_RUN={named} exists and is no run folder. Name another folder, or unset it.")
    return settings, run


def _continued(run: Path, words: Sequence[str]) -> tuple[Settings, Path]:
    settings = resumed(run, words)
    if settings != stored_settings(run):
        write_config(run, settings)
    note_words(run, words)
    point_latest(run, Path(settings.runs).expanduser().absolute())
    return settings, run


def _without_resume(words: Sequence[str], target: str | None) -> tuple[list[str], str | None]:
    named = [word.partition("=")[2] for word in words if word.startswith("resume=")]
    targets = [*([target] if target else []), *named]
    if len(set(targets)) > 1:
        raise ConfigError(f"several runs to go on with are named: {', '.join(targets)}. Name one.")
    if "" in named:
        raise ConfigError("resume= names no run. Write resume=RUN, or resume=latest.")
    return [word for word in words if not word.startswith("resume=")], targets[0] if targets else None


def _runs(words: Sequence[str]) -> str:
    return next((word.partition("=")[2] for word in words if word.startswith("runs=")), "runs")


def _as_typed(run: Path) -> str:
    """The shortest way to write a folder where the command is given, quoted for a shell."""
    return shlex.quote(str(run.relative_to(Path.cwd()) if run.is_relative_to(Path.cwd()) else run))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
