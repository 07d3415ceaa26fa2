"""The built-in chest films: PA and lateral digital radiographs with exact masks, landmarks, planted faults and a truth for every rule.

400 films by default, mostly a PA and a lateral film of each study; the paper had 14,000 (`--n 14000` draws as many).
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg.phantoms.chest_exam import Room
from medimg.phantoms.chest_faults import FAULTS, Rates
from medimg.phantoms.chest_film import Film, make
from medimg.phantoms.chest_landmarks import points
from medimg.phantoms.chest_masks import LAT, PA
from medimg.phantoms.chest_shots import Parameters, Shot, shots
from medimg.phantoms.chest_truth import truth
from medimg.phantoms.drawing import draw
from medimg.phantoms.dx import Radiograph, write_film

VERSION = "4"
FILMS = 400


ROOMS = (
    Room("DR1", 0.30, (430, 430), 0.20, 12, 2, 120, 1800, 250, 0.45, 1.4, 1.6, 0.66, "black", "L", model="Plane 43"),
    Room("DR2", 0.25, (430, 350), 0.148, 12, 2, 125, 1800, 250, 0.4, 1.6, 1.7, 0.55, "none", "R", model="Plane 35"),
    Room("DR3", 0.20, (430, 430), 0.175, 14, 1, 117, 1830, 300, 0.55, 1.3, 1.35, 0.78, "black", "R", model="Field D"),
    Room("CR1", 0.15, (430, 430), 0.175, 12, 1, 110, 1800, 400, 0.6, 1.2, 1.2, 0.92, "open", "L", model="Plate C"),
    Room("DR4", 0.10, (430, 430), 0.19, 12, 2, 125, 1800, 200, 0.45, 1.5, 1.7, 0.60, "black", "L", table=True, model="Plane 43"),
)
PARAMETERS = Parameters(
    VERSION, 20201028, FILMS, ROOMS, Rates(overall=0.008, organs=0.025, imaging=0.009, position=0.028, views=0.004), 0.15, "CXR"
)


def write(folder: Path, *, n: int | None = None, seed: int | None = None) -> None:
    """Write the cohort's DICOM files, masks and manifest.csv into a folder."""
    write_films(folder, shots(PARAMETERS, n, seed), f"medimg-chest-{VERSION}-{PARAMETERS.seed if seed is None else seed}", "chest")


def write_films(folder: Path, planned: list[Shot], key: str, name: str) -> None:
    """Make and write planned films; `key` makes the identifiers differ between cohorts."""
    (folder / "images").mkdir(parents=True)
    rows = draw(write_one, [(folder, shot, key) for shot in planned], f"drawing the built-in cohort {name}")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def write_one(job: tuple[Path, Shot, str]) -> dict[str, Any]:
    """Write one film with its masks; returns its row of the manifest."""
    folder, shot, key = job
    film = make(shot.patient, shot.exam, shot.room)
    stem = f"{shot.patient.patient_id}-{shot.study}-{shot.number}"
    write_film(folder / "images" / f"{stem}.dcm", film.stored, radiograph(shot, film, key))
    (folder / "masks" / stem).mkdir(parents=True)
    paths = {}
    for organ, mask in film.masks.items():
        paths[f"mask_{organ}"] = f"masks/{stem}/{organ}.png"
        save_mask(folder / paths[f"mask_{organ}"], mask)
    row = _told(shot, f"images/{stem}.dcm") | {f"mask_{organ}": "" for organ in dict.fromkeys(PA + LAT)} | paths
    row |= {f"true_{metric}": round(value, 5) for metric, value in truth(film, shot.exam, shot.room).items()}
    row["true_field"] = "|".join(str(edge) for edge in film.field.edges)
    row |= {f"point_{place}": f"{line:.2f}|{column:.2f}" for place, (line, column) in points(film).items()}
    return row


def save_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    """Write a mask (H, W) as a PNG of one bit a pixel."""
    Image.frombytes("1", mask.shape[::-1], np.packbits(mask, axis=1).tobytes()).save(path, compress_level=1)


def _told(shot: Shot, image: str) -> dict[str, Any]:
    """What is known of a film before it is made."""
    person, exam = shot.patient, shot.exam
    return {
        "image": image, "patient_id": person.patient_id, "view": exam.view, "site": shot.room.name, "operator": shot.operator,
        "sex": person.sex, "age": person.age, "study_number": f"{person.patient_id}-{shot.study}", "date": shot.day,
        "findings": "|".join(person.illness), "true_faults": "|".join((*exam.faults, *shot.faults)), "true_spacing_mm": shot.room.pixel_mm,
    } | {f"amount_{fault.name}": round(exam.amounts[fault.name], 4) if fault.name in exam.amounts else "" for fault in FAULTS}  # fmt: skip


def radiograph(shot: Shot, film: Film, key: str) -> Radiograph:
    """The header of one film."""
    rng = np.random.default_rng([shot.exam.seed, 11])
    return Radiograph(
        patient_id=shot.patient.patient_id, sex=shot.patient.sex, age=shot.patient.age, date=shot.day, time=shot.time, study=shot.study,
        number=shot.number, view=shot.exam.view, room=shot.room.name, model=shot.room.model, operator=shot.operator,
        monochrome=shot.room.monochrome, bits=shot.room.bits, pixel_mm=shot.room.pixel_mm,
        detector_mm=film.field.plane.shape[1] * shot.room.pixel_mm, source_mm=shot.room.source_mm, kvp=shot.room.kvp,
        time_ms=int(rng.integers(4, 18) if shot.exam.view == "PA" else rng.integers(12, 36)), target=shot.room.target,
        deviation=shot.exam.deviation, field=film.field.edges, shutter=shot.room.border == "black", table=shot.room.table,
        burned=film.text is not None, key=key,
    )  # fmt: skip
