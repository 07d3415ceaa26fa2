"""What to draw over a film, in pixel centres."""

from medimg.qc.runs import Runs
from medimg.qc.value import Mark, Point


def line(label: str, start: Point, end: Point) -> Mark:
    """A straight line between two (row, column) points."""
    return Mark("line", label, (_plain(start), _plain(end)))


def point(label: str, place: Point) -> Mark:
    """One (row, column) point."""
    return Mark("point", label, (_plain(place),))


def frame(label: str, box: tuple[float, float, float, float]) -> Mark:
    """A box given as top, left, bottom, right pixel edges."""
    top, left, bottom, right = box
    return Mark("box", label, ((float(top) - 0.5, float(left) - 0.5), (float(bottom) - 0.5, float(right) - 0.5)))


def around(label: str, shape: Runs) -> Mark:
    """The box of a shape."""
    return frame(label, shape.box)


def _plain(place: Point) -> Point:
    return float(place[0]), float(place[1])
