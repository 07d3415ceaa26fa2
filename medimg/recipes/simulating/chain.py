"""One repeat of one fold: the initial training, all labels, and each strategy round by round; what is finished is skipped."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.choosing import Chooser, Rows
from medimg.recipes.rounds.learners import Fold, Learner, Lesson, best_weights
from medimg.recipes.rounds.round_facts import Judges
from medimg.recipes.rounds.state import State
from medimg.recipes.rounds.teaching import teach
from medimg.recipes.simulating.units import FULL, FULL_ROUND, INITIAL, Unit, forget, state_of
from medimg.settings import Active

_LOG = logging.getLogger("medimg")


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
    a typical start. `by_place`: trained in the pool's order, so that equal sets of labels are equal trainings; else as they were asked for.
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
    by_place: bool = True

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
            rows = self._chooser.first()
            self._learn(first, Asked(self._ordered(rows), rows, ["initial"] * len(rows), 0.0))
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
                state = state_of(before)
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
        lesson = Lesson(asked.labelled, self.seed, unit.folder, weights, unit.name, pool=unit.strategy != FULL)
        taught = teach(self._learner, self.fold, self.judges, lesson, before.val if before else None)
        chosen = self.fold["pool"]["id"].iloc[asked.chosen].tolist()
        facts = taught.facts | {"seconds_pick": round(asked.seconds, 3), "chosen": chosen, "reasons": asked.reasons}
        unit.write(facts, taught.stop_facts(), self.fold["test"], taught.learned.answers["test"].probabilities, self.classes)
        self._drop_checkpoints(unit)
        told = (unit.name, facts["labels"], facts["patients"], facts["steps"], facts["seconds_train"])
        _LOG.info("%s: %d labels of %d patients, %d steps, %.1f s", *told)

    def _drop_checkpoints(self, unit: Unit) -> None:
        """Of a finished unit only the best weights are needed, and only where the next round goes on from them."""
        checkpoints = unit.folder / "checkpoints"
        if self.active.mode == "retrain" or unit.strategy == FULL:
            forget(checkpoints)
        for path in checkpoints.glob("last-*"):
            path.unlink()

    def _asked(self, strategy: str, number: int, state: State) -> Asked:
        """Choose the next batch among the images without a label; the same draws for every strategy of a round."""
        began = time.monotonic()
        picks = self._chooser.next(strategy, number, state.pool, state.labelled)
        seconds = state.seconds + time.monotonic() - began
        return Asked(self._ordered(np.concatenate([state.labelled, picks.index])), picks.index, picks.reason.tolist(), seconds)

    def _ordered(self, rows: Rows) -> Rows:
        return np.sort(rows) if self.by_place else rows

    @cached_property
    def _chooser(self) -> Chooser:
        return Chooser(self.active, self.fold["pool"], self.repeat, self.fold.number, self.first_features)

    @property
    def _images(self) -> int:
        return len(self.fold["pool"])
