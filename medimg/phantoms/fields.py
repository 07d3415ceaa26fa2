"""Random fields and signed distances, the clay the built-in heads are made of. Distances are in mm and positive inside."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline

Array = NDArray[np.floating[Any]]
SIDE = 48  # voxels of a random volume along each axis
STEP_MM = 4.0  # so a volume repeats itself after 192 mm, farther than a brain is long


class Volume:
    """A smooth random field over space, periodic, mean 0 and standard deviation 1."""

    def __init__(self, rng: np.random.Generator, wavelength_mm: float, spread: float = 0.35) -> None:
        k = np.fft.fftfreq(SIDE, STEP_MM)
        radius = np.sqrt(k[:, None, None] ** 2 + k[None, :, None] ** 2 + np.fft.rfftfreq(SIDE, STEP_MM)[None, None, :] ** 2)
        shape = np.exp(-0.5 * ((radius * wavelength_mm - 1) / spread) ** 2)
        spectrum = np.fft.rfftn(rng.standard_normal((SIDE, SIDE, SIDE), dtype=np.float32)) * shape
        field = np.fft.irfftn(spectrum, s=(SIDE, SIDE, SIDE), axes=(0, 1, 2))
        field = (field - field.mean()) / field.std()
        self._coefficients = ndimage.spline_filter(field, order=3, output=np.float32, mode="grid-wrap")

    def at(self, x: Array, y: Array, z: Array) -> Array:
        """Values at points given in mm."""
        points = np.stack([x.ravel(), y.ravel(), z.ravel()]) / STEP_MM
        values = ndimage.map_coordinates(self._coefficients, points, order=3, mode="grid-wrap", prefilter=False, output=np.float32)
        return np.asarray(values.reshape(x.shape))

    def halved(self, x: Array, y: Array, z: Array) -> Array:
        """Values at the points of a smooth grid, worked out at every second one: a quarter of the time."""
        return enlarge(self.at(_halve(x), _halve(y), _halve(z)), x.shape[0])


def _halve(field: Array) -> Array:
    return np.asarray(field[::2, ::2] + field[1::2, ::2] + field[::2, 1::2] + field[1::2, 1::2], np.float32) * np.float32(0.25)


def ellipsoid(x: Array, y: Array, z: Array, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Array:
    """Distance to an ellipsoid's surface, first order, positive inside."""
    px, py, pz = (x - centre[0]) / radii[0], (y - centre[1]) / radii[1], (z - centre[2]) / radii[2]
    k0 = np.sqrt(px * px + py * py + pz * pz) + 1e-4
    k1 = np.sqrt((px / radii[0]) ** 2 + (py / radii[1]) ** 2 + (pz / radii[2]) ** 2) + 1e-5
    return np.asarray(k0 * (1 - k0) / k1, np.float32)


def capsule(x: Array, y: Array, z: Array, start: tuple[float, ...], end: tuple[float, ...]) -> Array:
    """Distance to a tapered rod from (x, y, z, radius) to (x, y, z, radius), positive inside."""
    a, b = np.asarray(start[:3], np.float32), np.asarray(end[:3], np.float32)
    line = b - a
    t = np.clip(((x - a[0]) * line[0] + (y - a[1]) * line[1] + (z - a[2]) * line[2]) / float(line @ line), 0, 1)
    gap = np.sqrt((x - a[0] - t * line[0]) ** 2 + (y - a[1] - t * line[1]) ** 2 + (z - a[2] - t * line[2]) ** 2)
    return np.asarray(start[3] + t * (end[3] - start[3]) - gap, np.float32)


def join(a: Array, b: Array, blend_mm: float) -> Array:
    """Union of two shapes with a rounded seam."""
    h = np.maximum(blend_mm - np.abs(a - b), 0) / blend_mm
    return np.asarray(np.maximum(a, b) + h * h * (blend_mm / 4), np.float32)


def meet(a: Array, b: Array, blend_mm: float) -> Array:
    """Intersection of two shapes with a rounded edge."""
    return -join(-a, -b, blend_mm)


def ramp(value: Array, width: float | Array) -> Array:
    """A soft step at zero: 0 below -width / 2, 1 above width / 2."""
    t = np.clip(value * np.asarray(1 / width, np.float32) + np.float32(0.5), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


@lru_cache(maxsize=256)
def enlarger(coarse: int, fine: int) -> Array:
    """Matrix (fine, coarse) of cubic interpolation between cell centres."""
    at = (np.arange(fine) + 0.5) * coarse / fine - 0.5
    return np.asarray(CubicSpline(np.arange(coarse), np.eye(coarse))(at), np.float32)


def enlarge(field: Array, fine: int) -> Array:
    """Smooth field on a coarse grid -> the same on a fine one of so many rows, and of columns in proportion."""
    rows, columns = field.shape
    return np.asarray(enlarger(rows, fine) @ field @ enlarger(columns, round(columns * fine / rows)).T, np.float32)
