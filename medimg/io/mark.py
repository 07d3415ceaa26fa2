"""Something to draw over a film: what was measured, where."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """`kind` is line, point, contour or box; `points` are (row, column) pixel centres of the measured grid.

    A box has two points: its upper left and its lower right corner. A contour is a piece of a border, open at its ends.
    """

    kind: str
    label: str
    points: tuple[Point, ...]
