"""Every repeat and fold of a simulation as a chain of trainings, and how processes share them."""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from medimg.active.lots import Lots
from medimg.active.strategies import STRATEGIES
from medimg.io.claim import claimed
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Encoder, jobs
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.beginning import first_features, judges_of
from medimg.recipes.rounds.learners import Fold, HeadLearner, Learner, NetworkLearner
from medimg.recipes.simulating.chain import Chain
from medimg.recipes.simulating.reader import read_by
from medimg.settings import Settings
from medimg.training.machine import Machine

PARTS = {"pool": "train", "val": "val", "test": "test"}
ALIKE = ("margin", "least_confidence")  # with two classes they put the pool in the order of entropy

_LOG = logging.getLogger("medimg")


def strategies_of(settings: Settings, classes: Sequence[str]) -> tuple[str, ...]:
    """Random and random_patient, which always run, then those asked for; with two classes what is entropy by another name is entropy."""
    named = ["entropy" if name in ALIKE and len(classes) == 2 else name for name in _asked(settings)]
    return tuple(dict.fromkeys(["random", "random_patient", *named]))


def tell_merged(settings: Settings, classes: Sequence[str]) -> None:
    """Say which strategies asked for have no curve of their own."""
    for name in sorted({*_asked(settings)} - {*strategies_of(settings, classes)}):
        _LOG.info("with two classes %s is entropy, to the last tie: its curve is that of entropy", name)


def _asked(settings: Settings) -> tuple[str, ...]:
    return settings.active.compare if settings.active.compare is not None else (settings.active.strategy,)


def folds_of(settings: Settings, cohort: Cohort) -> list[int]:
    """The folds to simulate; `data.fold` keeps some."""
    return [fold for _, fold, _ in jobs(settings, cohort)]


def chains(
    settings: Settings, cohort: Cohort, machine: Machine, starts: dict[int, Encoder], run: Path, *, by_place: bool = True
) -> Iterator[Chain]:
    """Every repeat and fold; all strategies of one share folds, start, initial labels and seeds. `by_place` is Chain's."""
    active, classes = settings.active, list(cohort.manifest.classes)
    asked = strategies_of(settings, classes)
    features, draws = any(STRATEGIES[name].features for name in asked), "bald" in asked
    heads: dict[int, HeadLearner] = {}
    for repeat in range(active.repeats):
        for number in folds_of(settings, cohort):
            start = starts.get(number)
            fold = _fold(settings, cohort, repeat, number)

            def learning(number: int = number, start: Encoder | None = start, fold: Fold = fold) -> Learner:
                if not active.frozen:
                    return NetworkLearner(settings, cohort, machine, start, fold, features=features, draws=draws)
                heads[number] = heads.get(number) or HeadLearner(settings, cohort, machine, start, fold, draws=draws)
                return heads[number].of(fold)

            def first(start: Encoder | None = start, fold: Fold = fold) -> Answers:
                return first_features(settings, cohort, machine, start, fold)

            judges = judges_of(settings, classes, fold)
            yield Chain(active, asked, classes, run / "sim", repeat, settings.seed + repeat, fold, learning, judges, first, by_place)


def _fold(settings: Settings, cohort: Cohort, repeat: int, number: int) -> Fold:
    """The images of a fold; what the simulated reader says of pool and validation depends on the repeat and the image alone."""
    parts = {name: cohort.part(number, 0, part) for name, part in PARTS.items()}
    lots, active = Lots(settings.active.query_seed, repeat, "reader"), settings.active
    read = {part: read_by(parts[part], list(cohort.manifest.classes), active.noise, lots) for part in ("pool", "val")}
    return Fold(number, parts | read)


def work(sim: Path, made: Callable[[], Iterator[Chain]]) -> None:
    """Do one repeat and fold after the other that no other process has claimed, until none is left that is free."""
    worked = True
    while worked:
        worked = False
        for chain in made():
            if chain.done:
                continue
            lock = sim / "open" / f"{chain.name}.lock"
            with claimed(lock) as mine:
                if mine and not chain.done:
                    chain.run()
                    worked = True
                if mine:  # who opened the file before this and claims it after finds the chain done
                    lock.unlink()
