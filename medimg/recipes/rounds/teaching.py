"""One training of a round, and what is told of it: the same for a simulated reader and for real ones."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from medimg.active.stopping import Round
from medimg.recipes.parts.said import Floats
from medimg.recipes.rounds.choosing import Rows
from medimg.recipes.rounds.learners import Fold, Learned, Learner, Lesson
from medimg.recipes.rounds.round_facts import Judges
from medimg.recipes.rounds.state import State


@dataclass(frozen=True)
class Taught:
    """What came of a round: answers and cost, what the stop rules may know, and its facts as plain values."""

    learned: Learned
    stopping: Round
    facts: dict[str, Any]

    def stop_facts(self) -> dict[str, Any]:
        """What the stop rules may know, as plain values."""
        chosen = self.stopping.stop_set
        return {**asdict(self.stopping), "stop_set": None if chosen is None else chosen.tolist()}


def teach(learner: Learner, fold: Fold, judges: Judges, lesson: Lesson, before: Floats | None, shut: Rows | None = None) -> Taught:
    """Train by the labelled part of the pool, answer, and keep the State of the round where the pool was scored.

    `before` are the (N, K) validation probabilities of the round before; `shut` are rows of the pool that cannot be labelled.
    """
    pool, val = fold["pool"], fold["val"]
    learned = learner.learn(lesson)
    unknown = np.ones(len(pool), dtype=bool)
    unknown[lesson.labelled] = False
    if shut is not None:
        unknown[shut] = False
    said, judged = learned.answers["pool"] if lesson.pool else None, learned.answers["val"].probabilities
    stopping = judges.facts(len(lesson.labelled) + len(val), unknown, said, judged, before)
    if said is not None:
        State(lesson.labelled, said, judged, learned.seconds_pool).write(lesson.folder)
    facts = {
        "labels": len(lesson.labelled), "patients": pool["patient"].iloc[lesson.labelled].nunique(),
        "val_labels": len(val), "val_patients": val["patient"].nunique(), "steps": learned.steps,
        "seconds_train": round(learned.seconds_train, 3), "weights_sha256": learned.weights_sha256,
    }  # fmt: skip
    return Taught(learned, stopping, facts)
