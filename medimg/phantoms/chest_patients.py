"""Who is filmed: sex, age, build and illness, drawn before any film so that the films of one patient agree."""

from dataclasses import dataclass

from numpy.random import Generator

ILLNESS = {  # share of the patients
    "consolidation": 0.10,
    "effusion": 0.05,
    "large_heart": 0.10,
    "pacemaker": 0.04,
    "tube": 0.03,
    "scoliosis": 0.05,
    "small_side": 0.02,
}


@dataclass(frozen=True)
class Patient:
    """One person; lengths are those of a standing adult at rest times `wide`, `tall` and `deep`."""

    patient_id: str
    sex: str
    age: int
    wide: float
    tall: float
    deep: float
    fat_mm: float  # under the skin, each side
    breast: float  # 0 none to 1.2
    heart: float  # width of the heart beside a healthy one's
    ribs_above_dome: float  # at this patient's full inspiration: 9.4 means the ninth rib and part of the tenth space
    kyphosis_mm: float
    scoliosis_mm: float  # to the patient's left where positive
    lean: float  # heart turned upright (-1) or lying (1)
    sick_side: int  # -1 right, 1 left
    illness: tuple[str, ...]
    anatomy: int  # seed of the vessels and textures that all films of the patient share


def draw_patient(rng: Generator, patient_id: str) -> Patient:
    """Draw one patient from 12 years on, one in twenty under 18."""
    sex = str(rng.choice(["F", "M"]))
    age = int(rng.integers(12, 18)) if rng.random() < 0.05 else int(min(max(rng.normal(54, 17), 18), 94))
    grown = 1.0 if age >= 18 else 0.80 + 0.033 * (age - 12)
    man = 1.0 if sex == "M" else 0.93
    weight = float(min(max(rng.gamma(5, 0.2), 0.35), 2.2))  # 1: usual, 2: stout
    illness = tuple(name for name, share in ILLNESS.items() if rng.random() < share * (1 if age > 40 else 0.5))
    return Patient(
        patient_id=patient_id,
        sex=sex,
        age=age,
        wide=float(grown * man * min(max(rng.normal(0.955, 0.035), 0.86), 1.03)),
        tall=float(grown * man * min(max(rng.normal(0.965, 0.045), 0.84), 1.06)),
        deep=float(grown * man * (0.90 + 0.06 * weight + 0.0012 * max(age - 50, 0)) * rng.normal(1, 0.03)),
        fat_mm=float(4 + 12 * weight * rng.uniform(0.7, 1.3)),
        breast=float(rng.uniform(0.35, 1.2)) * min(1.0, 0.5 + 0.4 * weight) if sex == "F" and age > 12 else 0.0,
        heart=float(rng.uniform(1.22, 1.45) if "large_heart" in illness else rng.normal(1.0, 0.06)),
        ribs_above_dome=float(min(max(rng.normal(9.75, 0.4), 9.25), 10.75)),
        kyphosis_mm=float(14 + 0.15 * max(age - 40, 0) + rng.normal(0, 3)),
        scoliosis_mm=float(rng.choice([-1, 1]) * rng.uniform(8, 15) if "scoliosis" in illness else rng.normal(0, 1.5)),
        lean=float(rng.uniform(-1, 1)),
        sick_side=int(rng.choice([-1, 1])),
        illness=illness,
        anatomy=int(rng.integers(2**31)),
    )
