"""Who learns in a round: a whole network, or a logistic regression on features that stand still."""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from medimg.data.dataset import Pictures, label_matrix
from medimg.losses import probabilities
from medimg.recipes.parts.answers import dropout_draws, features_of, last_linear, logits_and_features, narrowing
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Encoder, network_of
from medimg.recipes.parts.one_network import total_steps, train_network
from medimg.recipes.parts.said import Answers, Floats
from medimg.settings import Settings
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.machine import Machine

PARTS = ("pool", "val", "test")


@dataclass(frozen=True)
class Fold:
    """The images of one fold by part (pool, val, test), pool and val with the labels that their readers gave ("": none)."""

    number: int
    parts: Mapping[str, pd.DataFrame]

    def __getitem__(self, part: str) -> pd.DataFrame:
        return self.parts[part]


@dataclass(frozen=True)
class Lesson:
    """One training: which rows of the pool have labels, by which seed, where its files lie, from which weights (None: the first)."""

    labelled: NDArray[np.intp]
    seed: int
    folder: Path
    before: Path | None
    what: str
    pool: bool  # whether the pool is scored afterwards


@dataclass(frozen=True)
class Learned:
    """What came of a lesson: answers on each part, and what it cost."""

    answers: Mapping[str, Answers]
    steps: int
    weights_sha256: str | None
    seconds_train: float
    seconds_pool: float


class Learner(Protocol):
    """Learns one fold, as often as it is asked to."""

    def learn(self, lesson: Lesson) -> Learned:
        """Train on the labelled part of the pool and answer; the same lesson gives the same answers."""
        ...


class NetworkLearner:
    """Trains a network as `medimg train` does, by the labelled part of the pool, the best epoch by the validation part."""

    def __init__(
        self, settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, fold: Fold, *, features: bool, draws: bool
    ) -> None:
        self.settings, self.cohort, self.machine, self.start, self.fold = settings, cohort, machine, start, fold
        self.features, self.draws = features, draws
        self.pictures = {part: self._pictures(fold[part]) for part in PARTS}

    def learn(self, lesson: Lesson) -> Learned:
        """Train (or go on with a training that was stopped), then answer validation, test and, if asked, the pool."""
        began = time.monotonic()
        settings, kind = self._lasting(len(lesson.labelled), lesson.seed), self.cohort.kind
        start = None if lesson.before else self.start
        network = network_of(settings, kind, self.cohort.manifest.classes, seed=lesson.seed, trained=lesson.before, encoder=start)
        taught = self._pictures(self.fold["pool"].iloc[lesson.labelled])
        keeper = train_network(
            settings, kind, network, taught, self.pictures["val"], self.machine, seed=lesson.seed, folder=lesson.folder, what=lesson.what
        )
        trained = time.monotonic()
        answers = {"pool": self._pool(network, lesson.seed)} if lesson.pool else {}
        scored = time.monotonic()
        for part in ("val", "test"):
            answers[part] = self._answers(network, part)
        best = keeper.folder.path("best", keeper.best_step).with_suffix(".sha256").read_text()
        return Learned(answers, int(keeper.rows[-1]["step"]), best, trained - began, scored - trained)

    def _pool(self, network: torch.nn.Module, seed: int) -> Answers:
        logits, features = logits_and_features(network, self.pictures["pool"], self.machine, self._batch)
        layer, draws = last_linear(network), None
        if self.draws and layer is not None and features is not None:
            weight, bias = (value.detach().float().cpu().numpy() for value in (layer.weight, layer.bias))
            draws = dropout_draws(features, weight, bias, self.cohort.kind, seed)
        few = narrowing(features)(features) if self.features and features is not None else None
        return Answers(self._probabilities(logits), few, draws)

    def _answers(self, network: torch.nn.Module, part: str) -> Answers:
        pictures = self.pictures[part]
        if not len(pictures):
            return Answers(np.empty((0, len(self.cohort.manifest.classes))))
        return Answers(self._probabilities(logits_and_features(network, pictures, self.machine, self._batch)[0]))

    def _probabilities(self, logits: NDArray[np.float32]) -> Floats:
        return probabilities(torch.from_numpy(logits), self.cohort.kind).numpy()

    def _pictures(self, rows: pd.DataFrame) -> Pictures:
        return Pictures(rows, self.cohort.manifest.classes, self.cohort.cache, self.settings.model.channels)

    @property
    def _batch(self) -> int:
        return self.settings.trainer.batch_size

    def _lasting(self, images: int, seed: int) -> Settings:
        """Let a training last active.steps optimiser steps, where they are set, instead of its epochs."""
        steps, trainer = self.settings.active.steps, self.settings.trainer
        if steps is None:
            return self.settings
        _, per_epoch = total_steps(self.settings.trainer, images, seed, 1)
        return replace(self.settings, trainer=replace(trainer, max_steps=steps, epochs=-(-steps // per_epoch)))


def best_weights(folder: Path) -> Path | None:
    """Find the weights that a network's lesson left in its folder; None where it left none."""
    return CheckpointFolder(folder / "checkpoints").newest("best") if (folder / "checkpoints").is_dir() else None


class HeadLearner:
    """Fits a logistic regression (C = 1) on the pool's principal components, each of variance 1, of features computed once."""

    def __init__(self, settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, fold: Fold, *, draws: bool) -> None:
        self.kind, self.classes, self.draws = cohort.kind, list(cohort.manifest.classes), draws
        network = network_of(settings, cohort.kind, self.classes, seed=settings.seed, encoder=start)
        found = {}
        for part in (part for part in PARTS if len(fold[part])):
            pictures = Pictures(fold[part], self.classes, cohort.cache, settings.model.channels)
            found[part] = features_of(network, pictures, machine, settings.trainer.batch_size)
        few = narrowing(found["pool"])
        scaled = StandardScaler().fit(few(found["pool"]))
        self.x = {part: scaled.transform(few(features)) for part, features in found.items()}
        self.x |= {part: np.empty((0, self.x["pool"].shape[1])) for part in PARTS if part not in found}
        self.answer = self._answers(fold)

    def of(self, fold: Fold) -> "HeadLearner":
        """Use the same features with other labels."""
        other = copy.copy(self)
        other.answer = self._answers(fold)
        return other

    def _answers(self, fold: Fold) -> NDArray[np.intp]:
        return np.asarray(label_matrix(fold["pool"]["label"], self.classes).argmax(axis=1))

    def learn(self, lesson: Lesson) -> Learned:
        """Fit by the labelled part of the pool; with labels of one class only, every answer is how often each was seen, plus one."""
        began = time.monotonic()
        answer = self.answer[lesson.labelled]
        seen = np.unique(answer)
        if len(seen) > 1:
            model = LogisticRegression(max_iter=2000).fit(self.x["pool"][lesson.labelled], answer)
            weight, bias, steps = model.coef_, model.intercept_, int(model.n_iter_.max())
        else:
            count = np.bincount(answer, minlength=len(self.classes)) + 1.0
            logit = np.log(count[1:] / count[:1]) if self.kind == "binary" else np.log(count)
            weight, bias, steps, seen = np.zeros((len(logit), self.x["pool"].shape[1])), logit, 0, np.arange(len(self.classes))
        if self.kind == "multiclass":
            weight, bias = self._all_classes(weight, bias, seen)
        trained = time.monotonic()
        answers = {part: Answers(probabilities(torch.from_numpy(self.x[part] @ weight.T + bias), self.kind).numpy()) for part in PARTS}
        draws = dropout_draws(self.x["pool"], weight, bias, self.kind, lesson.seed) if self.draws and lesson.pool else None
        answers["pool"] = replace(answers["pool"], features=np.asarray(self.x["pool"], dtype=np.float32), draws=draws)
        return Learned(answers, steps, None, trained - began, time.monotonic() - trained)

    def _all_classes(self, weight: Floats, bias: Floats, seen: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Give classes without a label a logit far below the others; two of many come from scikit-learn as one row."""
        if len(weight) == 1 and len(seen) == 2:
            weight, bias = np.concatenate([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
        every, far = np.zeros((len(self.classes), weight.shape[1])), np.full(len(self.classes), -30.0)
        every[seen], far[seen] = weight, bias
        return every, far
