"""Shapes with thickness drawn into a path-length map: hollow tubes, filled outlines, strokes that taper."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

from medimg.phantoms.chest_plane import Array, Plane, Points

RINGS = 8


def smooth(points: NDArray[np.floating] | Sequence[Sequence[float]], count: int = 60) -> Points:
    """A spline through control points (N, D), evenly spread by chord length: (count, D)."""
    points = np.asarray(points, float)
    along = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(1)))])
    return np.asarray(CubicSpline(along, points)(np.linspace(0, along[-1], count)))


def closed(points: NDArray[np.floating] | Sequence[Sequence[float]], count: int = 120) -> Points:
    """A closed outline through control points (N, 2): (count, 2)."""
    points = np.asarray(points, float)
    points = np.vstack([points, points[:1]])
    along = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(1)))])
    return np.asarray(CubicSpline(along, points, bc_type="periodic")(np.linspace(0, along[-1], count, endpoint=False)))


def outline(line: Points, half_width: float | NDArray[np.floating]) -> Points:
    """The border of a stroke: centre line (N, 2) and half its width -> (2 N, 2)."""
    return nested(line, half_width, [1.0])[0]


def nested(line: Points, half_width: float | NDArray[np.floating], shares: Sequence[float]) -> list[Points]:
    """Borders of a stroke at shares of its width, outermost first."""
    tangent = np.empty_like(line)
    tangent[1:-1], tangent[0], tangent[-1] = line[2:] - line[:-2], line[1] - line[0], line[-1] - line[-2]
    tangent *= (np.asarray(half_width, float) / np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9))[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    return [np.concatenate([line + share * normal, (line - share * normal)[::-1]]) for share in shares]


def capped(line: Points, half_width: float | NDArray[np.floating]) -> Points:
    """Half the width along a stroke (N,) whose ends are round."""
    half = np.broadcast_to(np.asarray(half_width, float), len(line))
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    near = np.clip(np.minimum(along, along[-1] - along) / half, 0.02, 1)
    return np.asarray(half * np.sqrt(near * (2 - near)))


def rounded(count: int) -> NDArray[np.float64]:
    """Shares of a width at which a round body gains equal steps of thickness, outermost (1) first."""
    return np.asarray(np.sqrt(1 - (np.arange(count) / count) ** 2))


def fill(shape: tuple[int, int], plane: Plane, outlines: Sequence[Points]) -> NDArray[np.bool_]:
    """Pixels (H, W) whose centres lie in one of the outlines (upright mm)."""
    page = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(page)
    for border in outlines:
        draw.polygon(plane.pixels(border)[:, ::-1].ravel().tolist(), fill=1)
    return np.asarray(page)


def stack(target: Array, plane: Plane, rings: Sequence[tuple[Points, float]]) -> None:
    """Add nested outlines, outermost first, to a map in place; each ring's value replaces that of the ones around it (mm)."""
    first = plane.pixels(rings[0][0])
    (top, left), (bottom, right) = np.floor(first.min(0)).astype(int) - 1, np.ceil(first.max(0)).astype(int) + 2
    top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, plane.shape[0]), min(right, plane.shape[1])
    if bottom <= top or right <= left:
        return
    largest = max(max(value for _, value in rings), 1e-6)
    page = Image.new("L", (int(right - left), int(bottom - top)))
    draw = ImageDraw.Draw(page)
    for k, (border, value) in enumerate(rings):
        pixels = plane.pixels(border) if k else first
        draw.polygon((pixels[:, ::-1] - (left, top)).ravel().tolist(), fill=round(255 * max(value, 0) / largest))
    target[top:bottom, left:right] += np.asarray(page, np.float32) * np.float32(largest / 255)


def tube(
    target: Array, plane: Plane, line: Points, half_width: float | NDArray[np.floating], cortex_mm: float, deep_mm: float, spongy: float
) -> None:
    """Add a bone seen from the side: elliptic section, dense cortex, spongy core (share of the cortex's density)."""
    half = capped(line, half_width)
    share = rounded(RINGS)
    thin = 1 - cortex_mm / max(float(np.median(half)), cortex_mm + 0.1)
    inner = np.sqrt(np.maximum(1 - (share / thin) ** 2, 0)) * max(deep_mm - 2 * cortex_mm, 0)
    value = deep_mm * np.sqrt(1 - (0.985 * share) ** 2) - (1 - spongy) * inner
    stack(target, plane, list(zip(nested(line, half, share.tolist()), value.tolist(), strict=True)))


def solid(target: Array, plane: Plane, border: Points, deep_mm: float, rim_mm: float = 0.0, rings: int = 5) -> None:
    """Add a filled outline: `deep_mm` in the middle, rounded to the rim, a bony rim brighter by `rim_mm`."""
    middle = border.mean(0)
    shares = rounded(rings)
    levels = [(1 - (0.97 * share) ** 2) ** 0.5 * deep_mm + (rim_mm if share > 0.85 else 0.0) for share in shares]
    stack(target, plane, [(middle + (border - middle) * share, level) for share, level in zip(shares, levels, strict=True)])
