"""Areas and costs of learning curves against brute force."""

import numpy as np
import pytest

from medimg.evaluate.simulating.areas import all_area_weights, area_weights, common_range, cost_to_reach, quantile_with_censored


def test_area_is_that_of_a_fine_ruler():
    rng = np.random.default_rng(0)
    for _ in range(20):
        cost, score = np.cumsum(rng.integers(1, 9, size=7)).astype(float), rng.random(7)
        low, high = np.sort(rng.uniform(cost[0], cost[-1], size=2))
        edges = np.linspace(low, high, 100_001)
        fine = np.interp((edges[1:] + edges[:-1]) / 2, cost, score).mean()
        assert area_weights(cost, low, high) @ score == pytest.approx(fine, abs=1e-5)


def test_a_round_that_costs_nothing_has_no_area_and_an_empty_range_none():
    cost = np.array([0.0, 2.0, 2.0, 4.0])
    assert area_weights(cost, 0, 4) @ np.array([0, 0, 1, 1]) == pytest.approx(0.5)
    assert np.isnan(area_weights(cost, 4, 4)).all()


def test_only_the_range_common_to_all_strategies_of_a_cell_counts():
    costs = np.array([[[0.0], [10.0], [20.0]], [[0.0], [4.0], [8.0]]])
    assert [edge.tolist() for edge in common_range(costs)] == [[0.0], [8.0]]
    weights = all_area_weights(costs)
    assert weights[0, 2, 0] == 0
    assert np.allclose(weights.sum(axis=1), 1)


def test_cost_to_reach_is_the_first_crossing():
    cost, rng = np.array([10.0, 20.0, 40.0, 50.0]), np.random.default_rng(1)
    scores, targets = rng.random((200, 4)), rng.random(200)
    found = cost_to_reach(cost, scores, targets)
    fine = np.linspace(10, 50, 40_001)
    for score, target, value in zip(scores, targets, found, strict=True):
        above = np.interp(fine, cost, score) >= target
        assert value == pytest.approx(fine[above.argmax()], abs=2e-3) if above.any() else np.isinf(value)


def test_censored_values_are_the_largest_and_never_averaged():
    values = np.array([3.0, np.inf, 1.0, np.inf, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    assert quantile_with_censored(values, 0.5) == 5.0
    assert quantile_with_censored(values, 0.8) == 8.0
    assert np.isinf(quantile_with_censored(values, 0.81))
    assert quantile_with_censored(values, 0.025) == 1.0
