"""Sharpness of domes and left heart border (rule I6)."""

from dataclasses import dataclass

import numpy as np

from medimg.qc.anatomy import lungs
from medimg.qc.contour import bottoms
from medimg.qc.edges import GROUP, rises
from medimg.qc.film import Film, NotApplicable, NotMeasurable
from medimg.qc.grey import grey_range, mad_sigma, pixels
from medimg.qc.landmarks import cardiophrenic, left_recess, right_recess
from medimg.qc.metric import Found
from medimg.qc.runs import Ints
from medimg.qc.value import Mark

REACH = 0.025  # of the field's height, to either side of a border
LEAST_REACH = 10  # pixels
CONTRAST = 0.05  # of the field's range: a fainter step is no edge
FEWEST = 3  # groups of profiles that give a median
ENDS = 0.1  # of a border's length, left out at either end
NEXT = 0.01  # of the field's width: farther from the lung the heart's border is not an edge against it


@dataclass(frozen=True)
class Border:
    """Where an edge is about: one place for each line; lines are columns, or rows where the border is `upright`."""

    name: str
    upright: bool
    lines: Ints
    places: Ints

    def points(self, lines: Ints) -> tuple[tuple[float, float], ...]:
        """Points (row, column) of the border on some of its lines."""
        place = self.places[np.searchsorted(self.lines, lines)]
        pairs = np.stack([lines, place] if self.upright else [place, lines], axis=1)
        return tuple((float(row), float(column)) for row, column in pairs)


def sharpness(film: Film) -> Found:
    """I6: median 10 to 90 % rise distance across the domes and the left heart border, on laterals across the domes, whichever lies higher.

    In mm; in pixels, with unit px, where their size is not known. Gates: edge_profiles, how many were used, where neighbouring groups
    share some; edge_spread, the standard deviation of their rises by the median absolute deviation, over the median.
    """
    picture = pixels(film)
    reach, least = max(LEAST_REACH, round(REACH * film.height)), CONTRAST * film.once(grey_range)
    found, drawn = [], []
    for border in _borders(film):
        # the heart's left border has the lung on its right: turned so that the lung lies above
        view, places = (picture.T[::-1], picture.shape[1] - 1 - border.places) if border.upright else (picture, border.places)
        some, first = rises(view, border.lines, places, reach, least)
        found.append(some)
        drawn.append(Mark("contour", border.name, border.points(first + GROUP // 2)))
    together = np.concatenate(found) if found else np.array([])
    if len(together) < FEWEST:
        raise NotMeasurable("no border of dome or heart is clear enough to tell its sharpness")
    middle = float(np.median(together))
    gates = {"edge_profiles": float(GROUP * len(together)), "edge_spread": mad_sigma(together) / middle}
    marks = tuple(mark for mark in drawn if mark.points)
    try:
        return Found(middle * film.mm(), gates, marks)
    except NotApplicable:
        return Found(middle, gates, marks, unit="px")


def _borders(film: Film) -> list[Border]:
    if film.view == "LAT":
        return [_upper_dome(film)]
    right, left = film.once(lungs)
    found = [_heart(film)] if film.has("heart") else []
    for name, shape, recess, side in (("right dome", right, right_recess, 1), ("left dome", left, left_recess, -1)):
        columns, rows = bottoms(shape)
        try:
            corners = sorted((film.once(recess).point[1], cardiophrenic(shape, side)[1]))
        except NotMeasurable:
            continue
        inside = (columns >= corners[0]) & (columns <= corners[1])
        found.append(_middle(name, False, columns[inside], rows[inside]))
    return found


def _upper_dome(film: Film) -> Border:
    """Whichever dome lies higher, where the lungs' overlap ends on it, without the part under the heart."""
    columns, rows = bottoms(film.organ("lung_both"))
    clear = ~film.masks["heart"][rows, columns] if film.has("heart") else np.ones(len(rows), dtype=bool)
    return _middle("dome", False, columns[clear], rows[clear])


def _heart(film: Film) -> Border:
    """The heart's left border where the left lung lies next to it."""
    rows, _, outer = film.organ("heart").extents
    lung_rows, inner, _ = film.once(lungs)[1].extents
    shared, at_heart, at_lung = np.intersect1d(rows, lung_rows, assume_unique=True, return_indices=True)
    near = np.abs(inner[at_lung] - outer[at_heart] - 1) <= max(2.0, NEXT * film.width)
    return _middle("left heart border", True, shared[near], outer[at_heart][near])


def _middle(name: str, upright: bool, lines: Ints, places: Ints) -> Border:
    ends = round(ENDS * len(lines))
    kept = slice(ends, len(lines) - ends)
    return Border(name, upright, lines[kept], places[kept])
