"""Points of a chest film found on its masks: lung apex, costophrenic and cardiophrenic angles, dome summits, clavicle ends."""

from dataclasses import dataclass

import numpy as np

from medimg.qc.contour import bottoms
from medimg.qc.film import Film, NotMeasurable, words
from medimg.qc.runs import Ints, Runs
from medimg.qc.value import Point

EDGE = 2  # pixels: nearer to the frame than this counts as touching it
LOOK = np.deg2rad(30)  # of the direction, from straight down to the side, in which a recess is the farthest point of a lung
REACH = 0.1  # of the lung's width: a rounded recess is lowest within this distance of its farthest point
STEP = 0.15  # of the lung's width, over which the border must rise from a recess towards the middle
RISE = 0.15  # least mean slope of that rise; domes rise by 0.3 and more, a lung that was cut off or ends in fluid by none
BEHIND = 0.4  # of the lungs' width on a lateral film, in which the posterior angles lie
BELOW = 0.2  # of the field's height, within which both lie
APART = 0.006  # of the field's height: a tip of the outline that stands out less is roughness


@dataclass(frozen=True)
class Recess:
    """The costophrenic angle of one side: its lowest (row, column), and whether the frame cuts it, and where."""

    point: Point
    cut_below: bool
    cut_beside: bool

    @property
    def cut(self) -> bool:
        """Say whether the frame cuts it off."""
        return self.cut_below or self.cut_beside


def touches(shape: Runs, film: Film) -> tuple[bool, bool, bool, bool]:
    """Say whether a shape meets the field's edge at the top, left, bottom and right."""
    gaps = np.abs(np.array(shape.box) - film.field)
    top, left, bottom, right = (gaps < EDGE).tolist()
    return top, left, bottom, right


def apex(shape: Runs) -> Point:
    """Highest point of a lung: its first row, in the middle of that row's pixels."""
    first = shape.rows == shape.rows[0]
    return float(shape.rows[0]), float((shape.starts[first].min() + shape.ends[first].max() - 1) / 2)


def recess(shape: Runs, field: tuple[int, int, int, int], side: int, name: str) -> Recess:
    """Find the costophrenic angle of a lung whose chest wall lies to the image's left (`side` -1) or right (+1).

    It is the lowest point near the point that lies farthest in the direction 30 degrees off straight down to that side, so a lung that
    reaches lower in the middle is not mistaken for it. Raises NotMeasurable where the border does not rise from there towards the middle
    and no edge of the frame is met: there is then no recess, but the end of a mask, or fluid.
    """
    columns, rows = bottoms(shape)
    place = _lowest_near(columns, rows, side * np.tan(LOOK))
    row, column = int(rows[place]), int(columns[place])
    beside = column - field[1] < EDGE if side < 0 else field[3] - 1 - column < EDGE
    found = Recess((float(row), float(column)), field[2] - 1 - row < EDGE, bool(beside))
    if not found.cut and not _rises(columns, rows, place, -side):
        raise NotMeasurable(f"the {name} has no costophrenic angle")
    return found


def cardiophrenic(shape: Runs, side: int) -> Point:
    """Find the corner between heart and dome: the lowest point near the farthest one, 45 degrees off straight down to `side`."""
    columns, rows = bottoms(shape)
    place = _lowest_near(columns, rows, float(side))
    return float(rows[place]), float(columns[place])


def dome(film: Film, side: str) -> Point:
    """Summit of a dome (`side` r, l, or empty on a lateral film): the highest pixels of its band. Raises NotMeasurable without one."""
    return apex(film.organ(f"diaphragm_{side}" if side else "diaphragm"))


def medial_end(film: Film, side: str) -> Point:
    """The end of a clavicle next to the spine: its outermost pixel edge, at the mean row of the pixels there."""
    shape = film.organ(f"clavicle_{side}")
    toward = shape.ends - 1 if side == "r" else -shape.starts
    last = toward.max()
    there = toward >= last - 1
    column = last + 0.5 if side == "r" else -last - 0.5
    return float(shape.rows[there].mean()), float(column)


def right_recess(film: Film) -> Recess:
    """Costophrenic angle of the right lung of a frontal film."""
    return recess(film.organ("lung_r"), film.field, -1, words("lung_r"))


def left_recess(film: Film) -> Recess:
    """Costophrenic angle of the left lung of a frontal film."""
    return recess(film.organ("lung_l"), film.field, 1, words("lung_l"))


def lower_recess(film: Film) -> Recess:
    """Posterior costophrenic angle of a lateral film, of the side that lies lower."""
    return film.once(_posterior)[0]


def upper_recess(film: Film) -> Recess:
    """Posterior costophrenic angle of a lateral film, of the side that lies higher.

    It stands out of the lower lung, a second tip of the outline of both, or lies inside it, and is then that of their overlap.
    """
    tips = film.once(_posterior)
    return tips[1] if len(tips) > 1 else recess(film.organ("lung_both"), film.field, 1, words("lung_both"))


def _posterior(film: Film) -> list[Recess]:
    """One or two posterior tips of the outline of both lungs, the lower first."""
    outline = film.organ("lung")
    first = recess(outline, film.field, 1, words("lung"))
    if first.cut:
        return [first]
    columns, rows = bottoms(outline)
    columns, rows = (axis[round((1 - BEHIND) * len(axis)) :] for axis in (columns, rows))
    lowest = int(rows.argmax())
    valley = np.r_[np.minimum.accumulate(rows[lowest::-1])[::-1], np.minimum.accumulate(rows[lowest:])[1:]]
    other = int(np.argmax(np.where(rows >= rows[lowest] - BELOW * film.height, rows - valley, 0)))
    tips = [lowest, other] if rows[other] - valley[other] >= max(2.0, APART * film.height) else [lowest]
    return [Recess((float(rows[tip]), float(columns[tip])), False, bool(film.field[3] - 1 - columns[tip] < EDGE)) for tip in tips]


def _lowest_near(columns: Ints, rows: Ints, sideways: float) -> int:
    farthest = int(np.argmax(rows + sideways * columns))
    reach = max(1, round(REACH * len(columns)))
    first = max(0, farthest - reach)
    near = rows[first : farthest + reach + 1]
    lowest = np.flatnonzero(near == near.max())
    return first + int(lowest[0] if sideways < 0 else lowest[-1])


def _rises(columns: Ints, rows: Ints, place: int, toward: int) -> bool:
    step = max(3, round(STEP * len(columns)))
    there = place + toward * step
    return 0 <= there < len(columns) and rows[place] - rows[there] >= RISE * step
