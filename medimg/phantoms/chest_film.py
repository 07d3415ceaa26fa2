"""One film from a patient, an exam and a room: pixels, masks, field, and what is needed to know its truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.phantoms import chest_lateral, chest_lateral_rays, chest_pa, chest_pa_rays
from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_field import Field, opening, place, shut
from medimg.phantoms.chest_marks import annotate, lead
from medimg.phantoms.chest_masks import Masks, masks
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array, Plane, View
from medimg.phantoms.chest_processing import film, stored
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_xray import expose


@dataclass(frozen=True)
class Film:
    """A finished film; `canonical` is on 0..1 with dark lungs and clipped as it was stored."""

    stored: NDArray[np.uint16]
    canonical: Array
    field: Field
    masks: Masks
    scene: Scene
    text: NDArray[np.bool_] | None


def view_of(patient: Patient, exam: Exam, room: Room) -> View:
    """How this patient stands before this room's detector."""
    half = 125.0 * patient.deep if exam.view == "PA" else 190.0 * patient.wide
    return View(exam.view, exam.rotation_deg, float(room.source_mm), half)


def make(patient: Patient, exam: Exam, room: Room) -> Film:
    """Image one patient."""
    rays = chest_pa_rays if exam.view == "PA" else chest_lateral_rays
    view = view_of(patient, exam, room)
    field = _field(patient, exam, room, view)
    half = field.plane.halved()
    scene = rays.scene(patient, exam, view, half)
    rng = np.random.default_rng([exam.seed, 7])
    lead(scene, field, exam, room, rng)
    seen = opening(field, room, half)
    signal = expose(scene, exam, room, seen, room.pixel_mm)
    canonical = film(signal, scene, seen, exam, room, field.plane.shape, rng)
    organs = masks(scene, field)
    shut(canonical, field, room)
    text = annotate(field.plane.shape, field, exam, lungs(organs), rng)
    if text is not None:
        canonical[text] = 1.0
    return Film(stored(canonical, room, exam.inverted), canonical, field, organs, scene, text)


def lungs(organs: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Both lungs of either view."""
    return organs["lung"] if "lung" in organs else organs["lung_r"] | organs["lung_l"]


def _field(patient: Patient, exam: Exam, room: Room, view: View) -> Field:
    """Find the lungs on the tilted film before a single pixel is drawn, then open the collimator."""
    upright = Plane((1, 1), 1.0, (0.0, 0.0), exam.tilt_deg)
    if exam.view == "PA":
        curve = chest_pa.curves(patient, exam, view)
        outline = np.vstack([chest_pa.lung(curve, side) for side in (-1, 1)])
    else:
        curve = chest_lateral.curves(patient, exam, view)
        outline = np.vstack([chest_lateral.lung(curve, name) for name in "rl"])
    lung = upright.pixels(outline)[:, ::-1]
    column = upright.pixels(chest_pa.spine_points(patient, view))[:, ::-1]
    middle = (lung[:, 1].min() + lung[:, 1].max()) / 2
    slope, base = np.polyfit(column[:, 1], column[:, 0], 1)
    return place(lung, exam, room, float(slope * middle + base))
