"""From a patient to expected counts: head and neck, glands, thyroid, point spread and field of one camera."""

import numpy as np
from numpy.random import Generator

from medimg.phantoms.planar import Array, Grid, blur, texture
from medimg.phantoms.thyroid_body import background, extras
from medimg.phantoms.thyroid_gland import thyroid
from medimg.phantoms.thyroid_patients import Patient, Site

MARGIN_MM = 16.0  # activity outside the field that still blurs into it
UPTAKE_AREA = 4300.0  # one per cent of the injected activity, in mm2 of soft tissue of full thickness


def expected_counts(rng: Generator, patient: Patient, site: Site) -> tuple[Array, float]:
    """Return the expected counts of each pixel (matrix, matrix) and the pixel's edge in mm."""
    pixel_mm = round(site.pixel_mm * float(rng.choice([1.0, 1.0, 1.0, 1.0, 0.9, 1.15])), 4)
    pad = int(np.ceil(MARGIN_MM / pixel_mm))
    frame, body = _grids(rng, site, pixel_mm, pad)
    tissue = background(rng, body, patient)
    gland = thyroid(rng, body.x, body.y, pixel_mm, patient)
    gland *= patient.uptake_percent * UPTAKE_AREA / (gland.sum() * pixel_mm**2)
    activity = tissue + gland + extras(rng, body)
    seen = blur(activity, pixel_mm, site.fwhm_mm * float(rng.uniform(0.93, 1.12)), site.scatter)[pad:-pad, pad:-pad]
    seen = (seen + 0.012) * _field(rng, frame, site)[pad:-pad, pad:-pad]
    total = 1000 * site.kilocounts * float(np.exp(rng.normal(0, 0.22)))
    return seen * min(max(total, 95e3), 270e3) / seen.sum(), pixel_mm


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
