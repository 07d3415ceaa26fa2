"""What the rays of a PA film pass through: body, lungs with their vessels, airways, gas and bones."""

import numpy as np

from medimg.phantoms.chest_body import clavicle, humerus, scapula
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_ill import illness_pa
from medimg.phantoms.chest_pa import SIDES, curves, outlines, pushed, roof
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array, Curve, Plane, View
from medimg.phantoms.chest_ribs import draw_ribs
from medimg.phantoms.chest_scene import Scene, chord, dome, gas, ramp, texture
from medimg.phantoms.chest_skeleton import draw_shoulder, draw_spine
from medimg.phantoms.chest_soft import soft_pa
from medimg.phantoms.chest_strokes import nested, outline, rounded, smooth, stack
from medimg.phantoms.chest_vessels import drawn, pulmonary_pa

LUNG = 0.27  # density of aerated lung
DEPTH = np.array([[-210, -150, -110, -75, -35, 20, 80, 250], [40, 44, 54, 70, 88, 98, 100, 100.0]])  # of heart and vessels, by height


def scene(patient: Patient, exam: Exam, view: View, plane: Plane) -> Scene:
    """Everything between source and detector on one plane."""
    curve = curves(patient, exam, view)
    made = Scene(view, plane, soft_pa(patient, view, plane), np.zeros(plane.shape, np.float32), curves=curve)
    outlines(made, pushed(patient, exam, view))
    rng = np.random.default_rng([patient.anatomy, 1])
    air = _air(patient, made, rng)
    illness_pa(patient, made, air, rng)
    made.soft -= air * np.float32(1 - LUNG)
    _gas(patient, made, rng)
    _airway(patient, made)
    draw_spine(patient, made)
    draw_ribs(patient, made)
    for side in SIDES:
        draw_shoulder(made, side, clavicle(patient, side), scapula(patient, side, exam.scapula_mm), humerus(patient, side), patient)
    made.bone *= 1 + np.float32(0.09) * texture(rng, plane.shape, max(int(1.3 / plane.pixel_mm), 2))  # trabeculae
    np.maximum(made.soft, 0, out=made.soft)
    return made


def _air(patient: Patient, made: Scene, rng: np.random.Generator) -> Array:
    """Lung along the ray in mm, vessels, descending aorta and bronchial walls taken out."""
    plane, curve = made.plane, made.curves
    x, y = plane.xy
    organ = chord(x, plane.by_row(curve["right"]), plane.by_row(curve["left"]))
    firm = ramp(y + np.float32(62 * patient.tall), 60)  # the heart's border is sharp, that of the veins above it is not
    organ *= (firm + (1 - firm) * organ) * plane.by_row(Curve(DEPTH[0] * patient.tall, DEPTH[1] * patient.deep))
    air, edge = np.zeros(plane.shape, np.float32), 1 / (42 - 6 * firm)
    for side, name in SIDES.items():
        outer = curve[f"wall_{name}"]
        depth = (plane.by_row(outer) - x) * side
        top = dome(y - plane.by_column(roof(outer, side)), 125)
        inner = 0.10 + 0.90 * np.clip((side * x - 18 + 14 * firm) * edge, 0, 1)
        side_air = np.float32(168 * patient.deep) * dome(depth, 64 * patient.wide) * top * inner * (side * x > 0)
        under = dome(y - plane.by_column(curve[f"dome_{name}"]), 46)
        air += np.maximum(side_air - organ, side_air * np.float32(0.10)) * (1 - under)
    lost = drawn(plane, pulmonary_pa(patient, rng))
    _aorta(patient, made, lost)
    spread = np.float32(1 / (30 * patient.wide))
    for side, height in ((-1, -4.0), (1, -18.0)):  # lymph nodes, fat and bronchi around the hilum
        u, v = (x - np.float32(side * 38 * patient.wide)) * spread, (y - np.float32(height)) * spread * np.float32(0.75)
        lost += np.float32(15) * np.exp(-2 * (u * u + v * v))
    fine = (
        texture(rng, plane.shape, max(int(1.6 / plane.pixel_mm), 2)) * 1.0
        + texture(rng, plane.shape, max(int(5 / plane.pixel_mm), 2)) * 0.5
    )
    lost = np.minimum(lost, 30) * np.minimum(air * np.float32(1 / 40), 1) + fine * np.minimum(air * np.float32(1 / 150), 1)
    return np.asarray(np.maximum(air - lost, 0), np.float32)


def _aorta(patient: Patient, made: Scene, lost: Array) -> None:
    """The descending aorta, whose left border is seen through the heart; in place."""
    shape = np.array([(20, -74, -20), (25, -56, -40), (24, -20, -45), (21, 25, -42), (16, 70, -35), (8, 130, -25)], float)
    shape[:, 0] += 0.10 * max(patient.age - 45, -10)
    line = smooth(made.view.project(shape * [patient.wide, patient.tall, patient.deep]), 40)
    half = (11.5 + 0.05 * max(patient.age - 40, -10)) * patient.wide
    shares = rounded(8)
    rings = nested(line, half, shares.tolist())
    stack(lost, made.plane, list(zip(rings, (2 * half * np.sqrt(1 - (0.98 * shares) ** 2)).tolist(), strict=True)))


def _gas(patient: Patient, made: Scene, rng: np.random.Generator) -> None:
    """The stomach's bubble with its level and, often, gas in the bowel, all under the left dome."""
    plane, (_, y) = made.plane, made.plane.xy
    top = float(made.curves["dome_l"](62 * patient.wide))
    stomach = (52 + rng.uniform(-8, 10), top + 25)
    bowel = [(rng.uniform(40, 105), top + rng.uniform(48, 80)) for _ in range(rng.integers(0, 5))]
    below = ramp(y - plane.by_column(made.curves["dome_l"]) - 5, 4)
    made.soft -= gas(rng, plane, stomach, bowel) * below


def _airway(patient: Patient, made: Scene) -> None:
    """Trachea to the carina and both main bronchi, air in them."""
    shape = np.array([(0, -230, 20), (0.5, -160, 5), (1.5, -120, -5), (4, -85, -12), (1, -62, -18), (-1, -46, -20)], float)
    line = smooth(made.view.project(shape * [patient.wide, patient.tall, patient.deep]), 80)
    half = 8.3 * patient.wide
    made.outlines["trachea"] = [outline(line, half)]
    made.lines["trachea"] = line
    carina = line[-1]
    right = carina + smooth([(-3, -6), (-14, 12), (-26, 30)], 30)
    left = carina + smooth([(3, -6), (20, 10), (42, 20)], 30)
    gone = np.zeros(made.plane.shape, np.float32)
    for path, width in ((line, half), (right, 6.5 * patient.wide), (left, 5.8 * patient.wide)):
        shares = rounded(6)
        stack(
            gone,
            made.plane,
            list(zip(nested(path, width, shares.tolist()), (2.3 * width * np.sqrt(1 - (0.98 * shares) ** 2)).tolist(), strict=True)),
        )
    made.soft -= np.minimum(gone, 2.3 * half)
