"""From a patient to expected counts: head and neck, glands, thyroid, point spread and field of one camera."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from medimg.phantoms.thyroid_gland import thyroid
from medimg.phantoms.thyroid_patients import Patient, Site

Array = NDArray[np.float64]
MARGIN_MM = 16.0  # activity outside the field that still blurs into it
UPTAKE_AREA = 4300.0  # one per cent of the injected activity, in mm2 of soft tissue of full thickness


@dataclass(frozen=True)
class Grid:
    """Millimetres right of and below the middle of the thyroid, for each pixel: two arrays (H, W)."""

    x: Array
    y: Array
    pixel_mm: float


def expected_counts(rng: Generator, patient: Patient, site: Site) -> tuple[Array, float]:
    """Return the expected counts of each pixel (matrix, matrix) and the pixel's edge in mm."""
    pixel_mm = round(site.pixel_mm * float(rng.choice([1.0, 1.0, 1.0, 1.0, 0.9, 1.15])), 4)
    pad = int(np.ceil(MARGIN_MM / pixel_mm))
    frame, body = _grids(rng, site, pixel_mm, pad)
    tissue = background(rng, body, patient)
    gland = thyroid(rng, body.x, body.y, pixel_mm, patient)
    gland *= patient.uptake_percent * UPTAKE_AREA / (gland.sum() * pixel_mm**2)
    activity = tissue + gland + _extras(rng, body)
    seen = blur(activity, pixel_mm, site.fwhm_mm * float(rng.uniform(0.93, 1.12)), site.scatter)[pad:-pad, pad:-pad]
    seen = (seen + 0.012) * _field(rng, frame, site)[pad:-pad, pad:-pad]
    total = 1000 * site.kilocounts * float(np.exp(rng.normal(0, 0.22)))
    return seen * min(max(total, 95e3), 270e3) / seen.sum(), pixel_mm


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


def _grids(rng: Generator, site: Site, pixel_mm: float, pad: int) -> tuple[Grid, Grid]:
    """Return the field's own millimetres and the patient's: moved, turned and, behind a pinhole, magnified towards the middle."""
    edge = site.matrix + 2 * pad
    axis = (np.arange(edge) - (edge - 1) / 2) * pixel_mm
    frame = Grid(np.broadcast_to(axis, (edge, edge)), np.broadcast_to(axis[:, None], (edge, edge)), pixel_mm)
    field_mm = site.matrix * pixel_mm
    spread = 0.065 * field_mm
    x = frame.x - site.offset_mm[0] - float(rng.normal(0, spread))
    y = frame.y - site.offset_mm[1] - float(np.clip(rng.normal(0, 1.2 * spread), -0.2 * field_mm, 0.2 * field_mm))
    if site.mask == "pinhole":
        bend = 1 + 0.12 * (frame.x**2 + frame.y**2) / (field_mm / 2) ** 2
        x, y = x * bend, y * bend
    turn = float(np.deg2rad(rng.normal(0, 4.5)))
    return frame, Grid(x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn), pixel_mm)


@dataclass(frozen=True)
class Build:
    """A patient's head and neck: half widths in mm, and the head's distance from its middle (1 at the outline) for each pixel."""

    neck_mm: float
    head_mm: tuple[float, float]
    rim: Array


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


def _ellipsoid(x: Array, y: Array, centre: tuple[float, float], half: tuple[float, float], tilt_deg: float) -> Array:
    """Thickness of a solid ellipsoid seen from the front, one at its middle."""
    c, s = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    u, v = x - centre[0], y - centre[1]
    r = ((u * c + v * s) / half[0]) ** 2 + ((v * c - u * s) / half[1]) ** 2
    thickness: Array = np.sqrt(np.maximum(1 - r, 0))
    return thickness


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
        total += submandibular * strength[1] * _ellipsoid(x, y, place, half, side * rng.normal(16, 9)) ** 1.4
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


def _extras(rng: Generator, grid: Grid) -> Array:
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


def _field(rng: Generator, frame: Grid, site: Site) -> Array:
    """Relative efficiency over the field: mask, vignetting, unevenness, and now and then a lead marker."""
    half = site.matrix * frame.pixel_mm / 2
    r = np.hypot(frame.x, frame.y) / half
    uneven = 1 + 0.015 * texture(rng, frame.x.shape, 1.0, 10) + site.stripes * rng.standard_normal(frame.x.shape[1])
    if site.mask == "pinhole":
        uneven *= (1 / (1 + (0.55 * r) ** 2)) ** 2
    if site.mask != "full":
        uneven *= 1 / (1 + np.exp((r - 0.97) / 0.012))
    if rng.random() < 0.03:
        away, angle = half * rng.uniform(0.6, 0.85), rng.uniform(0, 2 * np.pi)
        x, y = away * np.cos(angle), away * np.sin(angle)
        uneven *= 1 - 0.9 * np.exp(-((((frame.x - x) ** 2 + (frame.y - y) ** 2) / 5.0**2) ** 2))
    return np.maximum(uneven, 0)
