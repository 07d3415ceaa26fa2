"""Position detail of lateral films (rules P7 to P9)."""

import numpy as np

from medimg.qc import marks
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.landmarks import lower_recess, upper_recess
from medimg.qc.metric import Found
from medimg.qc.runs import Runs, overlap

MIDDLE = 0.05  # of the lungs' height, above and below the middle, over which the posterior borders are compared
INSIDE = 0.9  # of the lungs' overlap must lie in their outline


def _outlines(film: Film) -> tuple[Runs, Runs]:
    outline, both = film.organ("lung"), film.organ("lung_both")
    if overlap(outline, both) < INSIDE * both.area:
        raise NotMeasurable("the overlap of the lungs does not lie in their outline")
    return outline, both


def posterior_borders(film: Film) -> Found:
    """P7: horizontal distance in mm between the posterior borders of both lungs, the median over the rows about mid-lung.

    The outline of both lungs ends at the one that lies farther back, their overlap at the other. Gate both_share: overlap over outline.
    """
    scale, (outline, both) = film.mm(), film.once(_outlines)
    top, _, bottom, _ = outline.box
    middle, reach = (top + bottom - 1) / 2, max(1.0, MIDDLE * (bottom - top))
    rows, _, back = outline.extents
    inner_rows, _, front = both.extents
    shared, at_back, at_front = np.intersect1d(rows, inner_rows, assume_unique=True, return_indices=True)
    near = np.abs(shared - middle) <= reach
    if not near.any():
        raise NotMeasurable("the lungs do not overlap at mid-lung")
    apart = float(np.median(back[at_back[near]] - front[at_front[near]]))
    right = float(np.median(back[at_back[near]]))
    drawn = (marks.line("posterior borders", (middle, right - apart), (middle, right)),)
    return Found(apart * scale, {"both_share": both.area / outline.area}, drawn)


def sternum_profile(film: Film) -> Found:
    """P8: minor over major axis of the sternum, from the second moments of its area (0.0 a line, 1.0 a disc)."""
    shape = film.organ("sternum")
    spread, direction = np.linalg.eigh(shape.moments)
    (row, column), half = shape.centroid, 2 * np.sqrt(spread)
    (down, across), (down_minor, across_minor) = half[1] * direction[:, 1], half[0] * direction[:, 0]
    drawn = (
        marks.line("major axis", (row - down, column - across), (row + down, column + across)),
        marks.line("minor axis", (row - down_minor, column - across_minor), (row + down_minor, column + across_minor)),
    )
    return Found(float(half[0] / half[1]), {}, drawn)


def arm_over_lung(film: Film) -> Found:
    """P8: share of the lungs that the arms cover; 0 where the mask of the arms is empty."""
    lung = film.organ("lung")
    if "arm" not in film.masks:
        raise NotMeasurable("there is no mask of the arm")
    arms = film.whole("arm")
    if arms is None:
        return Found(0.0)
    return Found(overlap(arms, lung) / lung.area, {}, (marks.around("arm", arms),))


def recess_level(film: Film) -> Found:
    """P9: difference in height in mm between the posterior costophrenic angles of both lungs."""
    scale = film.mm()
    film.once(_outlines)
    lower, upper = film.once(lower_recess), film.once(upper_recess)
    if lower.cut or upper.cut:
        raise NotMeasurable("a posterior costophrenic angle is cut off by the frame")
    drawn = (marks.point("lower angle", lower.point), marks.point("upper angle", upper.point))
    return Found(abs(lower.point[0] - upper.point[0]) * scale, {}, drawn)
