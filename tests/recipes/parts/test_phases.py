from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts import phases
from medimg.recipes.parts.networks import prepares
from medimg.recipes.parts.phases import compare_phases, second, single_signs, skipped, with_replay
from medimg.settings import Generate, Model, Phases, Settings, Task


def test_the_second_phase_sees_all_of_several_signs_and_as_many_of_one_as_asked():
    labels = pd.Series(["a", "b", "a|b", "c", "b|c", "a"])
    assert list(single_signs(labels)) == [True, True, False, True, False, True]
    for replay, count in ((0, 2), (1, 4), (0.5, 3), (50, 6)):
        kept = with_replay(labels, replay=replay, seed=1)
        assert kept.sum() == count
        assert kept[[2, 4]].all()
    several = [tuple(np.flatnonzero(with_replay(labels, replay=1, seed=seed))) for seed in range(20)]
    assert len(set(several)) > 3


@pytest.mark.parametrize(
    ("singles", "crossed", "told"),
    [
        (9, 0, "no training image shows several signs"), (9, 1, "only one training image shows several signs"),
        (9, 7, "only 7 training images show several signs"), (7, 9, "only 7 training images show a single sign"), (8, 8, None),
    ],
)  # fmt: skip
def test_there_is_one_phase_where_either_has_too_few_images(singles, crossed, told):
    rows = pd.DataFrame({"label": ["a"] * singles + ["a|b"] * crossed})
    why = skipped(Settings(generate=Generate(least=8)), rows)
    assert why is None if told is None else why == f"one, as {told}; two need 8 of each kind (generate.least)."
    assert "phases.count=1" in skipped(Settings(phases=Phases(count=1)), rows)


def test_the_second_phase_has_its_own_length_and_rate_and_begins_no_layer_anew():
    asked = Settings(model=Model(layerwise=3), task=Task(lr=0.1), phases=Phases(epochs=7, lr=0.01))
    assert (second(asked).trainer.epochs, second(asked).task.lr, second(asked).model.layerwise) == (7, 0.01, 0)
    assert second(replace(asked, phases=Phases())).task.lr == 0.1


@pytest.mark.parametrize("two", [[0, 1, 2], [0, 2], []])
def test_phases_are_compared_on_the_folds_that_have_two(two, tmp_path, monkeypatch):
    jobs = [(1, fold, 0) for fold in range(3)]
    for fold in two:
        (tmp_path / "stages" / prepares("6_single", jobs[fold])).mkdir(parents=True)
    aside, compared = {}, []

    def judge_aside(run, name, stages):
        aside[name] = [int(stage.name.partition("_fold")[2][0]) for stage in stages]
        return run / name, None

    monkeypatch.setattr(phases, "judge_aside", judge_aside)
    monkeypatch.setattr(phases, "judged", lambda folder: {"image": SimpleNamespace(name=folder.name)})
    monkeypatch.setattr(phases, "phase_rows", lambda before, after: compared.append((before.name, after.name)) or [])
    compare_phases(tmp_path, jobs)
    assert (tmp_path / "tables" / "phases.csv").is_file() is bool(two)
    assert aside == {3: {"first_phase": two}, 2: {"first_phase": two, "second_phase": two}, 0: {}}[len(two)]
    assert compared == {3: [("first_phase", tmp_path.name)], 2: [("first_phase", "second_phase")], 0: []}[len(two)]
