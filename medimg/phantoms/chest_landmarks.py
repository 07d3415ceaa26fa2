"""Landmarks, boxes and lines of a built-in film, in its pixels."""

import numpy as np
from numpy.typing import NDArray

from medimg.phantoms.chest_film import Film
from medimg.phantoms.chest_plane import Points

Mask = NDArray[np.bool_]


def points(film: Film) -> dict[str, tuple[float, float]]:
    """Landmarks (row, column) on the film, those outside the field too."""
    return {name: _px(film, place)[0] for name, place in film.scene.points.items()}


def _px(film: Film, upright: Points) -> list[tuple[float, float]]:
    return [(float(row), float(column)) for row, column in film.field.plane.pixels(upright)]


def box(mask: Mask) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of a mask in pixel edges; None where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else None


def column_line(film: Film, name: str) -> tuple[float, float]:
    """Least-squares line through a column's centres: column = slope * row + base."""
    row, column = film.field.plane.pixels(film.scene.lines[name]).T
    slope, base = np.polyfit(row, column, 1)
    return float(slope), float(base)
