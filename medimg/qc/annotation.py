"""Text and marks burned into a film over the lungs (rule I9)."""

import numpy as np

from medimg.metrics import Flags
from medimg.qc import marks
from medimg.qc.anatomy import lung_parts
from medimg.qc.contrast import lung_noise
from medimg.qc.film import Film
from medimg.qc.grey import Grey, grey_ends, grey_range, pixels
from medimg.qc.metric import Found
from medimg.qc.runs import Runs, components, runs_of

STROKE = 0.01  # of the field's width: a line is brighter than what lies this far off on both sides
CONTRAST = 0.25  # of the field's range, that a mark stands out by; ribs and vessels stay below 0.15 over such a distance
NOISES = 6  # standard deviations of the noise, that it stands out by at least
SATURATED = 0.02  # of the field's range below its highest value: as bright as what is burned in
WHITE = 0.1  # of the field's range below its 99th percentile, which what is burned in reaches and vessels, nodes and leads do not
SMALL = 0.1  # of the field's width: text and arrows are smaller
LEAST_AREA = 2e-5  # of the field's area: about 6 pixels of 512 x 512


def annotation_over_lung(film: Film) -> Found:
    """I9: pixels of the lungs under text or marks, from the picture and, where there is one, the mask `annotation` of overlays.

    Burned in is what is connected, small, nearly white somewhere, and either a stroke, brighter by a quarter of the field's range than
    what lies 1 % of its width off on both sides (along the row or the column), or saturated with as steep a drop at its rim.
    Grey and black text is not seen.
    """
    picture = pixels(film)
    least = max(CONTRAST * film.once(grey_range), NOISES * film.once(lung_noise))
    top, left, bottom, right = film.field
    brightest = float(picture[top:bottom, left:right].max()) - SATURATED * film.once(grey_range)
    white = film.once(grey_ends)[1] - WHITE * film.once(grey_range)
    drawn, count = [], 0
    for lung in film.once(lung_parts):
        found = written(picture, lung, film.width, least, (white, brightest))
        if "annotation" in film.masks:
            top, left, bottom, right = lung.box
            found |= film.masks["annotation"][top:bottom, left:right] & lung.mask
        parts = runs_of(found, *lung.box[:2])
        count += parts.area if parts is not None else 0
        drawn += [marks.around("annotation", part) for part in components(parts)] if parts is not None else []
    return Found(float(count), {}, tuple(drawn))


def written(picture: Grey, lung: Runs, width: int, least: float, bright: tuple[float, float]) -> Flags:
    """Find text and marks over a lung of a (rows, columns) picture whose field is `width` wide: bool, as large as the lung's box.

    least: step in grey that a mark stands out by; bright: grey that it reaches somewhere, and grey from which it is saturated.
    """
    reach, small = max(2, round(STROKE * width)), SMALL * width
    near = _around(picture, lung.box, reach)
    inner = near[reach:-reach, reach:-reach]
    found = strokes(near, reach, least) & lung.mask
    for part in _parts((inner >= bright[1]) & lung.mask):
        if _size(part) <= small and _drops(near, part, reach, least):
            found[_inside(part)] |= part.mask
    kept = np.zeros_like(found)
    for part in _parts(found):
        if part.area >= LEAST_AREA * width**2 and _size(part) <= small and inner[_inside(part)][part.mask].max() >= bright[0]:
            kept[_inside(part)] |= part.mask
    return kept


def strokes(near: Grey, reach: int, least: float) -> Flags:
    """Pixels brighter by `least` than both that lie `reach` off along their row or column: (R, C) -> (R - 2 reach, C - 2 reach)."""
    inner = near[reach:-reach, reach:-reach] - np.float32(least)
    across = np.maximum(near[reach:-reach, 2 * reach :], near[reach:-reach, : -2 * reach])
    down = np.maximum(near[2 * reach :, reach:-reach], near[: -2 * reach, reach:-reach])
    return np.asarray(inner >= np.minimum(across, down))


def _around(picture: Grey, box: tuple[int, int, int, int], reach: int) -> Grey:
    """A box of the picture with `reach` pixels around it, the outermost ones repeated beyond the frame."""
    rows = np.clip(np.arange(box[0] - reach, box[2] + reach), 0, picture.shape[0] - 1)
    columns = slice(max(0, box[1] - reach), box[3] + reach)
    missing = max(0, reach - box[1]), max(0, box[3] + reach - picture.shape[1])
    return np.pad(picture[rows, columns], ((0, 0), missing), mode="edge")


def _parts(found: Flags) -> list[Runs]:
    runs = runs_of(found)
    return components(runs) if runs is not None else []


def _size(part: Runs) -> int:
    return max(part.box[2] - part.box[0], part.box[3] - part.box[1])


def _inside(part: Runs) -> tuple[slice, slice]:
    return slice(part.box[0], part.box[2]), slice(part.box[1], part.box[3])


def _drops(near: Grey, part: Runs, reach: int, least: float) -> bool:
    """Say whether the picture is darker by `least` all around a part, within `reach` pixels of its box."""
    top, left, bottom, right = part.box
    rim = near[top : bottom + 2 * reach, left : right + 2 * reach].copy()
    bright = rim[reach:-reach, reach:-reach][part.mask].mean()
    rim[reach:-reach, reach:-reach] = np.nan
    return bool(np.nanpercentile(rim, 90) <= bright - least)
