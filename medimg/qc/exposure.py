"""Exposure and technique from the file: deviation index, clipped pixels, tube settings (rules I1, I2, I10)."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from medimg.metrics import Flags
from medimg.qc.film import Film, NotApplicable, NotMeasurable
from medimg.qc.metric import Found


def number(stored: Mapping[str, Any], keyword: str) -> float | None:
    """Read a fact as a finite number; None where it is absent, empty or anything else."""
    try:
        value = float(stored[keyword])
    except (KeyError, TypeError, ValueError):
        return None
    return value if np.isfinite(value) else None


def deviation_index(film: Film) -> Found:
    """I1: 10 log10(ExposureIndex / TargetExposureIndex), else the tag DeviationIndex (IEC 62494-1).

    Gate tag_difference: distance from the tag where both are there. Not applicable to a film that tells neither.
    """
    index, target, tag = (number(film.stored, name) for name in ("ExposureIndex", "TargetExposureIndex", "DeviationIndex"))
    if index is not None and target is not None and index > 0 and target > 0:
        value = float(10 * np.log10(index / target))
        return Found(value, {} if tag is None else {"tag_difference": abs(tag - value)})
    if tag is None:
        raise NotApplicable("the file tells neither exposure index and target nor deviation index")
    return Found(tag)


def count_clipped(
    stored: ArrayLike, lungs: Flags, lowest: float, highest: float, window: tuple[float, float] | None = None
) -> dict[str, int]:
    """Count lung pixels whose stored value has lost its detail: what `clipped_lung` needs in `Film.stored`.

    stored: (R, C) values of the file; lungs: bool (R, C); lowest, highest: the least and largest value that the exposed field holds;
    window: lower and upper end of the VOI window in the same values, where there is one. A pixel is counted once.
    """
    inside = np.asarray(stored)[np.asarray(lungs, dtype=bool)]
    ends = (inside <= lowest) | (inside >= highest)
    outside = np.zeros_like(ends) if window is None else ((inside < window[0]) | (inside > window[1])) & ~ends
    return {"LungPixels": inside.size, "LungAtEnds": int(ends.sum()), "LungOutsideWindow": int(outside.sum())}


def clipped_lung(film: Film) -> Found:
    """I2: share of lung pixels at the least or largest stored value or outside the VOI window, from the counts of `count_clipped`."""
    counts = [number(film.stored, name) for name in ("LungPixels", "LungAtEnds", "LungOutsideWindow")]
    if counts[0] is None or counts[1] is None:
        raise NotApplicable("the stored values of the lungs were not counted")
    if counts[0] <= 0:
        raise NotMeasurable("no pixel of the lungs was counted")
    share = (counts[1] + (counts[2] or 0.0)) / counts[0]
    if not 0 <= share <= 1:
        raise NotMeasurable("the counts of the lungs' stored values contradict each other")
    return Found(share, {"clipped_at_ends": counts[1] / counts[0], "outside_window": (counts[2] or 0.0) / counts[0]})


def setting(keyword: str) -> Callable[[Film], Found]:
    """Make the metric that is a tag's own number. Not applicable to a file without it."""

    def read(film: Film) -> Found:
        value = number(film.stored, keyword)
        if value is None or value <= 0:
            raise NotApplicable(f"the file does not tell {keyword}")
        return Found(value)

    return read
