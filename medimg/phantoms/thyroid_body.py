"""Head and neck around the thyroid under Tc-99m pertechnetate: soft tissue, vessels, salivary glands, mouth and nose."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from medimg.phantoms.planar import Array, Grid, ellipsoid, texture
from medimg.phantoms.thyroid_patients import Patient


@dataclass(frozen=True)
class Build:
    """A patient's head and neck: half widths in mm, and the head's distance from its middle (1 at the outline) for each pixel."""

    neck_mm: float
    head_mm: tuple[float, float]
    rim: Array


def background(rng: Generator, grid: Grid, patient: Patient) -> Array:
    """Draw everything but the thyroid: soft tissue, vessels, salivary glands, mouth and nose, in units of full soft tissue."""
    size = float(np.exp(rng.normal(0.0 if patient.sex == "F" else 0.06, 0.07)))
    x, y = grid.x / size, grid.y / size
    lift = float(rng.normal(0, 10))  # how far the head is tilted back
    y_head = y + lift
    build = _build(rng, x, y_head)
    uneven = 0.04 * texture(rng, x.shape, grid.pixel_mm, 12) + 0.08 * texture(rng, x.shape, grid.pixel_mm, 30)
    soft = _soft_tissue(rng, x, y, y_head, build) * (1 + uneven)
    soft *= 1 + 0.12 * np.clip(1.2 - build.rim, 0, 1) * texture(rng, x.shape, grid.pixel_mm, 6)  # bones and sinuses of the face
    saliva = _mouth(rng, x, y_head, grid.pixel_mm) * float(np.exp(rng.normal(0, 0.7)))
    return patient.blood_pool * soft + patient.salivary * (_salivary(rng, x, y_head, build) + saliva)


def extras(rng: Generator, grid: Grid) -> Array:
    """Now and then: a source at the sternal notch or chin, and activity left in the injected vein."""
    extra = np.zeros_like(grid.x)
    notch, chance, vein = rng.random(3)
    if notch < 0.06:
        x, y = rng.normal(0, 6), rng.normal(52, 8) if chance < 0.7 else rng.normal(-62, 6)
        extra += rng.uniform(8, 40) * np.exp(-((grid.x - x) ** 2 + (grid.y - y) ** 2) / 2 / 2.0**2)
    if vein < 0.07:
        side, start = rng.choice([-1, 1]), rng.uniform(45, 75)
        line = start + 0.004 * (side * grid.x - 30) ** 2
        extra += rng.uniform(0.4, 1.5) * np.exp(-(((grid.y - line) / 4) ** 2)) * (side * grid.x > 30)
    return extra


def _build(rng: Generator, x: Array, y_head: Array) -> Build:
    head = float(rng.uniform(72, 84)), float(rng.uniform(100, 116))
    low = np.clip((y_head + 130) / 70, 0, 1)  # the jaw narrows towards the neck
    wide = head[0] * (1 - rng.uniform(0.0, 0.18) * low)
    power = rng.uniform(2.6, 3.8)
    rim = (np.abs(x / wide) ** power + np.abs((y_head + 152) / head[1]) ** power) ** (1 / power)
    return Build(float(rng.uniform(48, 62)), head, rim)


def _soft_tissue(rng: Generator, x: Array, y: Array, y_head: Array, build: Build) -> Array:
    neck = np.maximum(1 - (x / build.neck_mm) ** 2, 0) ** 0.4 * (y > -110) / (1 + np.exp((y - rng.uniform(15, 50)) / 18))
    head = np.maximum(1 - build.rim**2.5, 0) ** rng.uniform(0.3, 0.5)
    slope, level = rng.uniform(0.03, 0.45), rng.uniform(-52, -22)
    horizon = level + slope * np.maximum(np.abs(x) - 45, 0) + 14 * np.exp(-((x / 38) ** 2))
    torso = np.clip((y - horizon) / rng.uniform(20, 90), 0, 1) ** rng.uniform(0.4, 0.8)
    brain = 1 - rng.uniform(0.1, 0.4) / (1 + np.exp((y_head + 165) / 12))
    face = rng.uniform(0.1, 0.7) * np.exp(-((x / rng.uniform(22, 42)) ** 2) - ((y_head + 130) / 38) ** 2)
    chest = rng.uniform(0.5, 0.85) + rng.uniform(0.15, 0.9) * np.exp(-((x / rng.uniform(45, 90)) ** 2)) / (1 + np.exp(-(y - 55) / 18))
    together = ((rng.uniform(0.75, 0.95) * neck) ** 4 + (head * brain * rng.uniform(0.65, 1.05)) ** 4 + (torso * chest) ** 4) ** 0.25
    side = rng.uniform(17, 25)
    pair = np.exp(-(((x - side) / 8) ** 2)) + np.exp(-(((x + side) / 8) ** 2))
    vessels = rng.uniform(0.05, 0.4) * pair / (1 + np.exp((np.abs(y) - 55) / 10))
    trachea = rng.uniform(0.05, 0.25) * np.exp(-((x / 8) ** 2)) / (1 + np.exp((np.abs(y) - 40) / 6))
    field: Array = together * (1 + face + vessels - trachea)
    return field


def _salivary(rng: Generator, x: Array, y: Array, build: Build) -> Array:
    """Draw the parotids, crescents under the skin of the cheeks, and the submandibular glands behind the jaw."""
    parotid, submandibular = np.exp(rng.normal(0, 0.4, 2))
    depth, low = rng.uniform(0.78, 0.9), rng.normal(-110, 6)
    total = np.zeros_like(x)
    for side in (-1, 1):
        strength = np.exp(rng.normal(0, 0.2, 2))
        middle, length, thick = low + rng.normal(0, 3), rng.uniform(26, 44), rng.uniform(0.12, 0.22)
        along = np.maximum(1 - ((y - middle) / length) ** 2, 0)
        lean = 0.002 * (y - middle)  # the lower pole lies deeper
        crescent = np.maximum(1 - ((build.rim - depth + lean) / (thick * along**0.5 + 1e-3)) ** 2, 0) * along**0.7 * (side * x > 0)
        total += 0.7 * parotid * strength[0] * crescent
        place = (side * (0.5 * build.neck_mm + rng.normal(0, 3)), rng.normal(-62, 4))
        half = rng.uniform(6.5, 10.5), rng.uniform(11, 18)
        total += submandibular * strength[1] * ellipsoid(x, y, place, half, side * rng.normal(16, 9)) ** 1.4
    return total


def _mouth(rng: Generator, x: Array, y: Array, pixel_mm: float) -> Array:
    """Draw saliva along the dental arch and under the tongue, and mucosa of the nose and throat."""
    lumps = np.exp(rng.uniform(0.4, 1.0) * texture(rng, x.shape, pixel_mm, 4.5))
    top, bend, width = rng.normal(114, 5), rng.uniform(0.004, 0.022), rng.uniform(18, 31)
    arch = np.exp(-(((y + top - bend * x**2) / rng.uniform(4, 10)) ** 2) - (x / width) ** 4)
    legs = np.exp(-(((np.abs(x) - rng.uniform(6, 18) - 0.4 * (y + top)) / 4) ** 2) - ((y + top - 14) / 12) ** 2)
    tongue = np.exp(-((x / 14) ** 2) - ((y + top - rng.uniform(5, 25)) / 9) ** 2)
    nose = np.exp(-((x / rng.uniform(7, 15)) ** 2) - ((y + top + rng.uniform(28, 42)) / rng.uniform(12, 26)) ** 2)
    face = np.exp(-((x / 40) ** 2) - ((y + top) / 28) ** 2)
    a, b, c, d, e = rng.uniform(0.4, 1.2), rng.uniform(0, 0.6), rng.uniform(0, 0.6), rng.uniform(0.1, 0.5), rng.uniform(0.0, 0.3)
    cavity: Array = (a * arch + b * legs + c * tongue) * lumps + d * nose * lumps**0.5 + e * face * lumps**0.7
    return cavity
