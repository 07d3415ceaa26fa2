"""What is to be filmed: patients, their studies and films, with the room, the operator and the day of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from medimg.errors import ConfigError
from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_faults import Rates, draw_exam
from medimg.phantoms.chest_patients import Patient, draw_patient

OPERATORS = tuple(f"OP{number:02d}" for number in range(1, 10))


@dataclass(frozen=True)
class Parameters:
    """Everything that the cohort depends on; a change is a new version."""

    version: str
    seed: int
    films: int
    rooms: tuple[Room, ...]
    rates: Rates
    second_study: float  # share of patients who come again
    prefix: str  # of patients' ids, so that no two cohorts share one


@dataclass(frozen=True)
class Shot:
    """One film to make, and where it belongs."""

    index: int
    patient: Patient
    study: int
    number: int
    exam: Exam
    room: Room
    operator: str
    day: str
    time: str
    faults: tuple[str, ...]  # of the study: missing_view, doubled_view


def shots(parameters: Parameters, n: int | None = None, seed: int | None = None) -> list[Shot]:
    """Draw what is to be filmed: patients, their studies, and exactly n films in order."""
    n = parameters.films if n is None else n
    if n < 2:
        raise ConfigError(f"n={n} is too small for the chest films: a study has two. Ask for at least 2.")
    seed = parameters.seed if seed is None else seed
    made: list[Shot] = []
    person = 0
    while len(made) < n:
        rng = np.random.default_rng([seed, 1, person])
        person += 1
        patient = draw_patient(rng, f"{parameters.prefix}-{person:05d}")
        for study in range(1, 3 if rng.random() < parameters.second_study else 2):
            if len(made) < n:
                made += _study(rng, patient, study, n - len(made), parameters)
    return [replace(shot, index=index) for index, shot in enumerate(made)]


def _study(rng: Generator, patient: Patient, study: int, left: int, parameters: Parameters) -> Iterator[Shot]:
    """One visit: a PA and a lateral film, now and then one missing or doubled; the last one of a cohort is cut to the films left."""
    shares = np.array([room.share for room in parameters.rooms])
    room = parameters.rooms[int(rng.choice(len(parameters.rooms), p=shares / shares.sum()))]
    views, faults = ["PA", "LAT"], list[str]()
    kind = rng.choice(["missing_view", "doubled_view"])
    if rng.random() < parameters.rates.views or left == 1:
        kind = "missing_view" if left < 3 else str(kind)
        again = str(rng.choice(views))
        faults, views = [kind], ([again] if kind == "missing_view" else sorted([*views, again], reverse=True))
    day = date(2023, 1, 2) + timedelta(days=int(rng.integers(0, 365)) + 365 * (study - 1))
    minute = int(rng.integers(7 * 60, 19 * 60))
    operator = str(rng.choice(OPERATORS))
    for number, view in enumerate(views, start=1):
        exam = draw_exam(rng, patient, view, room.spread, parameters.rates)
        at = minute + 2 * number
        yield Shot(0, patient, study, number, exam, room, operator, f"{day:%Y%m%d}", f"{at // 60:02d}{at % 60:02d}00", tuple(faults))
