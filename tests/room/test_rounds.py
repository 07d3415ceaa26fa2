import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.learners import Fold
from medimg.recipes.rounds.state import State
from medimg.room.folder import Folder
from medimg.room.rounds import _val_before, score


def test_scores_of_two_and_of_three_classes():
    truth = np.eye(2)[[0, 0, 1, 1]]
    p = np.array([0.1, 0.6, 0.4, 0.9])
    assert score(truth, np.stack([1 - p, p], axis=1)) == {"accuracy": 0.5, "auroc": 0.75}
    three = score(np.eye(3)[[0, 1, 2]], np.eye(3)[[0, 1, 1]] * 0.8 + 0.05)
    assert three["accuracy"] == pytest.approx(2 / 3)
    assert three["auroc"] == pytest.approx((1 + 0.75 + 0.5) / 3)


def test_a_score_that_is_not_defined_is_left_out():
    assert score(np.empty((0, 2)), np.empty((0, 2))) == {}
    assert set(score(np.eye(2)[[1, 1]], np.full((2, 2), 0.5))) == {"accuracy"}


def test_the_gain_over_the_round_before_is_measured_on_the_same_validation_alone(tmp_path):
    before, val = Folder(tmp_path).round(0), pd.DataFrame({"id": ["x", "y"], "label": ["a", "b"]})
    fold = Fold(0, {"val": val})
    assert _val_before(before, fold) is None
    State(np.array([0]), Answers(np.full((3, 2), 0.5)), np.full((2, 2), 0.25), 0.0).write(before.train)
    val.assign(p_a=0.5).to_csv(before.cases("val"), index=False)
    assert _val_before(before, fold).tolist() == [[0.25, 0.25], [0.25, 0.25]]
    for other in (val.assign(label=["a", "a"]), val[:1], val.assign(id=["x", "z"])):
        assert _val_before(before, Fold(0, {"val": other})) is None
