"""What lies around an image: the slices of its series, and the other sequences at the same places in the body."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

NEAR_MM = 4.0  # farther apart than this, two slices do not show the same place


class Placed(Protocol):
    """What of an item says where it lies."""

    @property
    def token(self) -> str: ...  # noqa: D102
    @property
    def study(self) -> str: ...  # noqa: D102
    @property
    def series(self) -> str: ...  # noqa: D102
    @property
    def sequence(self) -> str: ...  # noqa: D102
    @property
    def slice_mm(self) -> float | None: ...  # noqa: D102
    @property
    def frame(self) -> int: ...  # noqa: D102


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True)
class Around:
    """Tokens only: `slices` of the image's own series from low to high with the image at `at`; other sequences, slice by slice.

    Every sequence has as many tokens as there are slices, "" where it shows nothing of that place.
    """

    slices: tuple[str, ...]
    at: int
    sequence: str
    others: dict[str, tuple[str, ...]]


def around(item: P, patient: Iterable[P]) -> Around:
    """The images of one patient, seen from one of them; without series or position nothing is claimed to be near."""
    study = [other for other in patient if other.study == item.study]
    stack = ordered(other for other in study if other.series == item.series) if item.series else []
    if item.token not in [other.token for other in stack]:
        stack = [item]
    names = sorted({other.sequence for other in study} - {item.sequence, ""})
    found = {name: _beside(stack, [other for other in study if other.sequence == name]) for name in names}
    tokens = tuple(other.token for other in stack)
    return Around(tokens, tokens.index(item.token), item.sequence, {name: row for name, row in found.items() if any(row)})


def ordered(items: Iterable[P]) -> list[P]:
    """Slices from low to high position, frames of one position in their order; those without either are left out."""
    placed = [item for item in items if item.slice_mm is not None or item.frame >= 0]
    return sorted(placed, key=lambda item: (item.slice_mm or 0.0, item.frame, item.token))


def _beside(stack: Sequence[P], candidates: list[P]) -> tuple[str, ...]:
    """The series that shows most places of the stack, the nearest of those: a sequence may have been taken in several planes."""
    rows = []
    for series in sorted({other.series for other in candidates}):
        pairs = [_nearest(item, [other for other in candidates if other.series == series]) for item in stack]
        rows.append((-sum(bool(token) for _, token in pairs), sum(gap for gap, _ in pairs), tuple(token for _, token in pairs)))
    return min(rows)[2]


def _nearest(item: P, others: list[P]) -> tuple[float, str]:
    """Distance in mm and token; (0, "") where none is near or the position is not known."""
    if item.slice_mm is None:
        return 0.0, ""
    gaps = [(abs(other.slice_mm - item.slice_mm), other.token) for other in others if other.slice_mm is not None]
    nearest = min(gaps, default=(NEAR_MM + 1, ""))
    return nearest if nearest[0] <= NEAR_MM else (0.0, "")
