"""The built-in brain cohort: 175 patients with encephalitis or glioma, the paper's number of slices per sequence, as DICOM files.

Patients come first (age, head, disease, site), then their images, so that all images of a patient agree. Each patient has a stream of
random numbers of its own, so the pictures do not depend on how many processes draw them.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.phantoms.brain_sites import SITES, Site
from medimg.phantoms.drawing import draw
from medimg.phantoms.fields import Array
from medimg.phantoms.head import Head, Window, draw_build
from medimg.phantoms.lesion import ENCEPHALITIS, GLIOMA, PLACES, Lesion, Traits, draw_lesion, heights, infiltrate, pusher
from medimg.phantoms.mr import Series, write_slice
from medimg.phantoms.scanner import Acquisition, acquire, shade
from medimg.phantoms.signal import CONSTANTS, Sequence, signal
from medimg.phantoms.tissue import TISSUES, tissues

SEQUENCES = ("FLAIR", "T1CE", "T2")
LABELS = ("encephalitis", "glioma")
ILL = ("oedema", "tumour", "necrosis", "enhancing")
VERSION = "1"


@dataclass(frozen=True)
class Parameters:
    """Everything that decides what the cohort looks like; a change is a new version."""

    version: str = VERSION
    seed: int = 20200311
    patients: tuple[int, int] = (118, 57)
    slices: tuple[tuple[int, int], ...] = ((636, 408), (798, 763), (745, 402))  # per sequence: encephalitis, glioma
    without: tuple[tuple[int, int], ...] = ((14, 7), (5, 1), (9, 8))  # patients who lack the sequence
    age: tuple[tuple[float, float], ...] = ((42, 17), (48, 15))
    overlap: float = 0.02  # mean share of traits that typical patients borrow from the other disease
    odd: float = 0.04  # chance of a patient who shows as much of the one disease as of the other
    encephalitis: Traits = ENCEPHALITIS
    glioma: Traits = GLIOMA
    places: tuple[Any, ...] = tuple(PLACES.items())  # this and the constants: recorded here, so that a change has another hash
    constants: tuple[Any, ...] = tuple(CONSTANTS.items())
    fine: int = 320
    coarse: int = 160
    sites: tuple[Site, ...] = SITES


PARAMETERS = Parameters()


@dataclass(frozen=True)
class Job:
    """One patient to draw."""

    name: str
    number: int
    label: str
    site: int
    entropy: int
    counts: tuple[int, int, int]


@dataclass(frozen=True)
class Patient:
    """One patient drawn: head, disease and where the slices lie."""

    head: Head
    lesion: Lesion
    heights: tuple[float, ...]
    spacing_mm: float
    chosen: tuple[tuple[int, ...], ...]  # per sequence: which of the heights


def write(folder: Path, *, n: int | None = None, seed: int | None = None, parameters: Parameters | None = None) -> None:
    """Write the cohort's DICOM files and manifest.csv below folder; n patients instead of all, few slices each."""
    p = parameters or PARAMETERS
    jobs = plan(p, n, p.seed if seed is None else seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = draw(partial(draw_patient, p=p, folder=folder), jobs, "drawing the built-in cohort brain")
    pd.DataFrame([row for part in rows for row in part]).to_csv(folder / "manifest.csv", index=False, lineterminator="\n")


def plan(p: Parameters, n: int | None, seed: int) -> list[Job]:
    """Deal labels, sites and numbers of slices to patients; the names tell nothing."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    total = sum(p.patients)
    share = 1.0 if n is None else n / total
    glioma = p.patients[1] if n is None else int(np.clip(round(p.patients[1] * share), 1, max(n - 1, 1)))
    people = (p.patients[0] if n is None else max(n - glioma, 1), glioma)
    jobs = []
    for k, label in enumerate(LABELS):
        size = people[k]
        order = rng.permutation(size)
        weights = rng.lognormal(0, 0.35, size)
        counts = np.zeros((size, len(SEQUENCES)), int)
        start = 0
        for s in range(len(SEQUENCES)):
            lacking = round(p.without[s][k] * share)
            has = np.ones(size, bool)
            has[order[start : start + lacking]] = False
            start += lacking
            wanted = p.slices[s][k] if n is None else int(has.sum()) * 2
            counts[has, s] = _deal(wanted, weights[has] * rng.lognormal(0, 0.15, int(has.sum())))
        sites = rng.permutation(np.arange(size) % len(p.sites))
        jobs += [(label, int(sites[i]), (int(counts[i][0]), int(counts[i][1]), int(counts[i][2]))) for i in range(size)]
    jobs = [jobs[i] for i in rng.permutation(len(jobs))]
    return [Job(f"brain-{i + 1:03d}", i + 1, label, site, seed, counts) for i, (label, site, counts) in enumerate(jobs)]


def _deal(total: int, weights: Array) -> NDArray[np.int_]:
    """Split total into whole numbers of at least 1, in proportion to weights."""
    ideal = 1 + (total - len(weights)) * weights / weights.sum()
    out = np.floor(ideal).astype(int)
    rest = np.argsort(out - ideal, kind="stable")[: total - int(out.sum())]
    out[rest] += 1
    return np.asarray(out)


def draw_patient(job: Job, p: Parameters, folder: Path) -> list[dict[str, object]]:
    """Draw and write all images of one patient; returns rows of the manifest."""
    rng = np.random.default_rng(np.random.SeedSequence(job.entropy, spawn_key=(1, job.number)))
    site = p.sites[job.site]
    mean, spread = p.age[LABELS.index(job.label)]
    age = float(np.clip(rng.normal(mean, spread), 16, 84))
    patient = _draw(job, rng, age, p)
    styles = [_style(rng, site, s, job, p, patient.spacing_mm, age) for s in range(len(SEQUENCES))]
    volume = sum(4.19 * np.prod(f.radii) * f.strength for f in patient.lesion.foci) / 1000
    rows: list[dict[str, object]] = []
    for k, height in enumerate(patient.heights):
        window = patient.head.window(height, site.fov_mm, p.coarse)
        share, burden = _cut(patient, height, site, p, window)
        for s, sequence in enumerate(SEQUENCES):
            if k not in patient.chosen[s]:
                continue
            series, acquisition, bias = styles[s]
            pixels = _shoot(share, series.times, acquisition, bias, window, rng)
            path = folder / job.name / sequence / f"{len(patient.heights) - k:03d}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            half = site.fov_mm / 2 - series.pixel_mm / 2
            write_slice(path, pixels, series, (-half, -half, height), k + 1)
            area = (site.fov_mm / p.fine) ** 2
            rows.append({
                "image": path.relative_to(folder).as_posix(), "patient_id": job.name, "label": job.label, "sequence": sequence,
                "site": site.name, "slice_mm": round(height, 2), "true_atypical": round(patient.lesion.atypical, 3),
                "true_place": patient.lesion.place, "true_foci": len(patient.lesion.foci), "true_lesion_ml": round(float(volume), 1),
                "true_lesion_mm2": round(float(burden.sum()) * area), "true_enhancing_mm2": round(float(share[-1].sum()) * area),
                "true_mass_mm": round(patient.lesion.mass_mm, 1), "true_age": round(age),
            })  # fmt: skip
    return rows


def _draw(job: Job, rng: np.random.Generator, age: float, p: Parameters) -> Patient:
    head = Head(draw_build(rng, age), rng)
    glioma = job.label == "glioma"
    own, other = (p.glioma, p.encephalitis) if glioma else (p.encephalitis, p.glioma)
    lesion = draw_lesion(rng, own, other, glioma=glioma, overlap=p.overlap, odd=p.odd)
    full = max(job.counts)
    places = heights(lesion, full, head.build)
    spacing = float(np.clip(np.median(np.diff(places)), 1.5, 6)) if full > 1 else 5.0
    chosen = []
    for count in job.counts:
        if count and full >= 2 * count:
            stride = full // count
            offset = (full - stride * (count - 1) - 1) // 2
            chosen.append(tuple(offset + stride * i for i in range(count)))
        else:
            offset = int(rng.integers(0, full - count + 1))
            chosen.append(tuple(range(offset, offset + count)))
    return Patient(head, lesion, places, round(spacing, 1), tuple(chosen))


def _cut(patient: Patient, height: float, site: Site, p: Parameters, window: Window) -> tuple[Array, Array]:
    """Shares of all tissues, ill ones too, in a slice of some thickness: three planes averaged."""
    total: list[Array] = []
    rows = (window[0].stop - window[0].start) * p.fine // p.coarse
    for offset in (-0.36, 0.0, 0.36):
        z = height + offset * min(patient.spacing_mm, 5.0)
        shapes = patient.head.shapes(z, site.fov_mm, p.coarse, pusher(patient.lesion), window)
        share, fine = tissues(patient.head, shapes, rows)
        out, burden = infiltrate(patient.lesion, share, fine, TISSUES)
        total = [out, burden] if not total else [total[0] + out, total[1] + burden]
    return total[0] / np.float32(3), total[1] / np.float32(3)


def _style(
    rng: np.random.Generator, site: Site, s: int, job: Job, p: Parameters, spacing: float, age: float
) -> tuple[Series, Acquisition, Array]:
    """How one series of one patient is taken."""
    t = site.times[s]
    jitter = rng.normal(1, 0.03, 3)
    times = Sequence(round(t.tr * jitter[0]), round(t.te * jitter[1]), round(t.ti * (1 + (jitter[2] - 1) * 0.6)), t.contrast, t.fat)
    white = float(abs(signal(times, ("white",))[0]))
    restless = rng.uniform() < 0.3
    acquisition = Acquisition(
        matrix=site.matrix,
        read=min(site.matrix, round(site.read * (1.12, 1.0)[s != 2])),
        phase=round(site.phase * (1.12, 1.0)[s != 2]),
        taper=site.taper * (0.5, 1.0)[s != 2],
        noise=0.85 * site.noise * white * (0.75, 1.0)[s != 1] * float(rng.lognormal(0, 0.25)),
        bias=site.bias,
        motion=float(rng.uniform(0.25, 0.9)) if restless else 0.08,
        scale=site.counts / white * float(rng.lognormal(0, 0.2)),
    )
    sex, day = "MF"[job.number % 2], 1 + (job.number * 37) % 28
    series = Series(
        patient_id=job.name, sex=sex, age=round(age), study_date=f"2019{1 + job.number % 12:02d}{day:02d}", number=s + 2,
        sequence=SEQUENCES[s], description=site.names[s], times=times, agent="Gd-DTPA" if t.contrast else "",
        pixel_mm=site.fov_mm / site.matrix, thickness_mm=round(min(spacing, 5.0), 1), site=site.name, manufacturer=site.manufacturer,
        model=site.model, tesla=site.tesla, key=f"brain/{p.version}/{job.entropy}",
    )  # fmt: skip
    return series, acquisition, shade(rng, site.bias, p.fine)


def _shoot(
    share: Array, times: Sequence, acquisition: Acquisition, bias: Array, window: Window, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Signal of the tissues in the window, air around it, through the scanner."""
    inside = np.tensordot(signal(times, TISSUES + ILL), share, 1)
    clean = np.zeros_like(bias)
    row, column = (round(side.start * share.shape[1] / (window[0].stop - window[0].start)) for side in window)
    clean[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return np.clip(np.rint(acquire(clean * bias, acquisition, rng)), 0, 4095).astype(np.uint16)
