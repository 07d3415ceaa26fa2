"""What a learning curve comes to: its area over a range of costs, and the cost at which it first reaches a score."""

from itertools import pairwise

import numpy as np

from medimg.metrics import Array


def common_range(costs: Array) -> tuple[Array, Array]:
    """Where all strategies have a curve: (strategies, rounds, cells) costs -> (cells,) from and to."""
    return costs[:, 0].max(axis=0), costs[:, -1].min(axis=0)


def area_weights(cost: Array, low: float, high: float) -> Array:
    """Weights (rounds,) of a curve's scores in its mean height from `low` to `high`, straight lines between the rounds.

    The area divided by the range, so it has the scale of the score; NaN where the range is empty. Costs never fall.

    >>> area_weights(np.array([0.0, 1.0, 2.0]), 0.0, 2.0)
    array([0.25, 0.5 , 0.25])
    """
    if not high > low:
        return np.full(len(cost), np.nan)
    weights = np.zeros(len(cost))
    for n, (start, end) in enumerate(pairwise(cost)):
        a, b = max(start, low), min(end, high)
        if b > a:
            along = ((a + b) / 2 - start) / (end - start)
            weights[n : n + 2] += (b - a) / (high - low) * np.array([1 - along, along])
    return weights


def all_area_weights(costs: Array) -> Array:
    """(strategies, rounds, cells) costs -> weights of the same shape, each cell over the range that its strategies have in common."""
    low, high = common_range(costs)
    weights = np.empty_like(costs)
    for s, _, c in np.ndindex(costs.shape[0], 1, costs.shape[2]):
        weights[s, :, c] = area_weights(costs[s, :, c], float(low[c]), float(high[c]))
    return weights


def cost_to_reach(cost: Array, score: Array, target: Array) -> Array:
    """Cost at which curves (..., rounds) first reach targets (...), straight lines between the rounds; infinite: not within the curve."""
    above = score >= target[..., None]
    reached, first = above.any(axis=-1), above.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    y0, y1 = (np.take_along_axis(score, place[..., None], axis=-1)[..., 0] for place in (before, first))
    rise = np.where(first > 0, y1 - y0, 1.0)
    part = np.where(first > 0, (target - y0) / rise, 1.0)
    return np.where(reached, cost[before] + part * (cost[first] - cost[before]), np.inf)


def quantile_with_censored(values: Array, share: float) -> float:
    """Smallest value with at least this share of the values at or below it; it may be infinite, as some values are."""
    ordered = np.sort(values)
    return float(ordered[min(len(ordered) - 1, max(0, int(np.ceil(share * len(ordered))) - 1))])
