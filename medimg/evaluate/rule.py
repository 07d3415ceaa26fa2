"""How one probability shared among the classes is turned into none, one or two of them: limits that are given, never fitted."""

from dataclasses import dataclass

import numpy as np

from medimg.metrics import Array, Flags


@dataclass(frozen=True)
class Rule:
    """One class is decided where its probability is above `one`, two where both are above `two`, none otherwise; and whose rule it is."""

    one: float
    two: float
    source: str

    @property
    def sound(self) -> bool:
        """Whether the limits can name one class, or two, and never three."""
        return 1 / 3 <= self.two < 1 / 2 <= self.one < 1

    @property
    def text(self) -> str:
        """The rule in few words."""
        return f"one class above {self.one:.2f}, two where both are above {self.two:.2f}, otherwise no decision"

    def decide(self, p: Array) -> Flags:
        """Apply the rule to probabilities as the network gives them, not calibrated: (N, classes), rows of sum 1 -> (N, classes).

        >>> PAPER.decide(np.array([[0.91, 0.05, 0.04], [0.48, 0.06, 0.46], [0.9, 0.05, 0.05]])).astype(int)
        array([[1, 0, 0],
               [1, 0, 1],
               [0, 0, 0]])
        """
        two = p > self.two
        pair = two.sum(axis=1, keepdims=True) == 2
        return np.where(pair, two, p > self.one)


PAPER = Rule(0.90, 0.45, "Wang & Zhang, J. Hebei Univ. Sci. Tech. 2020;41(3):242-248, section 3.2")
