"""When labelling may end: pure functions of the rounds so far, so that a finished history can be replayed under other settings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import entr

from medimg.active.scores import entropy
from medimg.errors import ConfigError
from medimg.metrics import Undefined, confusion, of_matrix
from medimg.validate import did_you_mean


@dataclass(frozen=True)
class Round:
    """What is known when a round's model has scored the pool; None: not measured, and the rules that need it do not hold."""

    labels: int  # so far, the validation patients' among them
    open: int  # items left that can be labelled
    max_entropy: float | None = None  # nats, over the open items
    high_entropy: float | None = None  # nats, a quantile of the same
    stop_set: NDArray[Any] | None = None  # (n,) class the model gives each item of a fixed random set
    gain_high: float | None = None  # upper limit of the interval of the gain in validation score over the round before
    score_low: float | None = None  # lower limit of the interval of the validation score


@dataclass(frozen=True)
class Stop:
    """Which rules count, and their thresholds; a limit of None is no limit."""

    rules: tuple[str, ...] = ("max_entropy", "stable", "plateau", "max_labels", "pool_empty")
    max_entropy: float = 0.3  # also for the quantile
    entropy_unit: Literal["nats", "bits"] = "nats"
    kappa: float = 0.99
    window: int = 3  # kappas whose mean counts
    delta: float = 0.005
    patience: int = 3  # rounds without a gain
    target: float | None = None
    max_labels: int | None = None
    max_rounds: int | None = None  # after the initial training, as active.rounds

    def __post_init__(self) -> None:
        faults = [
            f"active.stop.rules names {rule}: there is no such rule.{did_you_mean(rule, list(RULES))} Known: {', '.join(RULES)}."
            for rule in self.rules
            if rule not in RULES
        ]
        if "target" in self.rules and self.target is None:
            faults.append("active.stop.rules names target, but active.stop.target has no value. Set the score to be reached.")
        if faults:
            raise ConfigError(*faults)

    def nats(self) -> float:
        """Give the entropy threshold in nats."""
        return self.max_entropy * (math.log(2) if self.entropy_unit == "bits" else 1)


def pool_entropy(probabilities: ArrayLike, quantile: float = 0.99) -> tuple[float, float] | None:
    """Highest entropy of the open items and a quantile of it, in nats; items without an answer are left out; None if none has one."""
    known = entropy(probabilities)
    known = known[np.isfinite(known)]
    return (float(known.max()), float(np.quantile(known, quantile))) if len(known) else None


def top_probability(nats: float, classes: int = 2) -> float:
    """Turn an entropy into the highest probability of such an item, the other classes being equally likely.

    >>> round(top_probability(0.3), 3)
    0.911
    """
    if nats >= math.log(classes):
        return 1 / classes

    def excess(top: float) -> float:
        return float(entr(top) + (classes - 1) * entr((1 - top) / (classes - 1))) - nats

    return float(brentq(excess, 1 / classes, 1.0))


def agreement(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Cohen's kappa of two rounds' answers on the stop set; NaN where both give one and the same class throughout."""
    classes = int(max(before.max(initial=0), after.max(initial=0))) + 1
    kappa = of_matrix("kappa", confusion(before, after, classes))
    return math.nan if isinstance(kappa, Undefined) else kappa


def _max_entropy(rounds: Sequence[Round], stop: Stop) -> bool:
    known = rounds[-1].max_entropy
    return known is not None and known < stop.nats()


def _quantile_entropy(rounds: Sequence[Round], stop: Stop) -> bool:
    known = rounds[-1].high_entropy
    return known is not None and known < stop.nats()


def _stable(rounds: Sequence[Round], stop: Stop) -> bool:
    answers = [one.stop_set for one in rounds[-stop.window - 1 :]]
    known = [answer for answer in answers if answer is not None]
    if len(known) <= stop.window:
        return False
    return sum(agreement(*pair) for pair in pairwise(known)) / stop.window >= stop.kappa


def _plateau(rounds: Sequence[Round], stop: Stop) -> bool:
    gains = [one.gain_high for one in rounds[-stop.patience :]]
    return len(gains) == stop.patience and all(gain is not None and gain < stop.delta for gain in gains)


def _target(rounds: Sequence[Round], stop: Stop) -> bool:
    low = rounds[-1].score_low
    return low is not None and stop.target is not None and low > stop.target


def _max_labels(rounds: Sequence[Round], stop: Stop) -> bool:
    return stop.max_labels is not None and rounds[-1].labels >= stop.max_labels


def _max_rounds(rounds: Sequence[Round], stop: Stop) -> bool:
    return stop.max_rounds is not None and len(rounds) > stop.max_rounds


def _pool_empty(rounds: Sequence[Round], stop: Stop) -> bool:
    return rounds[-1].open == 0


Rule = Callable[[Sequence[Round], Stop], bool]

SOFT: dict[str, Rule] = {
    "max_entropy": _max_entropy,
    "quantile_entropy": _quantile_entropy,
    "stable": _stable,
    "plateau": _plateau,
    "target": _target,
}
"""Estimates: two that hold in one round recommend to stop, or one where no other was asked for."""

HARD: dict[str, Rule] = {"max_labels": _max_labels, "max_rounds": _max_rounds, "pool_empty": _pool_empty}
"""Limits: one is enough."""

RULES = SOFT | HARD


def held(rounds: Sequence[Round], stop: Stop) -> list[str]:
    """Name the rules asked for that hold after the last of some rounds (at least one)."""
    return [rule for rule in stop.rules if RULES[rule](rounds, stop)]


def reasons(rounds: Sequence[Round], stop: Stop) -> list[str]:
    """Name the rules that together recommend to stop after the last of some rounds; empty: go on."""
    holding = held(rounds, stop)
    enough = min(2, len(SOFT.keys() & set(stop.rules)))
    return holding if HARD.keys() & set(holding) or len(SOFT.keys() & set(holding)) >= enough else []


def stopped_by(history: Sequence[Round], stop: Stop) -> dict[str, int | None]:
    """Replay a history: for each rule asked for, and for `combined`, the first round (from 0) at which it stops, or None."""
    at: dict[str, int | None] = dict.fromkeys([*stop.rules, "combined"])
    for last in range(len(history)):
        rounds = history[: last + 1]
        holding = held(rounds, stop) + ["combined"] * bool(reasons(rounds, stop))
        at |= {rule: last for rule in holding if at[rule] is None}
    return at
