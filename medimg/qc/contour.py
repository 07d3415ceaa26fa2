"""Borders of a shape: boundary pixels with the length each stands for, borders by row and by column, straight axes."""

from dataclasses import dataclass

import numpy as np

from medimg.metrics import Array
from medimg.qc.film import NotMeasurable
from medimg.qc.runs import Ints, Runs

NEAR = 3  # rows and columns around a boundary pixel from which its direction is taken
STEPS = np.arange(-NEAR, NEAR + 1.0)
DIRECTION = STEPS[:, None] * np.exp(-(STEPS[:, None] ** 2 + STEPS**2) / (2 * 1.5**2))  # of a round window, so that no angle is favoured
FULL_ROW = 0.7  # of the median width: narrower rows are the ends of a slanting shape, whose middle is not its axis


def boundary(shape: Runs) -> tuple[Ints, Ints, Array]:
    """Find the boundary pixels, those with one of four neighbours outside: rows, columns and lengths, (N,) each.

    Such a contour has one pixel per step along the larger component of its direction, so a pixel stands for a length of
    1 / max(|cos|, |sin|) of the border's normal, taken from the pixels around it; straight borders are right to about 1 %.
    """
    mask = np.pad(shape.mask, NEAR)
    core = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    row, column = (axis + 1 for axis in np.nonzero(mask[1:-1, 1:-1] & ~core))
    steps = np.arange(-NEAR, NEAR + 1)
    near = mask[row[:, None, None] + steps[:, None], column[:, None, None] + steps].reshape(len(row), -1).astype(np.float32)
    down, across = np.abs(near @ DIRECTION.ravel().astype(np.float32)), np.abs(near @ DIRECTION.T.ravel().astype(np.float32))
    larger = np.maximum(down, across)
    length = np.hypot(down, across) / np.where(larger > 0, larger, 1)
    return row - NEAR + shape.box[0], column - NEAR + shape.box[1], np.where(larger > 0, length, 1.0)


def bottoms(shape: Runs) -> tuple[Ints, Ints]:
    """Lowest row of each column: columns and rows, (C,) each."""
    return np.arange(shape.box[1], shape.box[3]), shape.lows


@dataclass(frozen=True)
class Axis:
    """The straight line column = offset + slope * row through the middle of a shape, between two rows."""

    offset: float
    slope: float
    residual: float
    top: float
    bottom: float

    def at(self, row: float) -> float:
        """Column at a row."""
        return self.offset + self.slope * row

    @property
    def angle_deg(self) -> float:
        """Angle to the vertical; positive where the upper end leans to the image's right (turned clockwise)."""
        return float(-np.rad2deg(np.arctan(self.slope)))

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Upper and lower end, (row, column) each."""
        return (self.top, self.at(self.top)), (self.bottom, self.at(self.bottom))


def axis(shape: Runs, least_rows: float, name: str) -> Axis:
    """Lay a least-squares line through the middles of the rows; `residual` is their root mean square distance from it in pixels.

    Raises NotMeasurable for shapes that are shorter than `least_rows` or wider than high.
    """
    rows, first, last = shape.extents
    width = last - first + 1
    full = width >= FULL_ROW * np.median(width)
    if full.sum() < max(least_rows, 5):
        raise NotMeasurable(f"the {name} is too short to give an axis")
    if np.median(width) > full.sum():
        raise NotMeasurable(f"the {name} is wider than high, so it has no upright axis")
    y, x = rows[full].astype(float), (first + last)[full] / 2
    centred = y - y.mean()
    slope = float((centred * (x - x.mean())).sum() / (centred**2).sum())
    residual = float(np.sqrt(np.mean((x - x.mean() - slope * centred) ** 2)))
    return Axis(float(x.mean() - slope * y.mean()), slope, residual, float(y[0]), float(y[-1]))
