"""Position detail of frontal films: clavicles and scapulae against spine and lungs (rules P1, P2, P4)."""

import numpy as np

from medimg.qc import marks
from medimg.qc.anatomy import clavicles, lungs, pair, spine, spine_gates
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.landmarks import EDGE, apex, medial_end, touches
from medimg.qc.metric import Found
from medimg.qc.runs import Runs, overlap
from medimg.qc.value import Mark, Point


def ends(film: Film) -> tuple[Point, Point]:
    """Medial ends of the right and the left clavicle."""
    film.once(clavicles)
    return medial_end(film, "r"), medial_end(film, "l")


def _distances(film: Film) -> tuple[float, float, dict[str, float], tuple[Mark, ...]]:
    line, points = film.once(spine), film.once(ends)
    if points[0][1] >= points[1][1]:
        raise NotMeasurable("the clavicles cross each other")
    right, left = line.at(points[0][0]) - points[0][1], points[1][1] - line.at(points[1][0])
    drawn = (marks.line("midline", *line.ends), *(marks.line("to the midline", (y, x), (y, line.at(y))) for y, x in points))
    gates = _clavicle_gates(film, points) | spine_gates(film)
    return right, left, gates, drawn


def _clavicle_gates(film: Film, points: tuple[Point, Point]) -> dict[str, float]:
    gates = {"clavicle_y_diff": abs(points[0][0] - points[1][0]) / film.height}
    boxes = [shape.box for shape in film.once(clavicles)]
    if boxes[0][1] - film.field[1] >= EDGE and film.field[3] - boxes[1][3] >= EDGE:
        width = [right - left for _, left, _, right in boxes]
        gates["clavicle_balance"] = min(width) / max(width)
    if film.has("lung_r") and film.has("lung_l"):
        right, left = film.once(lungs)
        gaps = (abs(_inner(right, points[0][0], "r") - points[0][1]), abs(_inner(left, points[1][0], "l") - points[1][1]))
        gates["clavicle_to_lung"] = max(gaps) / film.width
    return gates


def _inner(lung: Runs, row: float, side: str) -> float:
    rows, first, last = lung.extents
    nearest = int(np.argmin(np.abs(rows - row)))
    return float(last[nearest] + 0.5 if side == "r" else first[nearest] - 0.5)


def rotation(film: Film) -> Found:
    """P1: smaller over larger distance of the medial clavicle ends to the midline at their height; below 0 where one lies across it.

    Gates: clavicle_y_diff, over H; clavicle_to_lung, of an end to the inner border of its lung, over W; clavicle_balance, shorter over
    longer clavicle, where the frame cuts none; and those of the spine.
    """
    right, left, gates, drawn = _distances(film)
    if max(right, left) <= 0:
        raise NotMeasurable("the medial ends of the clavicles lie on the midline")
    return Found(min(right, left) / max(right, left), gates, drawn)


def rotation_mm(film: Film) -> Found:
    """P1: absolute difference of the two distances in mm. Not applicable without the size of pixels."""
    right, left, gates, drawn = _distances(film)
    return Found(abs(right - left) * film.mm(), gates, drawn)


def clavicle_level(film: Film) -> Found:
    """P4: difference in height of the medial clavicle ends, over H."""
    points = film.once(ends)
    drawn = tuple(marks.point("medial end", place) for place in points)
    return Found(abs(points[0][0] - points[1][0]) / film.height, _clavicle_gates(film, points), drawn)


def apex_above_clavicle(film: Film) -> Found:
    """P4: how far the top of a lung lies above the medial end of its clavicle, the lesser side, over H."""
    above, drawn = [], []
    for lung, (row, _) in zip(film.once(lungs), film.once(ends), strict=True):
        top, column = apex(lung)
        above.append(row - top + 0.5)
        drawn.append(marks.line("apex above clavicle", (top - 0.5, column), (row, column)))
    return Found(min(above) / film.height, _clavicle_gates(film, film.once(ends)), tuple(drawn))


def scapula_overlap(film: Film) -> Found:
    """P2: largest share of a scapula that lies on the lung of its side.

    Gates scapula_width, over W, and scapula_height, over H: of the side that is farther from the middle of the usual range, of those
    that the frame does not cut.
    """
    shapes = pair(film, "scapula")
    share = max(overlap(scapula, lung) / scapula.area for scapula, lung in zip(shapes, film.once(lungs), strict=True))
    boxes = [shape.box for shape in shapes if not any(touches(shape, film))]
    width = [(right - left) / film.width for _, left, _, right in boxes]
    height = [(bottom - top) / film.height for top, _, bottom, _ in boxes]
    gates = {"scapula_width": _less_usual(width, 0.25), "scapula_height": _less_usual(height, 0.4)} if boxes else {}
    return Found(share, gates, tuple(marks.around("scapula", shape) for shape in shapes))


def _less_usual(sizes: list[float], usual: float) -> float:
    return max(sizes, key=lambda size: abs(size - usual))
