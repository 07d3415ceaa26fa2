"""Spin physics: tissue constants and a sequence's times -> signal."""

from dataclasses import dataclass

import numpy as np

from medimg.phantoms.fields import Array

# tissue: proton density, T1 ms, T2 ms, T1 after contrast ms (1.5 T; fat's T2 is the longer one a fast spin echo sees)
CONSTANTS: dict[str, tuple[float, float, float, float]] = {
    "fat": (0.92, 290, 132, 290),
    "marrow": (0.60, 340, 62, 320),
    "bone": (0.06, 900, 8, 900),
    "muscle": (0.72, 950, 42, 780),
    "skin": (0.62, 750, 46, 620),
    "csf": (1.00, 4200, 1600, 4200),
    "grey": (0.80, 1080, 90, 1040),
    "white": (0.70, 680, 79, 650),
    "deep_grey": (0.79, 930, 84, 890),
    "iron": (0.76, 820, 64, 780),
    "blood": (0.80, 1500, 42, 200),
    "dura": (0.55, 850, 24, 360),
    "choroid": (0.88, 1600, 115, 380),
    "eye": (1.00, 3800, 900, 3800),
    "oedema": (0.90, 1500, 178, 1430),
    "tumour": (0.86, 1350, 98, 1150),
    "necrosis": (0.97, 3400, 450, 3200),
    "enhancing": (0.88, 1350, 112, 340),
}


@dataclass(frozen=True)
class Sequence:
    """Times of one sequence (ms); an inversion time of 0 means none."""

    tr: float
    te: float
    ti: float = 0.0
    contrast: bool = False
    fat: float = 1.0  # what fat suppression leaves


def signal(sequence: Sequence, names: tuple[str, ...]) -> Array:
    """Longitudinal magnetisation at the echo, one number per tissue; it may be negative after an inversion."""
    out = []
    for name in names:
        density, t1, t2, t1_contrast = CONSTANTS[name]
        t1 = t1_contrast if sequence.contrast else t1
        recovered = 1 - np.exp(-sequence.tr / t1)
        if sequence.ti:
            recovered = 1 - 2 * np.exp(-sequence.ti / t1) + np.exp(-sequence.tr / t1)
        value = density * recovered * np.exp(-sequence.te / t2)
        out.append(value * (sequence.fat if name in ("fat", "marrow") else 1.0))
    return np.asarray(out, np.float32)
