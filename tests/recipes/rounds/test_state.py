import numpy as np
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.state import State, read_state


@pytest.mark.parametrize("features", [None, np.ones((2, 3), np.float32)])
def test_a_state_is_read_as_it_was_written(tmp_path, features):
    state = State(np.array([4, 1]), Answers(np.full((2, 2), 1 / 3), features), np.full((1, 2), 1 / 7), 0.25)
    state.write(tmp_path / "own")
    read = read_state(tmp_path / "own")
    assert read.labelled.tolist() == [4, 1]
    assert (read.pool.probabilities == state.pool.probabilities).all()
    assert (read.val == state.val).all()
    assert read.seconds == 0.25
    assert read.pool.draws is None
    assert (read.pool.features is None) == (features is None)


def test_a_round_that_left_nothing_has_no_state(tmp_path):
    assert read_state(tmp_path) is None
