"""Chains with a learner that needs no network: choosing, counting and going on."""

import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.learners import Fold, Learned
from medimg.recipes.rounds.round_facts import Judges
from medimg.recipes.simulating.chain import Chain, chain_labels
from medimg.settings import Active

POOL = pd.DataFrame({"id": [f"i{k:02d}" for k in range(30)], "patient": [f"p{k // 3}" for k in range(30)]})
POOL = POOL.assign(pixel_sha256=POOL["id"], site="s", label=["a", "b"] * 15)


class Taught:
    """Answers by the number of labels, and remembers what it was asked."""

    def __init__(self, fail_after=None):
        self.lessons, self.fail_after = [], fail_after

    def learn(self, lesson):
        if len(self.lessons) == self.fail_after:
            raise KeyboardInterrupt
        self.lessons.append(lesson)
        p = np.random.default_rng(len(lesson.labelled)).random(30)
        said = Answers(np.stack([p, 1 - p], axis=1), np.arange(60.0).reshape(30, 2))
        return Learned({"pool": said, "val": said, "test": said}, 1, None, 0.0, 0.0)


def chain(folder, learner, strategies=("random", "entropy"), *, by_place=True, **active):
    settings = Active(**{"budget": 5, "rounds": 3, "init_size": 6, **active})
    fold = Fold(0, {"pool": POOL, "val": POOL, "test": POOL})
    judges = Judges(np.arange(5), POOL, np.eye(2)[np.arange(30) % 2])
    return Chain(
        settings,
        strategies,
        ["a", "b"],
        folder,
        0,
        1,
        fold,
        lambda: learner,
        judges,
        lambda: Answers(np.empty((30, 2)), np.eye(30)),
        by_place,
    )


def found(folder):
    return {path.name: path.read_text() for path in folder.glob("*.csv")}


def test_the_first_labels_are_whole_patients_shared_by_all_strategies(tmp_path):
    learner = Taught()
    chain(tmp_path, learner).run()
    first = learner.lessons[0].labelled
    assert sorted(POOL["patient"].iloc[first].value_counts()) == [3, 3]
    assert len(learner.lessons) == 2 + 2 * 3
    assert all(set(first) <= set(lesson.labelled) for lesson in learner.lessons)


def test_a_typical_start_is_of_images_or_of_patients(tmp_path):
    for unit, patients in (("slice", 6), ("patient", 2)):
        learner, folder = Taught(), tmp_path / unit
        folder.mkdir()
        chain(folder, learner, init="typical", unit=unit, cap=1).run()
        first = learner.lessons[0].labelled
        assert (len(first), POOL["patient"].iloc[first].nunique()) == (6, patients)


def test_a_pool_is_asked_until_it_is_empty(tmp_path):
    learner = Taught()
    chain(tmp_path, learner, ("random",), rounds=None).run()
    assert [len(lesson.labelled) for lesson in learner.lessons] == [6, 30, 11, 16, 21, 26, 30]
    assert chain_labels(6, 5, 30, None) == [11, 16, 21, 26, 30]
    assert chain_labels(6, 5, 30, 2) == [11, 16]


@pytest.mark.parametrize("by_place", [True, False])
def test_strategies_that_emptied_the_pool_have_the_same_last_training_as_all_labels(by_place, tmp_path):
    learner = Taught()
    chain(tmp_path, learner, rounds=None, by_place=by_place).run()
    everything = [lesson.labelled.tolist() for lesson in learner.lessons if len(lesson.labelled) == 30]
    assert len(everything) == 3
    assert all(labelled == everything[0] for labelled in everything) is by_place  # a simulation that began otherwise goes on otherwise


@pytest.mark.parametrize("stopped", range(1, 8))
def test_a_chain_stopped_anywhere_and_continued_is_the_chain_never_stopped(stopped, tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    chain(tmp_path / "whole", Taught()).run()
    with pytest.raises(KeyboardInterrupt):
        chain(tmp_path / "stopped", Taught(stopped)).run()
    learner = Taught()
    chain(tmp_path / "stopped", learner).run()
    assert len(learner.lessons) == 8 - stopped
    assert found(tmp_path / "stopped") == found(tmp_path / "whole")
    assert not list((tmp_path / "stopped" / "open").iterdir())


@pytest.mark.parametrize(("mode", "kept"), [("retrain", []), ("finetune", ["best-1.ckpt"])])
def test_a_finished_unit_keeps_no_checkpoint_that_nobody_goes_on_from(mode, kept, tmp_path):
    class Saving(Taught):
        def learn(self, lesson):
            (lesson.folder / "checkpoints").mkdir(parents=True)
            for name in ("best-1.ckpt", "last-1.ckpt"):
                (lesson.folder / "checkpoints" / name).touch()
            return super().learn(lesson)

    with pytest.raises(KeyboardInterrupt):
        chain(tmp_path, Saving(2), mode=mode).run()
    assert [path.name for path in (tmp_path / "open" / "r0_f0_initial_n00").glob("checkpoints/*")] == kept
    assert not list((tmp_path / "open" / "r0_f0_full_n99").glob("checkpoints/*"))
