import numpy as np
import pytest

from medimg.active.cap import most_each, turn, within


def test_turn_counts_within_each_group():
    rng = np.random.default_rng(0)
    group, seen = rng.integers(0, 9, 100), {}
    for place, of in zip(turn(group), group, strict=True):
        assert place == seen.get(of, 0)
        seen[of] = place + 1


def test_auto_is_twice_an_even_share():
    assert most_each("auto", np.full(400, 25), 50) == 1
    assert most_each("auto", np.full(40, 25), 50) == 3


def test_auto_rises_where_the_budget_could_not_be_spent():
    assert most_each("auto", np.array([1] * 9 + [100]), 50) == 41
    assert most_each("auto", np.array([3, 4]), 50) == 50
    assert most_each("auto", np.empty(0, int), 50) == 1


def test_a_number_is_kept_and_none_is_no_cap():
    assert most_each(2, np.array([1, 100]), 50) == 2
    assert most_each(None, np.array([1, 100]), 50) == 101
    with pytest.raises(ValueError, match="cap of 0"):
        most_each(0, np.array([1]), 1)


def test_within_keeps_the_preferred_of_each_patient():
    group, room = np.array([0, 0, 0, 1, 1]), np.array([2, 1])
    assert within(np.array([4, 2, 0, 3, 1]), group, room).tolist() == [4, 2, 0]
