"""Which items to label next: a strategy by name, and what holds for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from medimg.active import ranked, spread
from medimg.active.batch import Batch, Picks, whole_patients
from medimg.active.cap import Cap, Ints, within
from medimg.active.lots import Lots
from medimg.active.pool import Items, Pool, by_patient, distinct, laid_out
from medimg.errors import ConfigError
from medimg.validate import did_you_mean

Choose = Callable[[Items, Ints, int], Ints]


@dataclass(frozen=True)
class Strategy:
    """How to choose; (items, room of each patient, count) -> places among the items, best first. None: the whole batch by lot."""

    choose: Choose | None
    score: str | None = None
    features: bool = False

    def needs(self) -> list[str]:
        """Name the columns of a pool that it cannot do without."""
        scored = {None: [], "bald": ["draws"]}.get(self.score, ["probabilities"])
        return scored + ["features"] * self.features


STRATEGIES = {
    "random": Strategy(None),
    "random_patient": Strategy(ranked.random_patient),
    "entropy": Strategy(ranked.top, "entropy"),
    "margin": Strategy(ranked.top, "margin"),
    "least_confidence": Strategy(ranked.top, "least_confidence"),
    "power": Strategy(ranked.power, "entropy"),
    "bald": Strategy(ranked.power, "bald"),
    "diverse": Strategy(spread.diverse, "entropy", features=True),
    "badge": Strategy(spread.badge, "entropy", features=True),
    "coreset": Strategy(spread.coreset, features=True),
    "typical": Strategy(spread.typical, features=True),
}


def pick(
    strategy: str,
    pool: Pool,
    budget: int,
    lots: Lots,
    *,
    cap: Cap = None,
    mix: float = 0.0,
    unit: Literal["slice", "patient"] = "slice",
) -> Picks:
    """Choose what to label next; the answer depends on the pool's tokens, never on its order.

    `cap` is the most items of one patient. A share `mix` of the budget is drawn at random from all items, before the strategy looks, so
    that its probability is known exactly. With `unit="patient"` the budget counts patients, and all items of each are returned.
    Equal contents are chosen once. The random share comes first, then the strategy's choice, best first. A budget above the pool
    returns everything that the cap allows.
    """
    how = find(strategy, pool)
    if budget < 0 or not 0 <= mix <= 1:
        raise ValueError(f"budget {budget} and mix {mix}: at least 0, and a share from 0 to 1, are needed")
    slices = laid_out(pool, lots, how.score, how.features)
    items = distinct(slices, pool.contents)
    if unit == "patient":
        items = by_patient(items)
    sound = items.sound()
    batch = Batch(items, sound, budget, cap)
    batch.draw(budget if how.choose is None else int(mix * budget + 0.5))
    able = np.flatnonzero(batch.open & sound)
    if how.choose is not None and batch.left and len(able):
        batch.take(able[how.choose(items.only(able), batch.room, batch.left)], "strategy")
    batch.take(within(np.flatnonzero(batch.open & ~sound), items.group, batch.room)[: batch.left], "unscored")
    picks = Picks(items.rows[batch.places], batch.reason, batch.probability, slices.rows[~slices.sound()])
    return whole_patients(picks, slices) if unit == "patient" else picks


def initial_patients(pool: Pool, size: int, lots: Lots) -> Ints:
    """Draw whole patients at random until there are at least `size` items: rows of the pool, patient by patient (the paper's start)."""
    items = laid_out(pool, lots, None, with_features=False)
    order = np.argsort(items.group, kind="stable")
    before = np.cumsum(np.bincount(items.group)) - np.bincount(items.group)
    return items.rows[order[before[items.group[order]] < size]]


def find(strategy: str, pool: Pool) -> Strategy:
    """Look a strategy up, and refuse one whose needs the pool does not meet."""
    if strategy not in STRATEGIES:
        raise ConfigError(
            f"active.strategy={strategy}: there is no such strategy.{did_you_mean(strategy, list(STRATEGIES))} "
            f"Known: {', '.join(STRATEGIES)}."
        )
    how = STRATEGIES[strategy]
    if missing := [name for name in how.needs() if getattr(pool, name) is None]:
        raise ConfigError(f"active.strategy={strategy} needs {' and '.join(missing)}, which this pool has not. Take another strategy.")
    return how
