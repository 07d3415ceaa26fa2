"""What stands in the way of the rays, per pixel, and the outlines it was made from."""

from dataclasses import dataclass, field

import numpy as np

from medimg.phantoms.chest_plane import Array, Curve, Plane, Points, View


@dataclass
class Scene:
    """Path lengths in mm on one plane, organ outlines in upright mm, landmarks by name."""

    view: View
    plane: Plane
    soft: Array  # water
    bone: Array  # cortical bone beyond water
    outlines: dict[str, list[Points]] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    points: dict[str, Points] = field(default_factory=dict)  # (N, 2), upright mm (x, y)
    lines: dict[str, Points] = field(default_factory=dict)


def dome(depth: Array, steep_mm: float) -> Array:
    """How full a rounded body is at a depth below its border: 0 outside, 1 from `steep_mm` on, rising like a circle."""
    share = np.clip(depth * np.float32(1 / steep_mm), 0, 1)
    return np.asarray(np.sqrt(share * (2 - share)), np.float32)


def chord(x: Array, left: Array, right: Array) -> Array:
    """Thickness of an ellipse seen from the side, one in its middle, between two borders."""
    half = np.maximum((right - left) * np.float32(0.5), 1e-3)
    share = (x - (right + left) * np.float32(0.5)) / half
    return np.asarray(np.sqrt(np.maximum(1 - share * share, 0)), np.float32)


def ramp(value: Array, width: float) -> Array:
    """A soft step at zero, `width` mm wide."""
    t = np.clip(value * np.float32(1 / width) + np.float32(0.5), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def gas(rng: np.random.Generator, plane: Plane, stomach: tuple[float, float], bowel: list[tuple[float, float]]) -> Array:
    """Gas in mm: the stomach's bubble above its level, and loops of bowel, folded and irregular."""
    (x, y), found = plane.xy, np.zeros(plane.shape, np.float32)
    folds = 1 + np.float32(0.22) * texture(rng, plane.shape, max(int(12 / plane.pixel_mm), 2))
    half = (rng.uniform(16, 32), rng.uniform(10, 19))
    u, v = (x - np.float32(stomach[0])) * np.float32(1 / half[0]), (y - np.float32(stomach[1])) * np.float32(1 / half[1])
    level = ramp(np.float32(stomach[1] + 0.35 * half[1]) - y, 1.6) * np.float32(0.8) + np.float32(0.2)
    found = np.sqrt(np.maximum(folds - u * u - v * v, 0)) * level
    for place in bowel:
        wide, high, turn = rng.uniform(9, 20), rng.uniform(7, 13), rng.uniform(-1, 1)
        c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        across, down = x - np.float32(place[0]), y - np.float32(place[1])
        u, v = (across * c + down * s) * np.float32(1 / wide), (down * c - across * s) * np.float32(1 / high)
        found = np.maximum(found, np.maximum(folds - u * u - v * v, 0) * np.float32(rng.uniform(0.3, 0.7)))
    return np.asarray(found * np.float32(30), np.float32)


def texture(rng: np.random.Generator, shape: tuple[int, int], step: int) -> Array:
    """A smooth random field of unit spread with lumps of about `step` pixels."""
    from PIL import Image

    coarse = rng.standard_normal((shape[0] // step + 4, shape[1] // step + 4), dtype=np.float32)
    wide = Image.fromarray(coarse).resize((coarse.shape[1] * step, coarse.shape[0] * step), Image.Resampling.BICUBIC)
    return np.asarray(wide, np.float32)[: shape[0], : shape[1]] * np.float32(1.4)
