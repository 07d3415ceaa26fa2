"""From path lengths to what the detector reads: attenuation, scatter behind a grid, blur, exposure, quantum noise."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_plane import Array
from medimg.phantoms.chest_scene import Scene

SCATTER = 0.45  # scattered over primary light where the body is even, behind the grid
SCATTER_MM = 38.0
SYSTEM_MM = 0.30  # Gaussian sigma of focal spot and scintillator together
QUANTA = 52_000.0  # detected per mm2 at the middle of the field and the exposure index aimed at
SATURATION = 5.5  # brightest signal over the mean of the lungs at the exposure aimed at
RISE_OVER_SIGMA = 2.5631  # from 10 to 90 % of a Gaussian edge


@dataclass(frozen=True)
class Signal:
    """Negative logarithm of the signal over its mean, without noise, and the noise's standard deviation on it, both (H, W)."""

    log: Array
    sigma: Array


def attenuation(kvp: float) -> tuple[float, float]:
    """Effective coefficients per mm of water, and of cortical bone beyond it, for the hardened beam."""
    return 0.0182 * (kvp / 120) ** -0.25, 0.0345 * (kvp / 120) ** -0.9


def expose(scene: Scene, exam: Exam, room: Room, seen: Array, pixel_mm: float) -> Signal:
    """Image one scene: `seen` is the collimator's opening (H, W), 0 shut to 1 open; noise is that of pixels of `pixel_mm`."""
    water, bone = attenuation(room.kvp)
    primary = np.exp(-(water * scene.soft + bone * scene.bone)) * seen
    light = primary + scatter(primary, scene.plane.pixel_mm)
    sigma_px = float(np.hypot(SYSTEM_MM, exam.blur_mm)) / scene.plane.pixel_mm
    light = ndimage.gaussian_filter(light, sigma_px, truncate=3, mode="nearest")
    mean = float(np.exp(np.log(light[::8, ::8][(seen[::8, ::8] > 0.5) & (scene.soft[::8, ::8] > 25)] + 1e-9).mean()))
    light *= np.float32(1 / mean)
    brighter = 10 ** (exam.deviation / 10)
    light = np.minimum(light, np.float32(SATURATION * 2.2 / brighter))
    np.maximum(light, np.float32(2e-3), out=light)
    quanta = QUANTA * pixel_mm**2 * brighter * room.target / 250
    return Signal(np.asarray(-np.log(light), np.float32), np.asarray(1 / np.sqrt(light * np.float32(quanta)), np.float32))


def scatter(primary: Array, pixel_mm: float) -> Array:
    """The broad veil that scattered light lays over the film, worked out on a coarse grid."""
    step = max(round(4 / pixel_mm), 1)
    coarse = reduced(primary, step)
    veil = ndimage.gaussian_filter(coarse, SCATTER_MM / (pixel_mm * step), mode="constant")
    return enlarged(veil, primary.shape, step) * np.float32(SCATTER)


def reduced(field: Array, step: int) -> Array:
    """Means of blocks of step x step pixels, a cut block at the end averaged over what it has."""
    return np.asarray(Image.fromarray(field).reduce(step), np.float32)


def enlarged(field: Array, shape: tuple[int, int], step: int) -> Array:
    """Undo `reduced` smoothly, for a field without fine detail."""
    wide = Image.fromarray(field).resize((field.shape[1] * step, field.shape[0] * step), Image.Resampling.BICUBIC)
    return np.array(wide, np.float32)[: shape[0], : shape[1]]


def grain(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Quantum noise of unit spread with the slight correlation that a scintillator gives it."""
    white = rng.standard_normal((shape[0] + 1, shape[1] + 1), dtype=np.float32)
    rows = white[1:] + np.float32(0.35) * white[:-1]
    both = rows[:, 1:] + np.float32(0.35) * rows[:, :-1]
    both *= np.float32(1 / (1 + 0.35**2))
    return both
