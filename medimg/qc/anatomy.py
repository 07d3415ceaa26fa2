"""Organs of a film in relation to each other: pairs on their right sides, the spine's midline between the lungs, the gates of lungs."""

import numpy as np

from medimg.qc.contour import Axis, axis
from medimg.qc.film import Film, NotMeasurable, words
from medimg.qc.runs import Ints, Runs, overlap

SPINE_ROWS = 0.1  # of the field's height: a shorter spine or sternum gives no axis
SAME = 0.5  # of the smaller one: two organs that share more are one organ named twice


def pair(film: Film, organ: str) -> tuple[Runs, Runs]:
    """Both sides of an organ of a frontal film, the patient's right first.

    Raises NotMeasurable where one is missing, and where right and left are exchanged or lie on each other.
    """
    right, left = film.organ(f"{organ}_r"), film.organ(f"{organ}_l")
    if right.centroid[1] >= left.centroid[1]:
        raise NotMeasurable(f"the {words(organ)}s have exchanged sides")
    if overlap(right, left) > SAME * min(right.area, left.area):
        raise NotMeasurable(f"the {words(organ)}s lie on each other")
    return right, left


def lungs(film: Film) -> tuple[Runs, Runs]:
    """Right and left lung of a frontal film."""
    return pair(film, "lung")


def clavicles(film: Film) -> tuple[Runs, Runs]:
    """Right and left clavicle."""
    return pair(film, "clavicle")


def lung_parts(film: Film) -> tuple[Runs, ...]:
    """The lungs of any view: right and left, or the one outline of a lateral film."""
    return film.once(lungs) if film.view != "LAT" else (film.organ("lung"),)


def lung_box(film: Film) -> tuple[int, int, int, int]:
    """Box around the lungs of any view: top, left, bottom, right pixel edges."""
    boxes = np.array([shape.box for shape in lung_parts(film)])
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return int(low[0]), int(low[1]), int(high[2]), int(high[3])


def spine(film: Film) -> Axis:
    """The line through the middle of the vertebral column. Raises NotMeasurable where it does not run between the lungs."""
    line = axis(film.organ("spine"), SPINE_ROWS * film.height, "spine")
    if film.view != "LAT" and film.has("lung_r") and film.has("lung_l"):
        right, left = (shape.centroid for shape in film.once(lungs))
        if not right[1] < line.at((right[0] + left[0]) / 2) < left[1]:
            raise NotMeasurable("the spine does not run between the lungs")
    return line


def spine_gates(film: Film) -> dict[str, float]:
    """Quantities that tell whether the spine's line can be believed.

    spine_residual: root mean square distance of the middles of its rows from the line, over the field's width. spine_rows: its height,
    over the field's. spine_offset, where both lungs were found: distance of the line from the middle between their inner borders, the
    median over the upper third of the rows they share, above the heart, over the width of both.
    """
    line = film.once(spine)
    gates = {"spine_residual": line.residual / film.width, "spine_rows": (line.bottom - line.top + 1) / film.height}
    if film.view == "LAT" or not (film.has("lung_r") and film.has("lung_l")):
        return gates
    right, left = film.once(lungs)
    rows, inner_right, inner_left = inner_borders(right, left)
    if not len(rows):
        return gates
    upper = slice(0, max(1, len(rows) // 3))
    middle = (inner_right + inner_left)[upper] / 2
    offset = np.median(np.abs(middle - line.offset - line.slope * rows[upper]))
    return gates | {"spine_offset": float(offset) / (left.box[3] - right.box[1])}


def sternum(film: Film) -> Axis:
    """The axis of the sternum on a lateral film."""
    return axis(film.organ("sternum"), SPINE_ROWS * film.height, "sternum")


def walls(film: Film) -> tuple[Runs, Runs]:
    """Sternum and spine of a lateral film. Raises NotMeasurable where the sternum does not lie in front of (left of) the spine."""
    front, back = film.organ("sternum"), film.organ("spine")
    if front.centroid[1] >= back.centroid[1]:
        raise NotMeasurable("the sternum does not lie in front of the spine")
    return front, back


def lung_gates(film: Film) -> dict[str, float]:
    """Quantities that tell whether both lung masks can be believed.

    lung_top_diff: difference of their tops over the field's height. lung_gap: median distance of their inner borders over the width of
    both. lung_overlap: largest share of a lung that lies on the other, on the heart or on the mediastinum.
    """
    right, left = film.once(lungs)
    others = [film.organ(organ) for organ in ("heart", "mediastinum") if film.has(organ)]
    shared = [overlap(lung, other) / lung.area for lung, other in [(right, left), *((lung, o) for lung in (right, left) for o in others)]]
    gap = inner_gap(right, left)
    gates = {"lung_top_diff": abs(right.box[0] - left.box[0]) / film.height, "lung_overlap": max(shared)}
    return gates if gap is None else gates | {"lung_gap": gap / (left.box[3] - right.box[1])}


def inner_gap(right: Runs, left: Runs) -> float | None:
    """Median over the rows that two lungs share of the distance between their inner borders in pixels; None if they share no row."""
    rows, inner_right, inner_left = inner_borders(right, left)
    return float(np.median(inner_left - inner_right - 1)) if len(rows) else None


def inner_borders(right: Runs, left: Runs) -> tuple[Ints, Ints, Ints]:
    """Rows that two lungs share, last column of the right one and first column of the left one: (R,) each."""
    rows_right, _, inner_right = right.extents
    rows_left, inner_left, _ = left.extents
    rows, at_right, at_left = np.intersect1d(rows_right, rows_left, assume_unique=True, return_indices=True)
    return rows, inner_right[at_right], inner_left[at_left]
