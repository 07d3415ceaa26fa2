"""Position detail of frontal films: breath, view, trachea, heart (rules P3, P5, P6)."""

import numpy as np

from medimg.io.aliases import canonical
from medimg.qc import marks
from medimg.qc.anatomy import lungs, spine, spine_gates
from medimg.qc.film import VIEWS, Film, NotApplicable, NotMeasurable
from medimg.qc.landmarks import dome
from medimg.qc.metric import Found
from medimg.qc.runs import Runs, components, runs_of
from medimg.qc.value import Mark, Point

SPECK = 0.2  # of the median rib: smaller parts of the rib mask are not ribs
TORN = 0.1  # of a rib's columns, in which a hole or a fringe may look like another rib


def inspiration(film: Film) -> Found:
    """P3: number of posterior right ribs above the summit of the right dome, each judged at the summit's column or its end next to it.

    Where the networks know no ribs: height of the right lung down to the summit over the width of both lungs, with unit ratio.
    Gate rib_gap: largest over median distance between neighbours among the ribs, about 1; near 2 where one is missing or two are one.
    """
    summit = dome(film, "r")
    if "ribs_r" not in film.masks:
        top = film.once(lungs)[0].box[0] - 0.5
        drawn: tuple[Mark, ...] = (marks.line("height", (top, summit[1]), (summit[0] - 0.5, summit[1])),)
        return Found((summit[0] - 0.5 - top) / _thorax_width(film), {}, drawn, unit="ratio")
    points = film.once(ribs)
    rows = sorted(row for row, _ in points)
    gaps = np.diff(rows)
    drawn = (marks.point("dome", summit), *(marks.point("rib", place) for place in points if place[0] < summit[0]))
    gates = {"rib_gap": float(gaps.max() / np.median(gaps))} if len(gaps) > 1 and np.median(gaps) > 0 else {}
    return Found(float(sum(row < summit[0] for row in rows)), gates, drawn)


def ribs(film: Film) -> list[Point]:
    """Where each posterior right rib passes the right dome's column, or its end next to that column.

    Only the part next to the spine is looked at: towards the side, where they turn, ribs touch each other in the shadow.
    """
    film.organ("ribs_r")
    column, (top, _, bottom, right) = round(dome(film, "r")[1]), film.field
    inner = runs_of(np.asarray(film.masks["ribs_r"][top:bottom, column:right], dtype=bool), top, column)
    if inner is None:
        raise NotMeasurable("no rib lies between the right dome and the spine")
    parts = components(inner)
    least = SPECK * float(np.median([part.area for part in parts]))
    return [place for part in parts if part.area >= least for place in _crossed(part)]


def _crossed(part: Runs) -> list[Point]:
    """Middles of the ribs of one part, of those that touch each other too: where its first column passes that crosses all of them."""
    steps = np.diff(part.mask.astype(np.int8), axis=0, prepend=0, append=0)
    count = (steps == 1).sum(axis=0)
    column = int(np.argmax(count >= np.quantile(count, 1 - TORN, method="lower")))
    first, after = (np.flatnonzero(steps[:, column] == step) for step in (1, -1))
    return [(float(row), float(part.box[1] + column)) for row in part.box[0] + (first + after - 1) / 2]


def view_match(film: Film) -> Found:
    """P5: 1 where ViewPosition and the networks name the film's view, and on frontal films the heart lies left of the spine; otherwise 0.

    Gate networks_disagree: 1 where the networks see another view, `PredictedView` among what is stored. Gate heart_offset: distance of
    the heart's centroid from the midline to the patient's left, over W. Not applicable to a lateral film without ViewPosition.
    """
    named = canonical("view", str(film.stored.get("ViewPosition") or ""))
    tag = named if named in VIEWS else None
    if tag is not None and tag != film.view:
        return Found(0.0, {"view_differs": 1.0})
    if film.stored.get("PredictedView", film.view) != film.view:
        return Found(0.0, {"networks_disagree": 1.0})
    if film.view == "LAT":
        if tag is None:
            raise NotApplicable("the file does not tell its view")
        return Found(1.0, {"view_differs": 0.0})
    line, (row, column) = film.once(spine), film.organ("heart").centroid
    gates = {"heart_offset": (column - line.at(row)) / film.width, **spine_gates(film)}
    drawn = (marks.line("midline", *line.ends), marks.point("heart", (row, column)))
    return Found(float(column > line.at(row)), gates | {"view_differs": 0.0} if tag else gates, drawn)


def trachea_shift(film: Film) -> Found:
    """P6: distance of the trachea's centroid from the midline, over the width of the thorax."""
    line, (row, column) = film.once(spine), film.organ("trachea").centroid
    drawn = (marks.line("midline", *line.ends), marks.line("trachea", (row, column), (row, line.at(row))))
    return Found(abs(column - line.at(row)) / _thorax_width(film), spine_gates(film), drawn)


def cardiothoracic_ratio(film: Film) -> Found:
    """P6: width of the heart over that of the thorax, the distance between the outermost borders of the lungs."""
    heart = film.organ("heart")
    top, left, bottom, right = heart.box
    width, middle = _thorax_width(film), (top + bottom - 1) / 2
    outer = film.once(lungs)[0].box, film.once(lungs)[1].box
    low = (max(outer[0][2], outer[1][2]) - 1.0) * 0.5 + middle * 0.5
    drawn = (
        marks.line("heart", (middle, left - 0.5), (middle, right - 0.5)),
        marks.line("thorax", (low, outer[0][1] - 0.5), (low, outer[1][3] - 0.5)),
    )
    return Found((right - left) / width, {}, drawn)


def _thorax_width(film: Film) -> int:
    right, left = film.once(lungs)
    return left.box[3] - right.box[1]
