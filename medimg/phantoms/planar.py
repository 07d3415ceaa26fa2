"""Pictures on a plane: a grid in millimetres, smooth random fields, solids seen from the front, a gamma camera's blur."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Millimetres right of and below the middle of the thyroid, for each pixel: two arrays (H, W)."""

    x: Array
    y: Array
    pixel_mm: float


def blur(activity: Array, pixel_mm: float, fwhm_mm: float, scatter: float) -> Array:
    """Blur with a camera's point spread: a Gaussian, and a broad tail for scatter and septal penetration."""
    rows, columns = activity.shape
    squared = np.fft.fftfreq(rows, pixel_mm)[:, None] ** 2 + np.fft.rfftfreq(columns, pixel_mm)[None] ** 2
    narrow, broad = (np.exp(-2 * np.pi**2 * (width / 2.355) ** 2 * squared) for width in (fwhm_mm, 5.0 * fwhm_mm))
    passed: Array = np.fft.irfft2(np.fft.rfft2(activity) * ((1 - scatter) * narrow + scatter * broad), activity.shape)
    return np.maximum(passed, 0)


def texture(rng: Generator, shape: tuple[int, int], pixel_mm: float, width_mm: float) -> Array:
    """Draw a smooth random field with zero mean, unit spread and lumps of a given width."""
    field = blur_gaussian(rng.standard_normal(shape), width_mm / pixel_mm)
    normed: Array = (field - field.mean()) / field.std()
    return normed


def blur_gaussian(field: Array, sigma: float) -> Array:
    """Blur with a Gaussian of sigma pixels, edges wrapped."""
    squared = np.fft.fftfreq(field.shape[0])[:, None] ** 2 + np.fft.rfftfreq(field.shape[1])[None] ** 2
    blurred: Array = np.fft.irfft2(np.fft.rfft2(field) * np.exp(-2 * np.pi**2 * sigma**2 * squared), field.shape)
    return blurred


def ellipsoid(x: Array, y: Array, centre: tuple[float, float], half: tuple[float, float], tilt_deg: float) -> Array:
    """Thickness of a solid ellipsoid seen from the front, one at its middle."""
    c, s = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    u, v = x - centre[0], y - centre[1]
    r = ((u * c + v * s) / half[0]) ** 2 + ((v * c - u * s) / half[1]) ** 2
    thickness: Array = np.sqrt(np.maximum(1 - r, 0))
    return thickness
