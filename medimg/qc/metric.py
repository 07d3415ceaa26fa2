"""A metric: a function of a film with its units, views, organs and gates; and what such a function answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from medimg.qc.film import ORGANS, Film
from medimg.qc.value import Mark

OF_MASKS = ("fragments", "trust")  # gates of every metric that rests on masks


@dataclass(frozen=True)
class Found:
    """A measured number, the quantities that tell whether to believe it, and what to draw; `unit` only where it is not the usual one."""

    value: float
    gates: Mapping[str, float] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    unit: str | None = None


@dataclass(frozen=True)
class Metric:
    """One measure of the registry.

    `function` takes a Film and gives Found, or raises NotMeasurable or NotApplicable with the reason in plain words. `units`: the usual
    one first, then those that some films have instead. `needs`: the organs of all its views that it cannot do without. `formula` says
    what is measured. `own_gates`: quantities that `function` can measure beside the value, to tell whether to believe it.
    """

    function: Callable[[Film], Found]
    units: tuple[str, ...]
    views: tuple[str, ...]
    needs: tuple[str, ...]
    formula: str
    own_gates: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The usual unit."""
        return self.units[0]

    @property
    def gates(self) -> tuple[str, ...]:
        """All gates a rule may ask for: its own, and where it rests on masks share of a mask outside its largest part, least trust."""
        return (*self.own_gates, *(OF_MASKS if self.needs else ()))

    def organs(self, view: str) -> tuple[str, ...]:
        """The needed organs that a view can have, so that rules can be checked against the networks that find them."""
        return tuple(organ for organ in self.needs if organ in ORGANS.get(view, ()))
