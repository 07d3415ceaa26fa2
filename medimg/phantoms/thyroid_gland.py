"""The thyroid itself: two lobes, isthmus, pyramidal lobe, nodules and patches, as activity per area."""

import numpy as np
from numpy.random import Generator

from medimg.phantoms.planar import Array
from medimg.phantoms.thyroid_patients import Patient


def thyroid(rng: Generator, x: Array, y: Array, pixel_mm: float, patient: Patient) -> Array:
    """Draw the gland's activity (any scale) at millimetres right of and below its middle."""
    grown = patient.mass_g / 18
    length, width = 46 * grown**0.30, 19 * grown**0.42
    lean = rng.normal(11, 5)
    gland, lobes = np.zeros_like(x), []
    for side in (-1, 1):
        share = np.exp(rng.normal(0, 0.09))
        half = length / 2 * share * np.exp(rng.normal(0, 0.05)), width / 2 * share * np.exp(rng.normal(0, 0.07))
        centre = side * (half[1] + rng.uniform(4, 8)), rng.normal(-4, 3)
        lobe = (centre, half, side * (lean + rng.normal(0, 4)))
        lobes.append(lobe)
        gland += np.exp(rng.normal(0, 0.12)) * _lobe(rng, x, y, *lobe)
    gland = np.maximum(gland, _isthmus(rng, x, y, width, length))
    if patient.pyramidal:
        gland = np.maximum(gland, rng.uniform(0.15, 0.5) * _pyramid(rng, x, y, length))
    gland = _nodules(rng, x, y, gland, lobes, patient)
    return _patches(rng, gland, x, y, pixel_mm, patient) + 1e-6


def _lobe(rng: Generator, x: Array, y: Array, centre: tuple[float, float], half: tuple[float, float], tilt_deg: float) -> Array:
    """Thickness of one lobe: an ellipsoid narrower at the upper pole, with an uneven rim."""
    u, v = _own(x, y, centre, tilt_deg)
    taper = 1 + rng.uniform(0.1, 0.3) * np.clip(u / half[0], -1, 1)
    r = np.hypot(u / half[0], v / (half[1] * taper))
    angle = np.arctan2(v / half[1], u / half[0])
    rim = 1 + sum(rng.normal(0, 0.06 / order) * np.cos(order * angle + rng.uniform(0, 2 * np.pi)) for order in (2, 3, 4, 5))
    thickness: Array = np.maximum(1 - (r / rim) ** 2, 0) ** rng.uniform(0.45, 0.75)
    return thickness


def _own(x: Array, y: Array, centre: tuple[float, float], tilt_deg: float) -> tuple[Array, Array]:
    """Coordinates along a lobe (downwards) and across it; positive tilt moves the lower pole towards negative x."""
    c, s = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    dx, dy = x - centre[0], y - centre[1]
    return dy * c - dx * s, dx * c + dy * s


def _isthmus(rng: Generator, x: Array, y: Array, width: float, length: float) -> Array:
    low, thick = rng.uniform(0.08, 0.3) * length, rng.uniform(4, 8) * (width / 19)
    r = (x / (0.75 * width + 5)) ** 2 + ((y - low) / thick) ** 2
    bridge: Array = rng.choice([0.12, 0.3, 0.5, 0.65]) * rng.uniform(0.7, 1.1) * np.sqrt(np.maximum(1 - r, 0))
    return bridge


def _pyramid(rng: Generator, x: Array, y: Array, length: float) -> Array:
    side, top = rng.choice([-1, 1]), -rng.uniform(0.4, 0.8) * length
    line = side * rng.uniform(2, 6) + 0.08 * side * (y - top) * rng.uniform(-1, 1)
    lobe: Array = np.exp(-(((x - line) / 3.5) ** 2)) / (1 + np.exp(-(y - top) / 3)) / (1 + np.exp((y - 0.15 * length) / 3))
    return lobe


def _nodules(
    rng: Generator, x: Array, y: Array, gland: Array, lobes: list[tuple[tuple[float, float], tuple[float, float], float]], patient: Patient
) -> Array:
    """Add hot nodules, which may suppress the rest, and cold ones, which push the gland apart before they leave a hole."""
    hot = [True] * patient.hot_nodules + [False] * patient.cold_nodules
    for size, is_hot in zip(patient.nodule_mm, hot, strict=True):
        (cx, cy), (along, across), tilt = lobes[int(rng.integers(2))]
        u, v = rng.uniform(-0.65, 0.65) * along, rng.uniform(-0.55, 0.55) * across
        c, s = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
        place = cx + v * c - u * s, cy + u * c + v * s
        ball = np.sqrt(np.maximum(1 - ((x - place[0]) ** 2 / rng.uniform(0.8, 1.2) + (y - place[1]) ** 2) / (size / 2) ** 2, 0))
        if is_hot:
            gland = gland * rng.uniform(0.15, 1.0) + rng.uniform(0.8, 2.2) * ball
        else:
            gland = np.maximum(gland, 0.75 * ball**0.5) * (1 - rng.uniform(0.6, 1.0) * ball**0.8)
    return gland


def _patches(rng: Generator, gland: Array, x: Array, y: Array, pixel_mm: float, patient: Patient) -> Array:
    """Make uptake uneven, and leave out one side or pole where the disease has spared the other."""
    noise = np.zeros_like(gland)
    for width, share in ((3.0, 0.5), (7.0, 0.8)):
        spectrum = np.fft.rfft2(rng.standard_normal(gland.shape))
        squared = np.fft.fftfreq(gland.shape[0], pixel_mm)[:, None] ** 2 + np.fft.rfftfreq(gland.shape[1], pixel_mm)[None] ** 2
        lumps = np.fft.irfft2(spectrum * np.exp(-2 * np.pi**2 * width**2 * squared), gland.shape)
        noise += share * lumps / lumps.std()
    uneven: Array = gland * np.exp(patient.patchiness * noise)
    if patient.missing:
        angle = rng.uniform(0, 2 * np.pi)
        uneven *= 1 - patient.missing / (1 + np.exp(-(x * np.cos(angle) + y * np.sin(angle)) / 5))
    return uneven
