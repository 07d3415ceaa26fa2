"""One repeat of one fold: the initial training, all labels, and each strategy round by round; what is finished is skipped."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.active.lots import Lots
from medimg.active.pool import Pool
from medimg.active.strategies import initial_patients, pick
from medimg.recipes.parts.answers import Answers
from medimg.recipes.simulating.learners import Fold, Learner, Lesson, best_weights
from medimg.recipes.simulating.round_facts import Judges
from medimg.recipes.simulating.units import FULL, FULL_ROUND, INITIAL, State, Unit, forget, read_state
from medimg.settings import Active

_LOG = logging.getLogger("medimg")
Rows = NDArray[np.intp]


def chain_labels(first: int, batch: int, images: int, rounds: int | None) -> list[int]:
    """The labels after each round of a strategy that begins with `first`, of a pool of `images`; no rounds: until it is empty.

    >>> chain_labels(10, 8, 30, None)
    [18, 26, 30]
    """
    return [min(images, first + batch * number) for number in range(1, min(rounds or images, math.ceil((images - first) / batch)) + 1)]


@dataclass(frozen=True)
class Asked:
    """Rows of the pool that have labels in a round, those new in it with the reason of each, and the seconds of scoring and choosing."""

    labelled: Rows
    chosen: Rows
    reasons: list[str]
    seconds: float


@dataclass(frozen=True)
class Chain:
    """All units of one repeat and fold.

    `learning` makes the learner, once there is something to learn; `first_features` gives the pool's features before any training, for
    a typical start.
    """

    active: Active
    strategies: tuple[str, ...]
    classes: list[str]
    sim: Path
    repeat: int
    seed: int
    fold: Fold
    learning: Callable[[], Learner]
    judges: Judges
    first_features: Callable[[], Answers]

    @property
    def name(self) -> str:
        """Name the repeat and fold."""
        return f"r{self.repeat}_f{self.fold.number}"

    @property
    def done(self) -> bool:
        """Whether every unit is finished and nothing of them is left open."""
        ends = (self.unit(INITIAL, 0), self.unit(FULL, FULL_ROUND))
        finished = all(unit.facts() for unit in ends) and all(unit.facts() for name in self.strategies for unit in self._open_rounds(name))
        return finished and not any(self.sim.glob(f"open/{self.name}_*"))

    @cached_property
    def _learner(self) -> Learner:
        return self.learning()

    def unit(self, strategy: str, number: int) -> Unit:
        """Name a unit of this chain."""
        return Unit(self.sim, self.repeat, self.fold.number, strategy, number)

    def run(self) -> None:
        """Do what is not done yet."""
        first, everything = self.unit(INITIAL, 0), self.unit(FULL, FULL_ROUND)
        if first.facts() is None:
            rows = self._initial()
            self._learn(first, Asked(rows, rows, ["initial"] * len(rows), 0.0))
        if everything.facts() is None:
            rows = np.arange(self._images)
            self._learn(everything, Asked(rows, rows[:0], [], 0.0))
        for strategy in self.strategies:
            self._rounds(strategy, first)
        for unit in (first, everything):
            forget(unit.folder)

    def _rounds(self, strategy: str, before: Unit) -> None:
        for unit in self._open_rounds(strategy):
            if unit.facts() is None:
                state = read_state(before)
                weights = best_weights(before.folder) if self.active.mode == "finetune" else None
                self._learn(unit, self._asked(strategy, unit.round, state), state, weights)
            if before.strategy != INITIAL:
                forget(before.folder)
            before = unit
        if before.strategy != INITIAL:
            forget(before.folder)

    def _open_rounds(self, strategy: str) -> Iterator[Unit]:
        """The rounds of a strategy, until the pool is empty or all rounds are done."""
        number, labels = 1, (self.unit(INITIAL, 0).facts() or {})["labels"]
        while labels < self._images and number <= (self.active.rounds or math.inf):
            yield (unit := self.unit(strategy, number))
            number, labels = number + 1, (unit.facts() or {})["labels"]

    def _learn(self, unit: Unit, asked: Asked, before: State | None = None, weights: Path | None = None) -> None:
        """Train one unit and write it; `before` and `weights` are of the round before."""
        pool, val, full = self.fold["pool"], self.fold["val"], unit.strategy == FULL
        learned = self._learner.learn(Lesson(asked.labelled, self.seed, unit.folder, weights, unit.name, pool=not full))
        unknown = np.ones(self._images, dtype=bool)
        unknown[asked.labelled] = False
        said, judged = None if full else learned.answers["pool"], learned.answers["val"].probabilities
        stopping = self.judges.facts(len(asked.labelled) + len(val), unknown, said, judged, before.val if before else None)
        if said is not None:
            State(asked.labelled, said, judged, learned.seconds_pool).write(unit.folder)
        facts = {
            "labels": len(asked.labelled), "patients": pool["patient"].iloc[asked.labelled].nunique(),
            "val_labels": len(val), "val_patients": val["patient"].nunique(), "steps": learned.steps,
            "seconds_train": round(learned.seconds_train, 3), "seconds_pick": round(asked.seconds, 3),
            "chosen": pool["id"].iloc[asked.chosen].tolist(), "reasons": asked.reasons, "weights_sha256": learned.weights_sha256,
        }  # fmt: skip
        unit.write(facts, stopping, self.fold["test"], learned.answers["test"].probabilities, self.classes)
        self._drop_checkpoints(unit)
        told = (unit.name, len(asked.labelled), facts["patients"], learned.steps, learned.seconds_train)
        _LOG.info("%s: %d labels of %d patients, %d steps, %.1f s", *told)

    def _drop_checkpoints(self, unit: Unit) -> None:
        """Of a finished unit only the best weights are needed, and only where the next round goes on from them."""
        checkpoints = unit.folder / "checkpoints"
        if self.active.mode == "retrain" or unit.strategy == FULL:
            forget(checkpoints)
        for path in checkpoints.glob("last-*"):
            path.unlink()

    def _asked(self, strategy: str, number: int, state: State) -> Asked:
        """Choose the next batch among the pictures without a label; the same draws for every strategy of a round."""
        began, active = time.monotonic(), self.active
        rows = np.setdiff1d(np.arange(self._images), state.labelled)
        lots, pool = Lots(active.query_seed, number, f"r{self.repeat} f{self.fold.number}"), self._pool(rows, state.pool, state.labelled)
        picks = pick(strategy, pool, active.budget, lots, cap=active.cap, mix=active.mix, unit=active.unit)
        chosen = rows[picks.index]
        seconds = state.seconds + time.monotonic() - began
        return Asked(np.concatenate([state.labelled, chosen]), chosen, picks.reason.tolist(), seconds)

    def _initial(self) -> Rows:
        """The first labelled images, the same for every strategy."""
        active, lots, rows = self.active, Lots(self.active.init_seed, self.repeat, f"f{self.fold.number}"), np.arange(self._images)
        if active.init == "patient":
            return initial_patients(self._pool(rows, None, rows[:0]), active.init_size, lots)
        pool, size = self._pool(rows, self.first_features(), rows[:0]), active.init_size
        if active.unit == "patient":
            size = math.ceil(size * self.fold["pool"]["patient"].nunique() / self._images)
        return pick("typical", pool, size, lots, cap=active.cap, unit=active.unit).index

    def _pool(self, rows: Rows, said: Answers | None, labelled: Rows) -> Pool:
        table = self.fold["pool"].iloc[rows]
        patients = np.unique(self.fold["pool"]["patient"], return_inverse=True)[1]
        told = said or Answers(np.empty((0, 0)))
        return Pool(
            tokens=table["id"].tolist(), groups=patients[rows], contents=table["pixel_sha256"].tolist(),
            probabilities=told.probabilities[rows] if said else None,
            features=None if told.features is None else told.features[rows],
            draws=None if told.draws is None else told.draws[:, rows],
            labelled_features=None if told.features is None else told.features[labelled],
        )  # fmt: skip

    @property
    def _images(self) -> int:
        return len(self.fold["pool"])
