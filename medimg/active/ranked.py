"""Strategies that rank: each item by itself, the best that their patients have room for."""

import numpy as np

from medimg.active.cap import Ints, turn, within
from medimg.active.pool import Items
from medimg.active.scores import Array

TEMPERATURE = 1.0  # of the noise of power and bald; 0 is the plain top


def random_patient(items: Items, room: Ints, count: int) -> Ints:
    """Draw a patient, then a slice; nobody twice before everybody once."""
    order = np.lexsort((items.group, turn(items.group)))
    return within(order, items.group, room)[:count]


def top(items: Items, room: Ints, count: int) -> Ints:
    """Take the highest scores."""
    return _highest(_scores(items), items, room, count)


def power(items: Items, room: Ints, count: int) -> Ints:
    """Take the highest of log score + Gumbel noise: a draw in proportion to the score (Kirsch et al. 2021)."""
    noise = -np.log(-np.log(items.lots.uniform(items.codes, "power")))
    with np.errstate(divide="ignore"):
        perturbed = np.log(_scores(items)) + TEMPERATURE * noise
    return _highest(perturbed, items, room, count)


def _scores(items: Items) -> Array:
    assert items.score is not None
    return items.score


def _highest(score: Array, items: Items, room: Ints, count: int) -> Ints:
    return within(np.argsort(-score, kind="stable"), items.group, room)[:count]
