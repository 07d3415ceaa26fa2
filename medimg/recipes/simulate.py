"""Learning curves of labelling strategies on a labelled set: every repeat and fold, one training a unit, each finished unit kept."""

import logging
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from medimg.active.lots import Lots
from medimg.active.stopping import Stop
from medimg.active.strategies import STRATEGIES
from medimg.data.dataset import Pictures, label_matrix
from medimg.errors import ConfigError, LeakError, ManifestError
from medimg.recipes import encoder as encoders
from medimg.recipes import supervised
from medimg.recipes.answers import Answers, features_of, last_linear, narrowing
from medimg.recipes.chain import Chain
from medimg.recipes.cohort import Cohort, load, name_of, taught_before
from medimg.recipes.environment import settle_machine
from medimg.recipes.learners import Fold, HeadLearner, Learner, NetworkLearner
from medimg.recipes.networks import Encoder, jobs, network_of, stage_name
from medimg.recipes.reader import read_by
from medimg.recipes.round_facts import Judges, stop_set
from medimg.recipes.scores import title_of
from medimg.recipes.stages import write_json
from medimg.settings import Settings
from medimg.training.machine import Machine

_LOG = logging.getLogger("medimg")
PARTS = {"pool": "train", "val": "val", "test": "test"}


def train(settings: Settings, run: Path) -> None:
    """Do every unit that is not done yet; a run that was begun goes on."""
    if not (run / "simulation.json").is_file():
        refuse(settings, supervised.load_for_check(settings))
    machine = settle_machine(settings, run)
    cohort = load(settings, run)
    starts = {fold: start for (_, fold, _), start in encoders.settle(settings, cohort, run).items()}
    _prove_labels_unknown(settings, cohort, starts, run)
    write_json(run / "simulation.json", told(settings, cohort))
    (run / "sim").mkdir(exist_ok=True)
    if any((run / "sim").glob("*.json")):
        conclude(run)
    for chain in chains(settings, cohort, machine, starts, run):
        chain.run()
    _LOG.info("every unit is done: %s", run.name)
    conclude(run)


def conclude(run: Path) -> None:
    """Judge the units that are finished, and report them."""
    from medimg.evaluate.learning import evaluate_simulation
    from medimg.report.simulation import write_simulation_report

    evaluate_simulation(run)
    write_simulation_report(run)


def strategies_of(settings: Settings) -> tuple[str, ...]:
    """Random and random_patient, which always run, then those asked for."""
    active = settings.active
    return tuple(dict.fromkeys(["random", "random_patient", *(active.compare if active.compare is not None else (active.strategy,))]))


def folds_of(settings: Settings, cohort: Cohort) -> list[int]:
    """The folds to simulate; `data.fold` keeps some."""
    return [fold for _, fold, _ in jobs(settings, cohort)]


def chains(settings: Settings, cohort: Cohort, machine: Machine, starts: dict[int, Encoder], run: Path) -> Iterator[Chain]:
    """Every repeat and fold; all strategies of one share folds, start, initial labels and seeds."""
    active, classes, asked = settings.active, list(cohort.manifest.classes), strategies_of(settings)
    features, draws = any(STRATEGIES[name].features for name in asked), "bald" in asked
    heads: dict[int, HeadLearner] = {}
    for repeat in range(active.repeats):
        for number in folds_of(settings, cohort):
            start, place = starts.get(number), f"f{number}"
            fold = _fold(settings, cohort, repeat, number)
            if active.frozen:
                heads[number] = heads.get(number) or HeadLearner(settings, cohort, machine, start, fold, draws=draws)
                learner: Learner = heads[number].of(fold)
            else:
                learner = NetworkLearner(settings, cohort, machine, start, fold, features=features, draws=draws)
            rows = stop_set(fold["pool"], Lots(active.query_seed, 0, f"stop set {place}"))
            judges = Judges(rows, fold["val"], label_matrix(fold["val"]["label"], classes))

            def first(start: Encoder | None = start, fold: Fold = fold) -> Answers:
                return _first_features(settings, cohort, machine, start, fold)

            yield Chain(active, asked, classes, run / "sim", repeat, settings.seed + repeat, fold, learner, judges, first)


def _fold(settings: Settings, cohort: Cohort, repeat: int, number: int) -> Fold:
    """The images of a fold; what the simulated reader says of pool and validation depends on the repeat and the image alone."""
    parts = {name: cohort.part(number, 0, part) for name, part in PARTS.items()}
    lots, active = Lots(settings.active.query_seed, repeat, "reader"), settings.active
    read = {part: read_by(parts[part], list(cohort.manifest.classes), active.noise, lots) for part in ("pool", "val")}
    return Fold(number, parts | read)


def _first_features(settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, fold: Fold) -> Answers:
    network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=settings.seed, encoder=start)
    pictures = Pictures(fold["pool"], cohort.manifest.classes, cohort.cache, settings.model.channels)
    features = features_of(network, pictures, machine, settings.trainer.batch_size)
    return Answers(np.full((len(pictures), 2), 0.5), narrowing(features)(features))


def refuse(settings: Settings, cohort: Cohort) -> None:
    """Refuse before any picture is decoded what cannot be simulated: unknown labels, a start larger than the pool, a network unfit."""
    unknown = int((cohort.rows["label"] == "").sum())
    if unknown:
        raise ManifestError(
            f"{unknown} of {len(cohort.rows)} images have no label, and a simulation must know the answer to all it could ask. "
            "Leave them out of the manifest, or name their ids in data.exclude."
        )
    active, faults = settings.active, []
    if cohort.kind == "multilabel":
        faults.append("images have several labels at once: a simulation needs one answer an image. Choose another label with data.label.")
    for fold in folds_of(settings, cohort):
        images = len(cohort.part(fold, 0, "train"))
        if active.init_size >= images:
            faults.append(
                f"active.init_size={active.init_size}: the pool of fold {fold} has {images} images, so nothing would be left to choose. "
                f"Set active.init_size to less, for example {max(1, images // 10)}."
            )
    blind = [name for name in strategies_of(settings) if STRATEGIES[name].features or name == "bald"]
    blind += ["active.init=typical"] * (active.init == "typical") + ["active.frozen"] * active.frozen
    if blind and last_linear(blank_network(settings, cohort)) is None:
        faults.append(
            f"{', '.join(blind)}: these need the features before a linear classifier, and {settings.model.name} has none. "
            "Leave them out, or take another network."
        )
    if faults:
        raise ConfigError(*faults)


def blank_network(settings: Settings, cohort: Cohort) -> nn.Module:
    """Build the network of a simulation without the weights it starts from."""
    blank = replace(settings, model=replace(settings.model, weights=None))
    return network_of(blank, cohort.kind, cohort.manifest.classes, seed=settings.seed)


def _prove_labels_unknown(settings: Settings, cohort: Cohort, starts: dict[int, Encoder], run: Path) -> None:
    """Refuse a first network that has learned the answers which the strategies are to ask for."""
    for fold, start in starts.items():
        pool = cohort.part(fold, 0, "train")
        taught = taught_before(run, stage_name(settings.every_seed[0], fold, 0))
        known = pool["patient"].isin(taught["patient"]) | pool["pixel_sha256"].isin(taught["pixel_sha256"])
        if start.head and known.any():
            raise LeakError(
                f"model.weights={start.run}: its network answers the same question and was taught the labels of {int(known.sum())} of "
                f"{len(pool)} images in the pool of fold {fold}, so the curve would begin with labels that nobody asked for. "
                "Start from a run on other patients or on another question, or leave model.weights out."
            )


def told(settings: Settings, cohort: Cohort) -> dict[str, Any]:
    """What the evaluation needs to know of the simulation."""
    active, classes, folds = settings.active, list(cohort.manifest.classes), folds_of(settings, cohort)
    parts = {fold: {name: cohort.part(fold, 0, part) for name, part in PARTS.items()} for fold in folds}
    largest = max(_units(parts[fold]["pool"], active.unit) for fold in folds)
    left = math.ceil(largest / active.budget)
    return {
        "kind": cohort.kind, "classes": classes, "title": settings.title or title_of(settings, classes),
        "cohort": name_of(settings.data, cohort.manifest), "preset": active.preset, "unit": active.unit, "budget": active.budget,
        "rounds": min(active.rounds or left, left), "init": {"method": active.init, "size": active.init_size}, "mode": active.mode,
        "frozen": active.frozen, "strategies": list(strategies_of(settings)), "repeats": active.repeats, "folds": len(folds),
        "margin": active.margin, "noise": active.noise, "draws": settings.evaluate.draws, "seed": settings.evaluate.seed,
        "stop": asdict(Stop(**asdict(active.stop))),
        "parts": {
            str(fold): {name: {"images": len(rows), "patients": rows["patient"].nunique()} for name, rows in own.items()}
            for fold, own in parts.items()
        },
    }  # fmt: skip


def _units(pool: Any, unit: str) -> int:
    return int(pool["patient"].nunique() if unit == "patient" else len(pool))


def check(settings: Settings, run: Path) -> list[str]:
    """Try what could fail later; returns the faults found."""
    try:
        refuse(settings, supervised.load_for_check(settings))
    except (ConfigError, ManifestError) as fault:
        return fault.faults
    return supervised.check(settings, run)
