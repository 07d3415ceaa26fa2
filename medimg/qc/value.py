"""What a metric gives: a number or the reason why there is none, what gates it, and what to draw."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from medimg.io.mark import Mark, Point

__all__ = ["Mark", "Point", "Value"]


@dataclass(frozen=True)
class Value:
    """The outcome of one metric on one film.

    Without a `value` there is a `reason`; `applicable` is then False where the metric does not concern this film (no spacing, no tag)
    and True where it should have been measured and could not be. `gates` are measured quantities that tell whether to believe the value.
    """

    metric: str
    value: float | None
    unit: str
    reason: str | None = None
    applicable: bool = True
    gates: Mapping[str, float] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
