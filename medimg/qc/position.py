"""Overall completeness: where lungs and axes lie in the exposed field (rules C1 to C7).

Distances run between pixel edges, so an organ that touches the frame has a margin of 0. H and W are the field's height and width.
"""

from medimg.qc import marks
from medimg.qc.anatomy import lung_box, lung_gates, lung_parts, lungs, spine, spine_gates, sternum, walls
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.landmarks import Recess, apex, left_recess, lower_recess, right_recess
from medimg.qc.metric import Found
from medimg.qc.runs import Ints

AROUND_MM = 20.0  # of film around the lungs that a tight collimation leaves (C5)


def apex_margin(film: Film) -> Found:
    """C1: least distance from the field's upper edge to a lung's top, over H."""
    parts = lung_parts(film)
    points = [apex(shape) for shape in parts]
    drawn = tuple(marks.line("apex margin", (film.field[0] - 0.5, column), (row - 0.5, column)) for row, column in points)
    gates = film.once(lung_gates) if film.view != "LAT" else {}
    return Found((min(shape.box[0] for shape in parts) - film.field[0]) / film.height, gates, drawn)


def lateral_margin(film: Film) -> Found:
    """C2: least distance from a side of the field to the lung next to it, over W."""
    right, left = film.once(lungs)
    gap = right.box[1] - film.field[1], film.field[3] - left.box[3]
    rows = _row_at(right.starts, right.rows, right.box[1]), _row_at(left.ends, left.rows, left.box[3])
    drawn = (
        marks.line("lateral margin", (rows[0], film.field[1] - 0.5), (rows[0], right.box[1] - 0.5)),
        marks.line("lateral margin", (rows[1], left.box[3] - 0.5), (rows[1], film.field[3] - 0.5)),
    )
    return Found(min(gap) / film.width, film.once(lung_gates), drawn)


def _row_at(borders: Ints, rows: Ints, border: int) -> float:
    return float(rows[borders == border].mean())


def base_margin(film: Film) -> Found:
    """C3: least distance from a costophrenic angle (the lower posterior one on laterals) to the field's lower edge, over H."""
    if film.view == "LAT":
        named: dict[str, Recess] = {"posterior": film.once(lower_recess)}
        gates: dict[str, float] = {}
    else:
        film.once(lungs)
        named, gates = {"right": film.once(right_recess), "left": film.once(left_recess)}, film.once(lung_gates)
    for name, found in named.items():
        if found.cut_beside and not found.cut_below:
            raise NotMeasurable(f"the {name} costophrenic angle is cut off by the side of the frame")
    points = [found.point for found in named.values()]
    floor = film.field[2] - 0.5
    drawn = tuple(marks.line("base margin", (row + 0.5, column), (floor, column)) for row, column in points)
    gates = gates | {"angles_cut": float(sum(found.cut for found in named.values()))}
    return Found(min(floor - row - 0.5 for row, _ in points) / film.height, gates, drawn)


def centring_x(film: Film) -> Found:
    """C4: distance of the spine's midline from the field's centre, at its middle row, over W."""
    line, top, left, bottom, right = film.once(spine), *film.field
    row, middle = (top + bottom - 1) / 2, (left + right - 1) / 2
    drawn = (marks.line("midline", *line.ends), marks.line("off centre", (row, line.at(row)), (row, middle)))
    return Found(abs(line.at(row) - middle) / film.width, spine_gates(film), drawn)


def centring_y(film: Film) -> Found:
    """C4: distance of the middle of the lungs' box from the field's centre, over H."""
    box, (top, left, bottom, right) = film.once(lung_box), film.field
    middle, column = (box[0] + box[2] - 1) / 2, (left + right - 1) / 2
    gates = film.once(lung_gates) if film.view != "LAT" else {}
    drawn = (marks.frame("lungs", box), marks.line("off centre", (middle, column), ((top + bottom - 1) / 2, column)))
    return Found(abs(middle - (top + bottom - 1) / 2) / film.height, gates, drawn)


def collimation_excess(film: Film) -> Found:
    """C5: area of the field over that of the lungs' box with 2 cm around it, minus 1. Not applicable without the size of pixels."""
    around = AROUND_MM / film.mm()
    top, left, bottom, right = film.once(lung_box)
    wide = (top - around, left - around, bottom + around, right + around)
    gates = film.once(lung_gates) if film.view != "LAT" else {}
    drawn = (marks.frame("field", film.field), marks.frame("lungs and 2 cm", wide))
    return Found(film.height * film.width / ((wide[2] - wide[0]) * (wide[3] - wide[1])) - 1, gates, drawn)


def tilt(film: Film) -> Found:
    """C6: angle in degrees to the vertical of the spine's line, on laterals of the bisector of sternum and spine; clockwise is positive."""
    back = film.once(spine)
    if film.view != "LAT":
        return Found(back.angle_deg, spine_gates(film), (marks.line("midline", *back.ends),))
    film.once(walls)
    front = film.once(sternum)
    gates = spine_gates(film) | {"sternum_residual": front.residual / film.width}
    drawn = marks.line("sternum", *front.ends), marks.line("spine", *back.ends)
    return Found((front.angle_deg + back.angle_deg) / 2, gates, drawn)


def wall_margin(film: Film) -> Found:
    """C7: least distance from a side of the field to the body's wall next to it, sternum in front and spine behind, over W."""
    front, back = film.once(walls)
    gap = front.box[1] - film.field[1], film.field[3] - back.box[3]
    rows = front.centroid[0], back.centroid[0]
    drawn = (
        marks.line("front margin", (rows[0], film.field[1] - 0.5), (rows[0], front.box[1] - 0.5)),
        marks.line("back margin", (rows[1], back.box[3] - 0.5), (rows[1], film.field[3] - 0.5)),
    )
    return Found(min(gap) / film.width, {"wall_span": (back.centroid[1] - front.centroid[1]) / film.width}, drawn)
