"""Grey of the lungs, contrast of organs, noise, polarity, vertebrae behind the heart (rules I3, I4, I5, I7, I8).

All but polarity on the canonical scale, where air is dark. Contrasts are divided by the field's range, its 99th minus its 1st percentile.
"""

import numpy as np
from scipy import ndimage

from medimg.metrics import Flags
from medimg.qc.anatomy import lung_parts
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.grey import ENOUGH, Grey, grey_range, laplacian, lung_median, mad_sigma, median, middle_median, pixels, shown_difference
from medimg.qc.metric import Found
from medimg.qc.runs import Runs

SCALE = 0.004  # of the field's width: standard deviation of the Gaussian whose gradient shows a vertebra's edges, 2 px of 512
LEAST_SIGMA = 1.0  # pixels
CORE_AREA = 100  # pixels of spine behind the heart that are enough to see vertebrae in


def lung_grey(film: Film) -> Found:
    """I3: median grey value of the lungs, on laterals of what lies clear of the heart."""
    return Found(film.once(lung_median))


def organ_contrast(film: Film) -> Found:
    """I4: least difference of the medians of mediastinum, heart and spine from that of the lungs, over the field's range.

    On laterals of the heart: there the lungs cover the spine, which grows dark towards the domes. Gates contrast_<organ>: each one's.
    """
    needed, others = ("mediastinum", ("heart", "spine")) if film.view != "LAT" else ("heart", ())
    film.organ(needed)
    lung, scale = film.once(lung_median), film.once(grey_range)
    seen = (needed, *(organ for organ in others if film.has(organ)))
    contrast = {f"contrast_{organ}": (median(film, organ) - lung) / scale for organ in seen}
    return Found(min(contrast.values()), contrast)


def polarity(film: Film) -> Found:
    """I8: 1 where the file shows the lungs darker than the mediastinum, on laterals than what lies under them, by medians; otherwise 0."""
    difference = film.once(shown_difference)
    return Found(float(difference > 0), {"difference": difference / film.once(grey_range)})


def noise(film: Film) -> Found:
    """I7: standard deviation of the noise in the lungs over the difference of the medians of mediastinum (lateral: heart) and lungs.

    The noise is 1.4826 times the median absolute deviation of Immerkaer's high-pass, which keeps that of white noise.
    """
    difference = film.once(middle_median) - film.once(lung_median)
    if difference <= 0:
        raise NotMeasurable("the lungs are not darker than the organs between them")
    return Found(film.once(lung_noise) / difference, {"difference": difference / film.once(grey_range)})


def lung_noise(film: Film) -> float:
    """Standard deviation of the noise in the lungs on the canonical scale."""
    return mad_sigma(np.concatenate([_high_pass(film, shape) for shape in lung_parts(film)]))


def _high_pass(film: Film, shape: Runs) -> Grey:
    """High-pass of the pixels of every so many bands of three rows, about as many pixels as a median needs."""
    top, left, bottom, right = shape.box
    rows = np.arange(top + 1, bottom - 1, max(1, shape.area // (3 * ENOUGH)))
    if not len(rows) or right - left < 3:
        raise NotMeasurable("a lung is too small to tell its noise")
    part = pixels(film)[:, left:right]
    down = part[rows + 1] - 2 * part[rows] + part[rows - 1]
    both = down[:, 2:] - 2 * down[:, 1:-1] + down[:, :-2]
    inside = shape.mask[rows - top]
    chosen: Grey = both[inside[:, 2:] & inside[:, :-2] & inside[:, 1:-1]] / np.float32(6)
    if not len(chosen):
        raise NotMeasurable("a lung is too small to tell its noise")
    return chosen


def retrocardiac_visibility(film: Film) -> Found:
    """I5: how much the grey gradient varies where the spine lies behind the heart, against what noise alone would give.

    sqrt((var(gx) + var(gy)) / (s^2 / (4 pi w^4))): gx, gy the gradient of the picture smoothed by a Gaussian of w = 0.4 % of the field's
    width, s the noise there by the median absolute deviation of Immerkaer's high-pass; the bracket below is the variance that white
    noise keeps through that Gaussian. Noise alone gives 1, an even slope adds nothing. Gate core: area looked at, over the field's.
    """
    top, left, mask = film.once(_core)
    width = max(LEAST_SIGMA, SCALE * film.width)
    margin = int(np.ceil(3 * width))
    first, before = max(film.field[0], top - margin), max(film.field[1], left - margin)
    near = pixels(film)[first : min(film.field[2], top + len(mask) + margin), before : min(film.field[3], left + mask.shape[1] + margin)]
    core = np.zeros(near.shape, dtype=bool)
    core[top - first : top - first + len(mask), left - before : left - before + mask.shape[1]] = mask
    spread = mad_sigma(laplacian(near)[core[1:-1, 1:-1]])
    if spread <= 0:
        raise NotMeasurable("there is no noise behind the heart to compare with")
    energy = sum(ndimage.gaussian_filter(near, width, order=order, mode="nearest", truncate=3)[core].var() for order in ((0, 1), (1, 0)))
    floor = spread**2 / (4 * np.pi * width**4)
    return Found(float(np.sqrt(energy / floor)), {"core": mask.sum() / (film.height * film.width)})


def _core(film: Film) -> tuple[int, int, Flags]:
    """Spine behind the heart: upper left corner and mask of the box of the spine's rows and columns that cross the heart."""
    spine, heart = film.organ("spine"), film.organ("heart")
    box = [max(a, b) for a, b in zip(spine.box[:2], heart.box[:2], strict=True)]
    box += [min(a, b) for a, b in zip(spine.box[2:], heart.box[2:], strict=True)]
    if box[2] - box[0] < 3 or box[3] - box[1] < 3:
        raise NotMeasurable("the heart does not lie over the spine")
    cut = [s.mask[box[0] - s.box[0] : box[2] - s.box[0], box[1] - s.box[1] : box[3] - s.box[1]] for s in (spine, heart)]
    both = cut[0] & cut[1]
    if both[1:-1, 1:-1].sum() < CORE_AREA:
        raise NotMeasurable("the heart does not lie over the spine")
    return box[0], box[1], both
