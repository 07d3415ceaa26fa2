"""Learning curves of labelling strategies on a labelled set: every repeat and fold, one training a unit, each finished unit kept."""

import json
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from medimg.active.stopping import Stop
from medimg.active.strategies import STRATEGIES
from medimg.errors import ConfigError, GateFailed, LeakError, ManifestError, MedimgError, RunError
from medimg.io.claim import claimed
from medimg.recipes import supervised
from medimg.recipes.parts import encoder as encoders
from medimg.recipes.parts.answers import last_linear
from medimg.recipes.parts.cohort import Cohort, load, name_of, taught_before
from medimg.recipes.parts.crew import follow_parent, is_worker, work_together
from medimg.recipes.parts.environment import settle_machine
from medimg.recipes.parts.networks import Encoder, network_of, stage_name
from medimg.recipes.parts.scores import title_of
from medimg.recipes.parts.stages import write_json
from medimg.recipes.simulating.chain import Chain
from medimg.recipes.simulating.chains import PARTS, chains, folds_of, strategies_of, tell_merged, work
from medimg.settings import Settings
from medimg.training.machine import Machine
from medimg.words import plural

PROTOCOL = 2  # 1 trained labelled images in the order in which they were asked for, so equal sets of labels were unlike trainings
_LOG = logging.getLogger("medimg")


def train(settings: Settings, run: Path) -> None:
    """Do every unit that is not done yet, alone or with workers; other processes on the same run share the repeats and folds."""
    if is_worker():
        follow_parent()
    machine, made = _ready(settings, run)
    if is_worker() or settings.active.processes == 1:
        work(run / "sim", made)
        killed = 0
    else:
        count = min(settings.active.processes, sum(not chain.done for chain in made()))
        if count:
            _LOG.info("%d workers with %d threads each", count, machine.threads)
        killed = work_together(run, count, machine.threads)
    if not is_worker():
        _end(run, made, killed)


def _ready(settings: Settings, run: Path) -> tuple[Machine, Callable[[], Iterator[Chain]]]:
    """Make ready what all processes share, one process at a time; returns what makes the chains."""
    begun = (run / "simulation.json").is_file()
    protocol = PROTOCOL
    with nullcontext() if begun else claimed(run / ".begin", wait=True):
        if (run / "simulation.json").is_file():
            protocol = int(json.loads((run / "simulation.json").read_text()).get("protocol", 1))
        if not begun:
            refuse(settings, supervised.load_for_check(settings))
        machine = settle_machine(settings, run)
        cohort = load(settings, run)
        settled = encoders.settle(settings, cohort, run)
        starts = {fold: start for (_, fold, _), start in settled.items()}
        _prove_labels_unknown(cohort, {job[1]: (start, taught_before(run, stage_name(*job))) for job, start in settled.items()})
        if not is_worker():
            tell_merged(settings, cohort.manifest.classes)
            for note in short_curves(settings, cohort):
                _LOG.info(note)
            write_json(run / "simulation.json", told(settings, cohort) | {"protocol": protocol})
            if protocol < PROTOCOL:
                _LOG.info("this simulation trains labelled images in the order in which they were asked for, as it began: %s", run.name)
        (run / "sim").mkdir(exist_ok=True)
    made = partial(chains, settings, cohort, machine, starts, run, by_place=protocol > 1)
    if any((run / "sim").glob("*.json")) and not is_worker() and not all(chain.done for chain in made()):
        conclude(run)
    return machine, made


def _end(run: Path, made: Callable[[], Iterator[Chain]], killed: int) -> None:
    """Conclude where all is done; the last of several processes finds that it is."""
    if all(chain.done for chain in made()):
        _LOG.info("every unit is done: %s", run.name)
        conclude(run)
        return
    if killed:
        raise RunError(f"not every unit is done, as {killed} workers were killed. Go on with the run, perhaps with fewer active.processes.")
    _LOG.info("nothing is left that other processes have not begun; the last of them concludes: %s", run.name)


def conclude(run: Path) -> None:
    """Judge the units that are finished, and report them; one process at a time."""
    from medimg.evaluate.simulating.learning import evaluate_simulation
    from medimg.report.simulating.simulation import write_simulation_report

    with claimed(run / ".conclude", wait=True):
        evaluate_simulation(run)
        write_simulation_report(run)


def refuse(settings: Settings, cohort: Cohort) -> None:
    """Refuse before any picture is decoded what cannot be simulated: unknown labels, a start larger than the pool, a network unfit."""
    unknown = int((cohort.rows["label"] == "").sum())
    if unknown:
        raise ManifestError(
            f"no label: {unknown} of {plural(len(cohort.rows), 'image')}, and a simulation must know the answer to all it could ask. "
            "Take their rows out of the manifest."
        )
    active, faults = settings.active, []
    if cohort.manifest.multilabel:
        faults.append("images have several labels at once: a simulation needs one answer an image. Choose another label with data.label.")
    for fold in folds_of(settings, cohort):
        images = len(cohort.part(fold, 0, "train"))
        if active.init_size >= images:
            faults.append(
                f"active.init_size={active.init_size}: the pool of fold {fold} has {images} images, so nothing would be left to choose. "
                f"Set active.init_size to less, for example {max(1, images // 10)}."
            )
    blind = [name for name in strategies_of(settings, cohort.manifest.classes) if STRATEGIES[name].features or name == "bald"]
    blind += ["active.init=typical"] * (active.init == "typical") + ["active.frozen"] * active.frozen
    if blind and last_linear(blank_network(settings, cohort)) is None:
        faults.append(
            f"{', '.join(blind)}: these need the features before a linear classifier, and {settings.model.name} has none. "
            "Leave them out, or take another network."
        )
    if faults:
        raise ConfigError(*faults)


def short_curves(settings: Settings, cohort: Cohort) -> list[str]:
    """Say in which folds one round leaves nothing to ask, so that every strategy has the same labels after it."""
    active, told = settings.active, []
    for fold in folds_of(settings, cohort):
        rows = cohort.part(fold, 0, "train")
        everything = rows["patient"].nunique() if active.unit == "patient" else len(rows)
        begun = math.ceil(active.init_size * everything / len(rows))
        if begun + active.budget >= everything:
            what = f"{everything} {'patients' if active.unit == 'patient' else 'images'}"
            told.append(
                f"active.budget={active.budget}: one round empties the pool of fold {fold} ({what}), after which all strategies are alike. "
                "Set it to less."
            )
    return told


def blank_network(settings: Settings, cohort: Cohort) -> nn.Module:
    """Build the network of a simulation without the weights it starts from."""
    blank = replace(settings, model=replace(settings.model, weights=None))
    return network_of(blank, cohort.kind, cohort.manifest.classes, seed=settings.seed)


def prove_start(settings: Settings, cohort: Cohort) -> None:
    """Try, before there is a run, whether `model.weights` may be started from; LeakError where it may not."""
    _prove_labels_unknown(cohort, {fold: start for (_, fold, _), start in encoders.choose(settings, cohort).items()})


def _prove_labels_unknown(cohort: Cohort, starts: dict[int, tuple[Encoder, pd.DataFrame]]) -> None:
    """Refuse a first network that has learned the answers which the strategies are to ask for; starts come with the cases they know."""
    for fold, (start, taught) in starts.items():
        pool = cohort.part(fold, 0, "train")
        known = pool["patient"].isin(taught["patient"]) | pool["pixel_sha256"].isin(taught["pixel_sha256"])
        if start.answers and known.any():
            raise LeakError(
                f"model.weights={start.run}: its network answers the same question and was taught the labels of {int(known.sum())} of "
                f"{len(pool)} images in the pool of fold {fold}, so the curve would begin with labels that nobody asked for. "
                "Start from a run on other patients or on another question, or leave model.weights out."
            )


def told(settings: Settings, cohort: Cohort) -> dict[str, Any]:
    """What the evaluation needs to know of the simulation."""
    active, classes, folds = settings.active, list(cohort.manifest.classes), folds_of(settings, cohort)
    parts = {fold: {name: cohort.part(fold, 0, part) for name, part in PARTS.items()} for fold in folds}
    images = max(len(parts[fold]["pool"]) for fold in folds)  # a cap can make any curve longer, but never a round without an image
    return {
        "kind": cohort.kind, "classes": classes, "title": settings.title or title_of(settings, classes),
        "cohort": name_of(settings.data, cohort.manifest), "preset": active.preset, "unit": active.unit, "budget": active.budget,
        "rounds": min(active.rounds or images, images), "init": {"method": active.init, "size": active.init_size}, "mode": active.mode,
        "frozen": active.frozen, "strategies": list(strategies_of(settings, classes)), "repeats": active.repeats, "folds": len(folds),
        "margin": active.margin, "noise": active.noise, "draws": settings.evaluate.draws, "seed": settings.evaluate.seed,
        "stop": asdict(Stop(**asdict(active.stop))),
        "parts": {
            str(fold): {name: {"images": len(rows), "patients": rows["patient"].nunique()} for name, rows in own.items()}
            for fold, own in parts.items()
        },
    }  # fmt: skip


def check(settings: Settings, run: Path) -> list[str]:
    """Try what could fail later; returns the faults found."""
    try:
        cohort = supervised.load_for_check(settings)
        refuse(settings, cohort)
        prove_start(settings, cohort)
    except GateFailed:
        raise
    except MedimgError as fault:
        return fault.faults
    return supervised.check(settings, run)
