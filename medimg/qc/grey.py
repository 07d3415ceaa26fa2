"""Grey values of a film's organs, sampled: medians of ten thousand pixels, not of a million."""

import numpy as np
from numpy.typing import NDArray

from medimg.metrics import Array
from medimg.qc.anatomy import lung_parts
from medimg.qc.contour import bottoms
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.runs import Runs, runs_of

Grey = NDArray[np.float32]
ENOUGH = 10_000  # pixels whose median is that of all to an eightieth of their standard deviation
FEW = 50
GAP, REACH = 0.01, 0.06  # of the field's height: the bands above and below the lower border of a lateral lung begin and end there
ENDS = 0.1  # of that border's length, left out at either end


def pixels(film: Film) -> Grey:
    """The film's grey values with dark lungs. Raises NotMeasurable without them, where some are not numbers, and where all are the same."""
    film.once(grey_range)
    return film.once(upright)


def shown(film: Film) -> Grey:
    """The film's grey values as its file shows them."""
    if film.pixels is None:
        raise NotMeasurable("the film comes without grey values")
    return film.pixels


def upright(film: Film) -> Grey:
    """Grey values turned over where the file shows bright lungs, so that only polarity (I8) speaks of that."""
    try:
        turned = film.once(shown_difference) < 0
    except NotMeasurable:
        turned = False
    return np.float32(1) - shown(film) if turned else shown(film)


def shown_difference(film: Film) -> float:
    """Median grey of the mediastinum minus that of the lungs, as the file shows them.

    On laterals, where heart and lungs lie one over the other, of what lies just under the lungs minus what lies just above; of the heart
    minus the lungs where the film ends with the lungs.
    """
    picture = shown(film)
    if film.view == "LAT" and (step := _across_domes(film, picture)) is not None:
        return step
    lungs = np.concatenate([sample(picture, shape) for shape in film.once(clear_lungs)])
    return float(np.median(sample(picture, film.organ(beside(film)))) - np.median(lungs))


def _across_domes(film: Film, picture: Grey) -> float | None:
    """Median grey in a band under the lower border of the lateral lung minus that in one above, the heart left out; None without room."""
    columns, rows = bottoms(film.organ("lung"))
    gap, reach = (max(1, round(share * film.height)) for share in (GAP, REACH))
    ends = round(ENDS * len(columns))
    room = (rows + reach < film.field[2]) & (rows - reach >= film.field[0])
    room[:ends] = room[len(room) - ends :] = False
    columns, steps = columns[room], np.arange(gap, reach + 1)[:, None]
    above, below = ((rows[room] - steps, columns), (rows[room] + steps, columns))
    lung = picture[above][~film.masks["heart"][above]] if film.has("heart") else picture[above].ravel()
    if len(lung) < FEW:
        return None
    return float(np.median(picture[below]) - np.median(lung))


def beside(film: Film) -> str:
    """The organ that the lungs are compared with."""
    return "mediastinum" if film.view != "LAT" else "heart"


def grey_range(film: Film) -> float:
    """Distance from the 1st to the 99th percentile of the field."""
    low, high = film.once(grey_ends)
    return high - low


def grey_ends(film: Film) -> tuple[float, float]:
    """The 1st and the 99th percentile of the field."""
    top, left, bottom, right = film.field
    inside = film.once(upright)[top:bottom, left:right]
    step = max(1, int(np.sqrt(inside.size / ENOUGH)))
    if not np.isfinite(inside.sum()):
        raise NotMeasurable("some grey values are not numbers")
    low, high = np.percentile(inside[::step, ::step], [1, 99])
    if high <= low:
        raise NotMeasurable("all pixels have the same grey value")
    return float(low), float(high)


def values(film: Film, shape: Runs) -> Grey:
    """Grey values of a shape, lungs dark, on an even grid of about 10,000 of its pixels, or all of them: (N,)."""
    return sample(pixels(film), shape)


def sample(picture: Grey, shape: Runs) -> Grey:
    """Values of a shape on an even grid of about 10,000 of its pixels, or all of them: (N,)."""
    grid = max(1, int(np.sqrt(shape.area / ENOUGH)))
    top, left, bottom, right = shape.box
    chosen: Grey = picture[top:bottom:grid, left:right:grid][shape.mask[::grid, ::grid]]
    if len(chosen) < FEW:
        raise NotMeasurable("an organ has too few pixels for its grey value")
    return chosen


def median(film: Film, organ: str) -> float:
    """Median grey value of an organ."""
    return float(np.median(values(film, film.organ(organ))))


def lung_values(film: Film) -> Grey:
    """Grey values of the lungs of any view."""
    return np.concatenate([values(film, shape) for shape in film.once(clear_lungs)])


def clear_lungs(film: Film) -> tuple[Runs, ...]:
    """The lungs of any view without the heart, which on laterals lies within their outline."""
    if film.view != "LAT" or not film.has("heart"):
        return lung_parts(film)
    lung = film.organ("lung")
    top, left, bottom, right = lung.box
    clear = runs_of(lung.mask & ~film.masks["heart"][top:bottom, left:right], top, left)
    if clear is None:
        raise NotMeasurable("the heart covers the lungs")
    return (clear,)


def lung_median(film: Film) -> float:
    """Median grey value of the lungs."""
    return float(np.median(film.once(lung_values)))


def middle_median(film: Film) -> float:
    """Median grey value of the mediastinum, on laterals of the heart."""
    return median(film, beside(film))


def mad_sigma(sample: NDArray[np.floating]) -> float:
    """Standard deviation of the normal distribution that has the sample's median absolute deviation."""
    return float(1.4826 * np.median(np.abs(sample - np.median(sample))))


def laplacian(picture: Grey) -> Array | Grey:
    """High-pass of Immerkaer (1996): second difference along rows and columns, over 6: (R, C) -> (R - 2, C - 2).

    White noise keeps its standard deviation; planes and straight edges along the grid vanish.
    """
    down = picture[2:] - 2 * picture[1:-1] + picture[:-2]
    both = down[:, 2:] - 2 * down[:, 1:-1] + down[:, :-2]
    return np.asarray(both / np.float32(6))
