"""Random manifests, as the reader hands them over, for what must hold for all of them."""

import hashlib

import numpy as np
import pandas as pd

KEY = "0a1b2c3d"


def digest(*words):
    return hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()


def hashed(*words):
    return f"anon-{KEY}-{digest(*words)[:16]}"


def manifest(patients, labels, *, name="cohort", sites=None):
    """One row per image: the patient and the label of each, and the site where given."""
    patients, n = [str(patient) for patient in patients], len(patients)
    return pd.DataFrame(
        {
            "id": [digest(name, "image", i)[:16] for i in range(n)],
            "patient": [hashed(name, patient) for patient in patients],
            "label": [str(label) for label in labels],
            "site": [f"S{site}" for site in sites] if sites is not None else [""] * n,
            "study": [hashed(name, "study", patient) for patient in patients],
            "series": [hashed(name, "series", patient) for patient in patients],
            "sop": [hashed(name, "sop", i) for i in range(n)],
            "pixel_sha256": [digest(name, "pixels", i) for i in range(n)],
        }
    )


def random_manifest(seed, *, classes=None, patients=None):
    """One image each, several images each, or several images of mixed labels; classes of unequal size; four sites."""
    draw = np.random.default_rng(seed)
    patients = patients or int(draw.integers(40, 400))
    classes = classes or int(draw.integers(2, 7))
    kind = ("single", "several", "mixed")[draw.integers(3)]
    images = np.ones(patients, dtype=int) if kind == "single" else 1 + draw.poisson(draw.gamma(1, 6, patients))
    patient = np.repeat(np.arange(patients), images)
    label = draw.choice(classes, patients, p=draw.dirichlet(np.ones(classes) * 3))[patient]
    if kind == "mixed":
        label = np.where(draw.random(len(patient)) < 0.3, draw.integers(0, classes, len(patient)), label)
    return manifest(patient, [f"c{c}" for c in label], name=f"random{seed}", sites=draw.integers(0, 4, patients)[patient])


def thyroid(seed=0):
    """Shaped like the thyroid paper's set: 641 images of 641 patients, six classes, 50 of them with two labels."""
    sizes = {"hyperthyroid": 200, "subacute": 110, "reduced": 84, "nodule": 90, "goitre": 70, "goitre|reduced": 50, "normal": 37}
    labels = np.random.default_rng(seed).permutation([label for label, n in sizes.items() for _ in range(n)])
    return manifest(range(len(labels)), labels, name=f"thyroid{seed}")
