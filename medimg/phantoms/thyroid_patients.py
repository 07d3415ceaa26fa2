"""Who comes to the thyroid clinic: glands, diseases and cameras drawn from distributions, before any picture is made."""

from dataclasses import dataclass
from math import exp, log

from numpy.random import Generator


@dataclass(frozen=True)
class Disease:
    """One class of the cohort: the mild end of each feature, its severe end, and what else comes with it."""

    label: str
    count: int
    uptake_percent: tuple[float, float]  # of the injected activity at 20 minutes
    mass_g: tuple[float, float]
    patchiness: tuple[float, float]  # relative scatter of uptake within the gland
    blood_pool: float = 1.0  # median activity of the body around, relative to a euthyroid patient
    nodules: tuple[float, ...] = (0.93, 0.07)  # chance of 0, 1, 2 ... nodules
    nodule_mm: tuple[float, float] = (7.0, 12.0)  # diameter
    hot: float = 0.2  # chance that a nodule is hot
    missing: float = 0.0  # chance that a part of the gland takes up nothing
    pyramidal: float = 0.08
    looks_like: tuple[str, ...] = ()  # classes that an atypical patient resembles


@dataclass(frozen=True)
class Site:
    """One department: its camera and its habits."""

    name: str
    share: float
    matrix: int
    pixel_mm: float
    fwhm_mm: float
    kilocounts: float
    offset_mm: tuple[float, float] = (0.0, 0.0)  # where the gland usually lies: right of and below the centre of the field
    mask: str = "full"  # full, round (field of view) or pinhole (round, darker and smaller towards the rim)
    scatter: float = 0.2  # share of counts in the broad tail
    stripes: float = 0.01  # column-wise unevenness left after correction
    smooth_px: float = 0.0  # the workstation's interpolation, which correlates the noise; 0 leaves Poisson counts
    zoom_px: float = 0.0  # period of the stripes that a digital zoom leaves in the noise of columns; 0 for no zoom


@dataclass(frozen=True)
class Patient:
    """One patient as drawn: the truth behind the picture."""

    label: str
    site: str
    sex: str
    age: int
    severity: float
    atypical: str
    uptake_percent: float
    mass_g: float
    patchiness: float
    blood_pool: float
    salivary: float
    hot_nodules: int
    cold_nodules: int
    nodule_mm: tuple[float, ...]
    missing: float
    pyramidal: bool


def draw_patient(rng: Generator, disease: Disease, diseases: dict[str, Disease], site: str, atypical: float) -> Patient:
    """Draw one patient of a disease; with chance `atypical` the gland lies part of the way to another disease's."""
    severity = float(rng.beta(1.5, 1.4))
    features = _features(rng, disease, severity)
    other = ""
    if disease.looks_like and rng.random() < atypical:
        other = str(rng.choice(disease.looks_like))
        features = _between(features, _features(rng, diseases[other], float(rng.uniform(0, 0.7))), float(rng.uniform(0.35, 0.75)))
    count = int(rng.choice(len(disease.nodules), p=disease.nodules))
    hot = int(rng.binomial(count, disease.hot))
    low, high = disease.nodule_mm
    sizes = tuple(sorted((float(low + (high - low) * rng.beta(1.2, 1.6)) for _ in range(count)), reverse=True))
    return Patient(
        label=disease.label,
        site=site,
        sex="F" if rng.random() < 0.76 else "M",
        age=int(min(max(rng.normal(46, 14), 17), 86)),
        severity=severity,
        atypical=other,
        uptake_percent=features[0],
        mass_g=features[1],
        patchiness=features[2],
        blood_pool=disease.blood_pool * exp(rng.normal(0, 0.25)),
        salivary=2.3 * exp(rng.normal(0, 0.7)),
        hot_nodules=hot,
        cold_nodules=count - hot,
        nodule_mm=sizes,
        missing=float(rng.uniform(0.25, 0.8)) if rng.random() < disease.missing else 0.0,
        pyramidal=bool(rng.random() < disease.pyramidal),
    )


def _features(rng: Generator, disease: Disease, severity: float) -> tuple[float, float, float]:
    uptake, mass, patchiness = (
        log(low) + severity * (log(high) - log(low)) for low, high in (disease.uptake_percent, disease.mass_g, disease.patchiness)
    )
    return exp(uptake + rng.normal(0, 0.2)), exp(mass + rng.normal(0, 0.14)), exp(patchiness + rng.normal(0, 0.2))


def _between(a: tuple[float, float, float], b: tuple[float, float, float], share: float) -> tuple[float, float, float]:
    """Mix on a logarithmic scale; share 0 is a, 1 is b."""
    mixed = [exp((1 - share) * log(x) + share * log(y)) for x, y in zip(a, b, strict=True)]
    return mixed[0], mixed[1], mixed[2]
