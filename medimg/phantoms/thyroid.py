"""The built-in thyroid cohort: 641 static Tc-99m pertechnetate scintigrams, one per patient, six classes and one crossing."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.errors import ConfigError
from medimg.phantoms.drawing import draw
from medimg.phantoms.nm import Static, write_static
from medimg.phantoms.planar import blur_gaussian
from medimg.phantoms.thyroid_image import expected_counts
from medimg.phantoms.thyroid_patients import Disease, Patient, Site, draw_patient

VERSION = "1"
CROSS = "goitre|reduced_uptake"


@dataclass(frozen=True)
class Parameters:
    """Everything that the cohort depends on; a change is a new version."""

    version: str
    seed: int
    diseases: tuple[Disease, ...]
    sites: tuple[Site, ...]
    atypical: float  # chance that a patient resembles another class


DISEASES = (
    Disease("hyperthyroid", 200, (3.6, 17.0), (17, 46), (0.08, 0.12), 0.9, pyramidal=0.35, looks_like=("normal", "goitre")),
    Disease("subacute_thyroiditis", 60, (0.55, 0.06), (15, 28), (0.3, 0.7), 1.35, missing=0.4, looks_like=("reduced_uptake",)),
    Disease("reduced_uptake", 54, (1.0, 0.35), (11, 20), (0.08, 0.14), 1.1, looks_like=("normal", "subacute_thyroiditis")),
    Disease("nodule", 130, (1.3, 4.2), (15, 38), (0.1, 0.16), nodules=(0, 0.68, 0.24, 0.08), nodule_mm=(9, 34), hot=0.45,
            looks_like=("goitre", "hyperthyroid")),
    Disease("goitre", 110, (1.6, 4.5), (30, 85), (0.1, 0.2), nodules=(0.8, 0.15, 0.05), pyramidal=0.15,
            looks_like=("normal", "hyperthyroid")),
    Disease("normal", 37, (1.3, 3.4), (12, 24.5), (0.08, 0.12)),
    Disease(CROSS, 50, (1.0, 0.35), (28, 75), (0.1, 0.22), 1.1, looks_like=("reduced_uptake", "goitre")),
)  # fmt: skip
SITES = (
    Site("A", 0.145, 128, 2.155, 8.5, 170, (0, 20), smooth_px=0.35),
    Site("B", 0.082, 128, 2.398, 9.5, 200, (0, 5)),
    Site("C", 0.218, 128, 2.398, 8.0, 150, (6, 30), stripes=0.03, smooth_px=0.3, zoom_px=3.7),
    Site("D", 0.201, 128, 1.183, 7.5, 130, (0, 4), mask="round"),
    Site("E", 0.106, 256, 0.749, 7.0, 220, (-4, 10)),
    Site("F", 0.024, 128, 1.125, 6.0, 110, (0, 0), mask="pinhole"),
    Site("G", 0.112, 128, 1.768, 9.0, 185, (3, 25), scatter=0.3),
    Site("H", 0.050, 128, 1.498, 10.5, 140, (-5, 12), stripes=0.03, smooth_px=0.4, zoom_px=5.3),
    Site("I", 0.062, 128, 2.210, 11.0, 120, (0, 35), scatter=0.28, smooth_px=0.3),
)
PARAMETERS = Parameters(VERSION, 20200620, DISEASES, SITES, atypical=0.15)


def patients(n: int | None = None, seed: int | None = None) -> list[Patient]:
    """Draw the patients of the cohort in their order; patient i is the same however many processes draw."""
    seed = PARAMETERS.seed if seed is None else seed
    labels = [disease for disease, count in zip(DISEASES, _counts(n), strict=True) for _ in range(count)]
    np.random.default_rng([seed, 0]).shuffle(labels)
    by_label = {disease.label: disease for disease in DISEASES}
    shares = np.array([site.share for site in SITES])
    drawn = []
    for index, disease in enumerate(labels):
        rng = np.random.default_rng([seed, 1, index])
        site = SITES[int(rng.choice(len(SITES), p=shares / shares.sum()))]
        drawn.append(draw_patient(rng, disease, by_label, site.name, PARAMETERS.atypical))
    return drawn


def picture(patient: Patient, index: int, seed: int | None = None) -> tuple[NDArray[np.uint16], Static]:
    """Image one patient: counts per pixel, and what the header says."""
    rng = np.random.default_rng([PARAMETERS.seed if seed is None else seed, 2, index])
    site = next(site for site in SITES if site.name == patient.site)
    expected, pixel_mm = expected_counts(rng, patient, site)
    counts = stored(rng.poisson(expected).astype(float), site)
    facts = Static(
        patient_id=f"THY-{index + 1:04d}",
        sex=patient.sex,
        age=patient.age,
        date=f"{rng.integers(2017, 2020)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}",
        site=site.name,
        camera=f"Camera {site.name}",
        collimator="PINH" if site.mask == "pinhole" else "PARA",
        spacing_mm=(pixel_mm, pixel_mm),
        duration_ms=int(rng.integers(150, 900)) * 1000,
        activity_mbq=float(rng.normal(185, 20)),
    )
    return counts, facts


def stored(counts: NDArray[np.float64], site: Site) -> NDArray[np.uint16]:
    """Return counts as the site's workstation stores them: whole numbers, at some sites interpolated first."""
    kept = blur_gaussian(counts, site.smooth_px) if site.smooth_px else counts
    if site.zoom_px:
        share = 0.18 * (1 - np.cos(2 * np.pi * np.arange(counts.shape[1]) / site.zoom_px))
        kept = (1 - share) * kept + share * np.roll(kept, 1, axis=1)
    return np.clip(np.rint(kept), 0, 65535).astype(np.uint16)


def write(folder: Path, *, n: int | None = None, seed: int | None = None) -> None:
    """Write the cohort's DICOM files and manifest.csv into a folder."""
    (folder / "images").mkdir(parents=True)
    drawn = patients(n, seed)
    jobs = [(folder, index, patient, seed) for index, patient in enumerate(drawn)]
    rows = draw(_write_one, jobs, "drawing the built-in cohort thyroid")
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _write_one(job: tuple[Path, int, Patient, int | None]) -> dict[str, Any]:
    folder, index, patient, seed = job
    counts, facts = picture(patient, index, seed)
    name = f"images/{facts.patient_id}.dcm"
    write_static(folder / name, counts, facts, f"medimg-thyroid-{VERSION}-{PARAMETERS.seed if seed is None else seed}")
    row = {
        "image": name,
        "patient_id": facts.patient_id,
        "label": patient.label,
        "site": patient.site,
        "sex": patient.sex,
        "age": patient.age,
    }
    truth = {key: value for key, value in asdict(patient).items() if key not in row}
    truth["nodule_mm"] = "|".join(f"{size:.1f}" for size in patient.nodule_mm)
    return row | {f"true_{key}": round(value, 4) if isinstance(value, float) else value for key, value in truth.items()}


def _counts(n: int | None) -> Sequence[int]:
    """Share n patients among the classes as in the full cohort, at least two in each (largest remainders)."""
    full = [disease.count for disease in DISEASES]
    if n is None:
        return full
    if n < 2 * len(full):
        raise ConfigError(
            f"n={n} is too small for the thyroid cohort: with two patients in each of {len(full)} groups it needs n >= {2 * len(full)}."
        )
    ideal = [n * count / sum(full) for count in full]
    counts = [max(2, int(value)) for value in ideal]
    while sum(counts) != n:
        step = 1 if sum(counts) < n else -1
        gap = [step * (value - count) if step > 0 or count > 2 else -n for value, count in zip(ideal, counts, strict=True)]
        counts[gap.index(max(gap))] += step
    return counts
