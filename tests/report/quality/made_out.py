"""Folders as `medimg qc run` leaves them, made from built-in films with their exact masks, or from values alone."""

import csv
import hashlib
import json
from dataclasses import replace

import numpy as np
from contourpy import contour_generator
from PIL import Image
from qc.rulesets import CHEST, good_film

from medimg.phantoms import chest_enriched
from medimg.phantoms.chest_film import make
from medimg.phantoms.chest_shots import shots
from medimg.qc.explain import explain
from medimg.qc.exposure import count_clipped
from medimg.qc.film import Film
from medimg.qc.judge import judge_film
from medimg.qc.registry import measure
from medimg.qc.rows import COLUMNS, rows_of
from medimg.recipes.films.tables import FILMS, STUDIES

LONGEST = 768
COARSE = 5  # times the pixels of the rooms: a film in a fraction of a second


def write_out(folder, made):
    """Write (facts, values, verdict, picture or None) of each film as the tables, pages' data and pictures of a run."""
    (folder / "films").mkdir(parents=True)
    made = sorted(made, key=lambda one: (one[0]["study"], one[0]["film"]))
    with (
        (folder / "films.csv").open("w", newline="", encoding="utf-8") as films,
        (folder / "rules.csv").open("w", newline="", encoding="utf-8") as rules,
    ):
        table, long = csv.DictWriter(films, FILMS, restval="", lineterminator="\n"), csv.writer(rules, lineterminator="\n")
        table.writeheader()
        long.writerow(COLUMNS)
        for facts, values, verdict, drawn in made:
            judged = {"verdict": verdict.verdict, "grade": verdict.grade, "reason": verdict.reason, "reasons": "|".join(verdict.reasons)}
            table.writerow(facts | judged | dict(verdict.groups) | {"version": verdict.version})
            long.writerows(rows_of(facts["film"], values, verdict))
            if drawn:
                write_film(folder / "films", facts | judged, values, verdict, drawn)
    (folder / "studies.csv").write_text(",".join(STUDIES) + "\n", encoding="utf-8")
    (folder / "rules.json").write_text(json.dumps(explain(CHEST), ensure_ascii=False), encoding="utf-8")
    spent = {"decode": {"p50": 61.2, "p95": 80.4, "mean": 63.0}, "measure": {"p50": 30.5, "p95": 41.0, "mean": 31.0}}
    summary = {"schema": 1, "films": len(made), "cohort": "phantom:chest_enriched@1", "ms": spent}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "skipped.csv").write_text(
        "path,reason,detail\na.txt,not_dicom,\nb.dcm,truncated,12 of 20 bytes\nc.dcm,truncated,0 of 20 bytes\n"
    )
    return folder


def write_film(folder, facts, values, verdict, film):
    """Write films/<id>.json and films/<id>.jpg."""
    marks = {value.metric: value.marks for value in values}
    told = {
        "schema": 1, "film": facts["film"], "view": facts["view"], "facts": facts, "shape": list(film.pixels.shape), "field": film.field,
        "spacing_mm": film.spacing_mm, "contours": {organ: outline(mask) for organ, mask in film.masks.items()}, "notes": [],
        "verdict": {
            "verdict": verdict.verdict, "grade": verdict.grade, "reason": verdict.reason, "reasons": verdict.reasons,
            "groups": dict(verdict.groups), "version": verdict.version,
        },
        "rules": [
            {
                "rule": one.rule, "group": one.group, "metric": one.metric, "value": one.value, "unit": one.unit, "limits": one.limits,
                "verdict": one.verdict, "reason": one.reason, "side": one.side, "critical": one.critical,
                "marks": [{"kind": mark.kind, "label": mark.label, "points": mark.points} for mark in marks.get(one.metric, ())],
            }
            for one in verdict.rules
        ],
        "timings_ms": {"decode": 61.2, "segment": 40.0, "measure": 30.5},
    }  # fmt: skip
    (folder / f"{facts['film']}.json").write_text(json.dumps(told))
    grey = Image.fromarray((np.clip(film.pixels, 0, 1) * 255).astype(np.uint8))
    grey.thumbnail((LONGEST, LONGEST))
    grey.save(folder / f"{facts['film']}.jpg", quality=85)


def outline(mask):
    """Contours of a mask in pixel centres, every third point."""
    lines = contour_generator(z=np.pad(mask, 1).astype(np.float32)).lines(0.5)
    return [(line[::3, ::-1] - 1).round(1).tolist() for line in lines if len(line) > 12]


def built_in(n, seed=3):
    """Judge n built-in films with planted faults by their exact masks."""
    rooms = tuple(replace(room, pixel_mm=room.pixel_mm * COARSE) for room in chest_enriched.PARAMETERS.rooms)
    return [judged(shot) for shot in shots(replace(chest_enriched.PARAMETERS, rooms=rooms), n, seed)]


def judged(shot):
    """Make, measure and judge one film."""
    room, view = shot.room, shot.exam.view
    film = make(shot.patient, shot.exam, room)
    index = round(room.target * 10 ** (shot.exam.deviation / 10), 1)
    lungs = film.masks["lung"] if view == "LAT" else film.masks["lung_r"] | film.masks["lung_l"]
    stored = {"ExposureIndex": index, "TargetExposureIndex": room.target, "KVP": room.kvp, "DistanceSourceToDetector": room.source_mm}
    stored |= {"ViewPosition": "PA" if view == "PA" else "LL"} | count_clipped(film.canonical, lungs, 0.0, 1.0)
    shown = 1 - film.canonical if shot.exam.inverted else film.canonical
    seen = Film(view, film.masks, shown.astype(np.float32), film.field.edges, room.pixel_mm, stored)
    facts = {
        "film": digest(film.stored.tobytes()), "study": digest(f"{shot.patient.patient_id}-{shot.study}".encode()), "view": view,
        "predicted_view": view, "month": f"{shot.day[:4]}-{shot.day[4:6]}", "StationName": room.name, "operator": operator(shot.operator),
        "age": shot.patient.age, "kvp": room.kvp, "exposure_index": index, "target_index": room.target,
        "deviation_index": round(shot.exam.deviation, 2), **RUN,
    }  # fmt: skip
    values = measure(seen)
    return facts, values, judge_film(values, {"view": view, "StationName": room.name, "age": shot.patient.age}, CHEST), seen


RUN = {"repaired": "", "model": "3f2a", "config": "9bd1", "medimg": "0.1"}


def digest(content):
    """The first 16 hexadecimal digits of a hash."""
    return hashlib.sha256(content).hexdigest()[:16]


def operator(name):
    """A pseudonym."""
    return f"op-{digest(name.encode())[:4]}"


def of_values(n, seed=0, months=12, **numbers):
    """Judge n films of which only values are there, most of them good; `numbers`: metrics of every film."""
    rng = np.random.default_rng(seed)
    made = []
    for place in range(n):
        view = "PA" if place % 2 == 0 else "LAT"
        room = f"DR{1 + place % 3}"
        index = float(rng.normal(0.3 * (place % 3), 1.2))
        found = {"deviation_index": index} | ({"apex_margin": 0.0} if rng.random() < 0.05 else {}) | numbers
        values = good_film(view, **found)
        month = int(rng.integers(months))
        facts = {
            "film": digest(f"film {seed} {place}".encode()), "study": digest(f"study {seed} {place // 2}".encode()), "view": view,
            "month": f"{2025 + month // 12}-{1 + month % 12:02d}", "StationName": room, "operator": operator(f"OP{place % 7}"),
            "deviation_index": found["deviation_index"], "exposure_index": 250 * 10 ** (found["deviation_index"] / 10), **RUN,
        }  # fmt: skip
        made.append((facts, values, judge_film(values, {"view": view, "StationName": room}, CHEST), None))
    return made
