"""How sharp an edge is: the 10 to 90 % rise distance of groups of neighbouring profiles, to a hundredth of a pixel.

Domes and heart are round, so their shadows rise like square roots and have no upper plateau from which 10 and 90 % could be read; what
blur does to them shows at their foot. So the Gaussian that matches the line-spread function from its peak down on the lung's side is
found, and the rise of its edge is told: exact for a step, about 1.4 times as much for a square root, whatever the blur.
"""

import numpy as np
from scipy import ndimage

from medimg.metrics import Array, Flags
from medimg.qc.grey import Grey
from medimg.qc.runs import Ints

RISE = 2.5631031  # standard deviations of a Gaussian from 10 to 90 % of its integral
GROUP = 16  # neighbouring profiles that are laid over each other along the edge
MOST = 10  # groups, about, of one edge
STEP = 0.25  # pixels, of the profiles laid over each other
STEEPEST = 1.0  # tangent of the angle between profile and edge's normal up to which a profile is used
STRAY = 1.5  # pixels, root mean square, by which the edge of a group may leave its parabola
NARROW = 0.6  # of the Gaussian's width: of the weight that finds the peak
ROUNDS = 14  # each about halves the distance to the matching Gaussian


def rises(picture: Grey, columns: Ints, rows: Ints, reach: int, least: float) -> tuple[Array, Ints]:
    """Measure the rise of a roughly horizontal edge: (G,) in pixels along its normal, and the (G,) first columns of its groups.

    The lung lies above. columns, rows: (N,) where the edge is about, a row for each column, up to `reach` / 2 pixels off. Groups without
    one clear edge, or whose step is below `least`, are left out.
    """
    inside = (rows >= reach) & (rows < len(picture) - reach)
    columns, rows = columns[inside], rows[inside]
    starts = np.arange(0, len(columns) - GROUP + 1, max(GROUP // 2, len(columns) // MOST))
    members = starts[:, None] + np.arange(GROUP)
    members = members[columns[members[:, -1]] - columns[members[:, 0]] == GROUP - 1]
    first = rows[members] - reach
    profiles = picture[first[:, :, None] + np.arange(2 * reach + 1), columns[members][:, :, None]].astype(float)
    step = profiles[:, :, reach + 1 :].mean(axis=(1, 2)) - profiles[:, :, :reach].mean(axis=(1, 2))
    profiles *= np.sign(step)[:, None, None]
    where, tangent, clear = _edge(profiles, first, reach)
    clear &= np.abs(step) >= least
    spread = np.diff(_laid_over(profiles[clear], (where - first)[clear], tangent[clear], reach), axis=1) / STEP
    deviation = matching_gaussian(spread)
    known = deviation > 0
    return RISE * deviation[known], columns[members[clear, 0]][known]


def _edge(profiles: Array, first: Ints, reach: int) -> tuple[Array, Array, Flags]:
    """Parabolas through the steepest places: (G, GROUP) positions, slopes, and (G,) whether there is such a line."""
    slope = np.maximum(np.diff(profiles, axis=2), 0)
    near = slope[:, :, reach // 2 : 2 * reach - reach // 2] ** 2
    weight = near.sum(axis=2)
    place = near @ (np.arange(near.shape[2]) + reach // 2 + 0.5) / np.where(weight > 0, weight, 1) + first
    along = np.arange(GROUP) - (GROUP - 1) / 2
    powers = along[:, None] ** np.arange(3)
    curve = place @ np.linalg.pinv(powers).T
    where, tangent = curve @ powers.T, curve[:, 1:2] + 2 * curve[:, 2:] * along
    stray = np.sqrt(np.mean((place - where) ** 2, axis=1))
    return where, tangent, (weight > 0).all(axis=1) & (np.abs(tangent).max(axis=1) <= STEEPEST) & (stray <= STRAY)


def _laid_over(profiles: Array, where: Array, tangent: Array, reach: int) -> Array:
    """Mean of each group's profiles around their edge along its normal, every quarter pixel, by cubic splines."""
    away = np.arange(-(reach - 3), reach - 3 + STEP / 2, STEP)
    place = np.clip(where[:, :, None] + away * np.hypot(1, tangent)[:, :, None], 1, profiles.shape[2] - 3)
    whole = place.astype(int)
    f = place - whole
    weights = (1 - f) ** 3, (3 * f - 6) * f * f + 4, ((-3 * f + 3) * f + 3) * f + 1, f**3
    knots = ndimage.spline_filter1d(profiles, 3, axis=2, mode="mirror").ravel() / 6 if profiles.size else profiles.ravel()
    base = np.arange(profiles.shape[0] * GROUP).reshape(-1, GROUP, 1) * profiles.shape[2] + whole - 1
    laid = sum(weight * knots[base + tap] for tap, weight in enumerate(weights))
    return np.asarray(np.mean(laid, axis=1))


def matching_gaussian(spread: Array) -> Array:
    """Standard deviation of the Gaussian on the near side of each peak: (G, N) line-spread functions -> (G,) pixels, 0 without one.

    Adaptive moments (Bernstein and Jarvis 2002): under a Gaussian weight of its own width a Gaussian has half its variance. The peak is
    the centroid under a narrower weight, the variance is taken from there towards the first sample; noise far off weighs nothing. What
    lies before an undershoot, which processing lays along a raised edge, is not part of the rise.
    """
    spread = np.where(np.arange(spread.shape[1]) > _undershoot(spread), spread, 0)
    u = (np.arange(spread.shape[1]) - (spread.shape[1] - 1) / 2) * STEP
    peak, variance = np.zeros((len(spread), 1)), np.full((len(spread), 1), 4.0)
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            weight = spread * np.exp(-((u - peak) ** 2) / (2 * NARROW**2 * variance))
            peak = (weight @ u)[:, None] / weight.sum(axis=1, keepdims=True)
            near = np.clip((peak - u) / STEP + 0.5, 0, 1)  # the sample at the peak counts for the part of it that lies before it
            weight = spread * near * np.exp(-((u - peak) ** 2) / (2 * variance))
            total = weight.sum(axis=1, keepdims=True)
            variance = 2 * (weight * (u - peak) ** 2).sum(axis=1, keepdims=True) / total
        sound = (total > 0) & (variance > STEP**2) & (np.abs(peak) < u[-1] / 2) & (variance < (u[-1] / 1.5) ** 2)
        return np.where(sound, np.sqrt(variance - STEP**2 / 12), 0.0)[:, 0]  # less what the difference over a step adds


def _undershoot(spread: Array) -> Ints:
    """Last place before each highest peak where a line-spread function does not rise, -1 where there is none: (G, N) -> (G, 1)."""
    place, highest = np.arange(spread.shape[1]), spread.argmax(axis=1)[:, None]
    return np.asarray(np.where((spread <= 0) & (place < highest), place, -1).max(axis=1, keepdims=True))
