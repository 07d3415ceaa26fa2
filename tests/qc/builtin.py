"""Built-in films as the measures see them: exact masks, grey values by the tag, facts of the header."""

from dataclasses import replace

import numpy as np

from medimg.phantoms.chest import PARAMETERS, ROOMS
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_faults import FAULTS, planted
from medimg.phantoms.chest_film import lungs, make
from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_truth import truth
from medimg.qc.exposure import count_clipped
from medimg.qc.film import Film

REDUCE = 2
ROOM = replace(ROOMS[0], pixel_mm=0.5)  # films of 1 mm once reduced, a little coarser than those that networks see
PATIENT = replace(draw_patient(np.random.default_rng(3), "CXR-00003"), illness=(), heart=1.0, scoliosis_mm=0.5)
TAG = {"PA": "PA", "LAT": "LL"}
FAULT = {fault.name: fault for fault in FAULTS}


def exam_of(view, fault=None, amount=None, **changes):
    """A good film's circumstances, or those with one fault, by default its smallest."""
    margins = (28.0, 22.0, 48.0, 22.0) if view == "PA" else (28.0, 36.0, 42.0, 55.0)
    good = Exam(view, rotation_deg=0.3 if view == "PA" else 1.5, tilt_deg=0.5, ribs_above_dome=9.6, margins_mm=margins, seed=4)
    good = replace(good, **changes)
    return good if fault is None else planted_on(good, fault, amount=amount)


def planted_on(exam, *faults, amount=None):
    """A film's circumstances with faults more, by default each its smallest."""
    for fault in faults:
        low, high = FAULT[fault].low, FAULT[fault].high
        exam = planted(exam, FAULT[fault], min(low, high, key=abs) if amount is None else amount)
    return exam


def built_in(exam, patient=PATIENT, room=ROOM, reduce=REDUCE):
    """A film as the measures see it, and the truth by metric."""
    film = make(patient, exam, room)
    masks = {organ: _means(mask, reduce) >= 0.5 for organ, mask in film.masks.items()}
    top = 2**room.bits - 1
    grey = film.stored.astype(np.float32) / top
    pixels = _means(1 - grey if room.monochrome == 1 else grey, reduce)
    rows, columns = pixels.shape
    edges = [min(round(edge / reduce), (rows, columns)[k % 2]) for k, edge in enumerate(film.field.edges)]
    target = room.target
    stored = {
        "ViewPosition": TAG[exam.view], "KVP": room.kvp, "DistanceSourceToDetector": room.source_mm, "ExposureTime": 9,
        "ExposureIndex": target * 10 ** (exam.deviation / 10), "TargetExposureIndex": target, "DeviationIndex": exam.deviation,
    } | count_clipped(film.stored, lungs(film.masks), 0, top)  # fmt: skip
    return Film(exam.view, masks, pixels.astype(np.float32), tuple(edges), room.pixel_mm * reduce, stored), truth(film, exam, room)


def _means(field, step):
    rows, columns = (side // step for side in field.shape)
    return field[: rows * step, : columns * step].reshape(rows, step, columns, step).mean(axis=(1, 3), dtype=np.float32)


def facts_of(film, patient=PATIENT, room=ROOM):
    """What a header tells the rules."""
    return {"view": film.view, "StationName": room.name, "age": patient.age}


__all__ = ["FAULT", "FAULTS", "PARAMETERS", "PATIENT", "ROOM", "built_in", "exam_of", "facts_of", "planted_on"]
