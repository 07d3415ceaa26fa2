import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.learners import Fold, Learned, Lesson
from medimg.recipes.rounds.round_facts import Judges
from medimg.recipes.rounds.state import read_state
from medimg.recipes.rounds.teaching import teach

ROWS = pd.DataFrame({"id": [f"i{k}" for k in range(8)], "patient": [f"p{k // 2}" for k in range(8)], "label": ["a", "b"] * 4})
SAID = Answers(np.stack([np.linspace(0, 1, 8), np.linspace(1, 0, 8)], axis=1))


class Teacher:
    def learn(self, lesson):
        return Learned({"pool": SAID, "val": SAID, "test": SAID}, 5, "abc", 1.23456, 0.5)


@pytest.mark.parametrize("pool", [True, False])
def test_what_is_told_of_a_training_counts_validation_and_leaves_out_what_is_shut(pool, tmp_path):
    fold, judges = Fold(0, {"pool": ROWS, "val": ROWS[:4]}), Judges(np.array([0, 7]), ROWS[:4], np.eye(2)[[0, 1, 0, 1]])
    judged = Judges(judges.stop_set, ROWS, np.eye(2)[np.arange(8) % 2])
    taught = teach(Teacher(), fold, judged, Lesson(np.array([1, 2]), 1, tmp_path, None, "x", pool), None, np.array([3]))
    assert (taught.stopping.labels, taught.stopping.open) == (6, 5)
    assert taught.facts["patients"] == 2
    assert (taught.facts["val_labels"], taught.facts["seconds_train"]) == (4, 1.235)
    assert taught.stop_facts()["stop_set"] == ([1, 0] if pool else None)
    state = read_state(tmp_path)
    assert (state is not None) is pool
    assert state is None or state.labelled.tolist() == [1, 2]
