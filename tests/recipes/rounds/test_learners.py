from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medimg.recipes.rounds import learners
from medimg.recipes.rounds.learners import PARTS, Fold, HeadLearner, Lesson, best_weights
from medimg.settings import Settings

IMAGES = 60


def fold(classes, labels=None):
    rows = pd.DataFrame({"id": [f"i{k}" for k in range(IMAGES)], "label": labels or [classes[k % len(classes)] for k in range(IMAGES)]})
    return Fold(0, dict.fromkeys(PARTS, rows))


def lesson(labelled):
    return Lesson(np.asarray(labelled), 1, Path("nowhere"), None, "unit", pool=True)


@pytest.fixture
def head(monkeypatch):
    """A logistic regression on features of which the first columns tell the class."""

    def make(classes, labels=None):
        told = np.eye(8)[np.arange(IMAGES) % len(classes)] + np.random.default_rng(0).normal(0, 0.2, (IMAGES, 8))
        monkeypatch.setattr(learners, "network_of", lambda *_, **__: None)
        monkeypatch.setattr(learners, "Pictures", lambda *_: None)
        monkeypatch.setattr(learners, "features_of", lambda *_: told.astype(np.float32))
        cohort = SimpleNamespace(
            kind="binary" if len(classes) == 2 else "multiclass", manifest=SimpleNamespace(classes=classes), cache=None
        )
        return HeadLearner(Settings(), cohort, None, None, fold(classes, labels), draws=True)

    return make


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c"]])
def test_a_logistic_regression_learns_what_the_features_tell(head, classes):
    learned = head(classes).learn(lesson(range(24)))
    p = learned.answers["test"].probabilities
    assert (p.argmax(axis=1) == np.arange(IMAGES) % len(classes)).mean() > 0.95
    assert np.allclose(p.sum(axis=1), 1)
    assert learned.answers["pool"].draws.shape == (20, IMAGES, len(classes))


@pytest.mark.parametrize("labelled", [[0, 3, 6], [0, 1, 3, 4], [1, 2, 4, 5, 8]])
def test_classes_without_a_label_are_hardly_ever_expected(head, labelled):
    p = head(["a", "b", "c"]).learn(lesson(labelled)).answers["test"].probabilities
    seen = sorted({k % 3 for k in labelled})
    assert p.shape == (IMAGES, 3)
    if len(seen) == 1:
        assert (p == p[0]).all()
    else:
        assert (p[:, seen].sum(axis=1) > 0.999).all()
    assert set(p.argmax(axis=1)) <= set(seen)


def test_one_class_of_two_gives_every_image_the_same_answer(head):
    p = head(["a", "b"]).learn(lesson([0, 2])).answers["val"].probabilities
    assert np.allclose(p, [[3 / 4, 1 / 4]])


def test_the_same_features_can_be_used_with_other_labels(head):
    first = head(["a", "b"])
    other = first.of(fold(["a", "b"], ["b", "a"] * (IMAGES // 2)))
    one, two = (learner.learn(lesson(range(20))).answers["test"].probabilities for learner in (first, other))
    assert np.allclose(one, two[:, ::-1], atol=1e-6)


def test_a_folder_without_checkpoints_has_no_weights(tmp_path):
    assert best_weights(tmp_path) is None
    assert not list(tmp_path.iterdir())
