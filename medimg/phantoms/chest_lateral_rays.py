"""What the rays of a lateral film pass through: body, both lungs, heart, aorta, airways, gas, bones and arms."""

import numpy as np

from medimg.phantoms.chest_arms import draw_arms
from medimg.phantoms.chest_body import ribs, spine, sternum
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_ill import consolidate
from medimg.phantoms.chest_lateral import curves, outlines
from medimg.phantoms.chest_pa import SIDES
from medimg.phantoms.chest_pa_rays import LUNG
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array, Curve, Plane, View
from medimg.phantoms.chest_ribs import draw_ribs_lateral
from medimg.phantoms.chest_scene import Scene, dome, gas, ramp, texture
from medimg.phantoms.chest_skeleton import draw_spine_lateral, draw_sternum
from medimg.phantoms.chest_soft import soft_lateral
from medimg.phantoms.chest_strokes import closed, nested, rounded, smooth, solid, stack
from medimg.phantoms.chest_vessels import drawn, pulmonary_lateral

# x to the back, y, in mm
AORTA = [(-32, 6), (-37, -30), (-36, -60), (-18, -82), (10, -82), (26, -60), (34, -20), (38, 30), (36, 100)]
VEINS = [(-30, 6), (-29, -22), (-26, -58), (-14, -100), (-2, -150)]  # before the trachea, from the heart to the neck
RIGHT_ARTERY = [(-20, -20), (-12, -29), (-1, -25), (2, -17), (-5, -10), (-16, -11)]  # its bend before the bronchus, seen end on


def scene(patient: Patient, exam: Exam, view: View, plane: Plane) -> Scene:
    """Everything between source and detector on one plane."""
    curve = curves(patient, exam, view)
    made = Scene(view, plane, soft_lateral(patient, view, plane), np.zeros(plane.shape, np.float32), curves=curve)
    outlines(patient, made)
    rng = np.random.default_rng([patient.anatomy, 2])
    air = _air(patient, made, rng)
    if "consolidation" in patient.illness:
        consolidate(patient, made, air, rng, 10.0, 0.55)
    made.soft -= air * np.float32(1 - LUNG)
    _gas(patient, made, rng)
    _airway(patient, made)
    draw_spine_lateral(patient, made)
    draw_ribs_lateral(made, ribs(patient))
    draw_sternum(made, sternum(patient), patient)
    draw_arms(patient, exam, made)
    made.bone *= 1 + np.float32(0.09) * texture(rng, plane.shape, max(int(1.3 / plane.pixel_mm), 2))  # trabeculae
    np.maximum(made.soft, 0, out=made.soft)
    return made


def _air(patient: Patient, made: Scene, rng: np.random.Generator) -> Array:
    """Both lungs along the ray in mm, what lies between them and the vessels taken out."""
    plane, curve = made.plane, made.curves
    x, y = plane.xy
    air = np.zeros(plane.shape, np.float32)
    shallow = np.clip((-30 - x) * np.float32(0.06) + 1, 1, 4)  # the recess before the dome is not as deep as the one behind it
    for name in SIDES.values():
        front, back, floor = curve[f"front_{name}"], curve[f"back_{name}"], curve[f"dome_{name}"]
        width = dome(x - plane.by_row(front), 24) * dome(plane.by_row(back) - x, 30)
        roof = dome(y - np.float32(front.first), 120)
        under = dome((y - plane.by_column(floor)) * shallow, 50)
        air += np.float32(122 * patient.wide) * width * roof * np.where(x < np.float32(floor.first), 0, 1 - under)
    lost = _between(patient, made) + drawn(plane, pulmonary_lateral(patient, rng))
    fine = (
        texture(rng, plane.shape, max(int(1.6 / plane.pixel_mm), 2)) * 1.2
        + texture(rng, plane.shape, max(int(5 / plane.pixel_mm), 2)) * 0.9
    )
    lost = lost * np.minimum(air * np.float32(1 / 90), 1) + fine * np.minimum(air * np.float32(1 / 150), 1)
    return np.asarray(np.maximum(air - lost, air * np.float32(0.08)), np.float32)


def _between(patient: Patient, made: Scene) -> Array:
    """Heart, great vessels, spine and the rest of what parts the lungs, as mm along the ray."""
    plane = made.plane
    x, y = plane.xy
    border = made.outlines["heart"][0]
    centre, shares = border.mean(0) + np.array([-20.0, 16.0]) * patient.deep, rounded(60)  # thickest towards breastbone and diaphragm
    deep = (1 - (0.995 * shares) ** 2) ** 0.65 * 124 * patient.wide * patient.heart
    heart = np.zeros(plane.shape, np.float32)
    stack(heart, plane, [(centre + (border - centre) * share, float(value)) for share, value in zip(shares, deep, strict=True)])
    middle = (20 + 16 * ramp(y - 10, 60)) * np.float32(patient.wide) * ramp(x - plane.by_row(made.curves["front_l"]) - 34, 44)
    scale, vessels = [patient.deep, patient.tall], np.zeros(plane.shape, np.float32)
    for points, half, mm in ((AORTA, 13.0, 27.0), (VEINS, 20.0, 30.0)):
        shares = rounded(16)
        value = mm * (1 - (0.98 * shares) ** 2) ** 0.7
        stack(vessels, plane, list(zip(nested(smooth(points, 90) * scale, half, shares.tolist()), value.tolist(), strict=True)))
    column = made.view.project(spine(patient, np.arange(-3.0, 14.0)))
    bodies = ramp(x - plane.by_row(Curve(column[:, 1], column[:, 0] - 15 * patient.deep)), 7) * np.float32(24 * patient.wide)
    lost = np.maximum(np.maximum(heart, vessels), np.maximum(middle, bodies))
    solid(lost, plane, closed(np.array(RIGHT_ARTERY) * scale), 11.0, rings=12)
    return np.asarray(lost, np.float32)


def _gas(patient: Patient, made: Scene, rng: np.random.Generator) -> None:
    """The stomach's bubble under the left dome and gas in the bowel before it."""
    plane, (_, y) = made.plane, made.plane.xy
    top = float(made.curves["dome_l"](-10))
    stomach = (12 + rng.uniform(-12, 20), top + 22)
    bowel = [(rng.uniform(-85, -20), top + rng.uniform(40, 80)) for _ in range(rng.integers(0, 6))]
    below = ramp(y - np.maximum(plane.by_column(made.curves["dome_l"]), plane.by_column(made.curves["dome_r"])) - 5, 4)
    made.soft -= gas(rng, plane, stomach, bowel) * below


def _airway(patient: Patient, made: Scene) -> None:
    """The trachea, sloping backwards to the hila, and the left upper bronchus seen end on."""
    line = smooth(np.array([(-25, -230), (-8, -160), (2, -110), (9, -70), (13, -36)], float) * [patient.deep, patient.tall], 60)
    gone = np.zeros(made.plane.shape, np.float32)
    shares = rounded(6)
    deep = 15 * np.sqrt(1 - (0.98 * shares) ** 2)
    stack(gone, made.plane, list(zip(nested(line, 8.0 * patient.wide, shares.tolist()), deep.tolist(), strict=True)))
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([13 * patient.deep + 6 * np.cos(turn), -18 * patient.tall + 6 * np.sin(turn)], 1)
    stack(gone, made.plane, [(ring, 8.0)])
    made.soft -= gone * np.float32(0.9)
