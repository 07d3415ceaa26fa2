from dataclasses import replace

import numpy as np

from medimg.phantoms.chest_body import ribs
from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_plane import Plane, View
from medimg.phantoms.chest_ribs import draw_ribs, draw_ribs_lateral
from medimg.phantoms.chest_scene import Scene

PATIENT = replace(draw_patient(np.random.default_rng(3), "P1"), illness=(), age=20)
PLANE = Plane((720, 680), 0.5, (340.0, 340.0))


def scene(patient, view="PA"):
    made = Scene(View(view), PLANE, np.zeros(PLANE.shape, np.float32), np.zeros(PLANE.shape, np.float32))
    if view == "PA":
        draw_ribs(patient, made)
    else:
        draw_ribs_lateral(made, ribs(patient))
    return made


def test_the_lower_border_of_a_posterior_rib_is_denser_than_its_core():
    made = scene(PATIENT)
    row, column = PLANE.pixels(made.lines["rib_7"][25:26])[0].round().astype(int)
    below = made.bone[row : row + 18, column]
    assert below.max() > 1.3 * made.bone[row - 2 : row + 3, column].mean()
    assert made.bone[row, column] > 0


def test_every_right_posterior_arc_has_its_line_and_its_part_of_the_mask():
    made = scene(PATIENT)
    assert {name for name in made.lines if name.startswith("rib_")} == {f"rib_{number}" for number in range(1, 13)}
    assert len(made.outlines["ribs_r"]) == 12


def test_cartilage_holds_lime_in_the_old_only():
    old, older = (np.sum([scene(replace(PATIENT, age=age, anatomy=seed)).bone.sum() for seed in range(4)]) for age in (18, 85))
    assert older > 1.0005 * old
    assert scene(replace(PATIENT, age=14, anatomy=1)).bone.sum() == scene(replace(PATIENT, age=25, anatomy=1)).bone.sum()


def test_ribs_reach_from_the_breastbone_to_behind_the_spine_on_a_lateral_film():
    columns = np.flatnonzero(scene(PATIENT, "LAT").bone.any(0))
    assert columns[0] < 340 - 50 / PLANE.pixel_mm
    assert columns[-1] > 340 + 60 / PLANE.pixel_mm
