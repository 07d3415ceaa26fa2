"""Strategies that rank: each item by itself, the best that their patients have room for."""

from dataclasses import dataclass

import numpy as np

from medimg.active.cap import Ints, turn, within
from medimg.active.pool import Items
from medimg.active.scores import Array


@dataclass(frozen=True)
class Params:
    """What some strategies can be tuned with: `beta` of diverse, `temperature` of power and bald (0: no noise)."""

    beta: float = 20.0
    temperature: float = 1.0


def random_patient(items: Items, room: Ints, count: int, params: Params) -> Ints:
    """Draw a patient, then a slice; nobody twice before everybody once."""
    order = np.lexsort((items.group, turn(items.group)))
    return within(order, items.group, room)[:count]


def top(items: Items, room: Ints, count: int, params: Params) -> Ints:
    """Take the highest scores."""
    return _highest(_scores(items), items, room, count)


def power(items: Items, room: Ints, count: int, params: Params) -> Ints:
    """Take the highest of log score + temperature x Gumbel noise: a draw in proportion to score^(1/temperature) (Kirsch et al. 2021)."""
    noise = -np.log(-np.log(items.lots.uniform(items.codes, "power")))
    with np.errstate(divide="ignore"):
        perturbed = np.log(_scores(items)) + params.temperature * noise
    return _highest(perturbed, items, room, count)


def _scores(items: Items) -> Array:
    assert items.score is not None
    return items.score


def _highest(score: Array, items: Items, room: Ints, count: int) -> Ints:
    return within(np.argsort(-score, kind="stable"), items.group, room)[:count]
