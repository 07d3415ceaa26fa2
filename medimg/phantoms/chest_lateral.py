"""The chest from the side, the patient's left at the detector, looking to the image's left."""

import numpy as np

from medimg.phantoms.chest_body import VERTEBRA_Y, spine, sternum
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_pa import SIDES, inspiration_height
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Curve, Points, View
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import smooth

HALF_LUNG = 66.0  # the middle of each lung lies so far from the patient's own
RECESS_MM = 62.0  # from the top of a dome to its posterior costophrenic angle


def curves(patient: Patient, exam: Exam, view: View) -> dict[str, Curve]:
    """Borders on the upright film: `front_*`, `back_*` give x at a height, `dome_*` y at a breadth; the front has the smaller x."""
    made = {}
    top = inspiration_height(patient, exam.ribs_above_dome, View("PA", source_mm=view.source_mm))
    for side, name in SIDES.items():
        front, back = _walls(patient, side)
        made[f"front_{name}"], made[f"back_{name}"] = (_of_height(view.project(wall)) for wall in (front, back))
        made[f"dome_{name}"] = _dome(patient, side, top, view, made[f"front_{name}"], made[f"back_{name}"])
    return made


def _of_height(points: Points) -> Curve:
    return Curve(points[:, 1], points[:, 0])


def _walls(patient: Patient, side: int) -> tuple[Points, Points]:
    """The lung's front border, behind the breastbone, and its back border, before the ribs' angles: (N, 3) each."""
    y = np.array([-146, -142, -133, -112, -88, -62, -30, 10, 50, 90, 140, 200.0])
    front = np.array([-17, -4, 9, 30, 52, 71, 82, 92, 95, 96, 96, 96.0])
    bone = breast = sternum(patient)
    behind = np.interp(y * patient.tall, breast[:, 1], bone[:, 2]) - 9
    front = np.where((y > -75) & (y < 50), np.minimum(front * patient.deep, behind), front * patient.deep)
    heights = np.concatenate([[-146, -142, -134, -122], VERTEBRA_Y[1:], [135, 160, 200]])
    centres = spine(patient, np.interp(heights, VERTEBRA_Y, np.arange(12.0)))[:, 2]
    behind_body = np.concatenate([[30, 14, 0, -14], [-24, -29], np.full(9, -33.0), [-32, -29, -25]])
    back = centres + behind_body * patient.deep
    x = np.full(len(y), side * HALF_LUNG * patient.wide)
    low = np.full(len(heights), side * HALF_LUNG * patient.wide)
    return np.stack([x, y * patient.tall, front], 1), np.stack([low, heights * patient.tall, back], 1)


def _dome(patient: Patient, side: int, top: float, view: View, front: Curve, back: Curve) -> Curve:
    """A dome from the front wall over its top, a little before the middle, down to the posterior angle."""
    low = top + (8.0 * patient.tall if side > 0 else 0.0)
    share = np.array([-0.05, 0.0, 0.05, 0.13, 0.25, 0.38, 0.52, 0.66, 0.78, 0.88, 0.945, 0.98, 1.0])
    drop = np.array([26, 20, 13, 6.5, 1.5, 0, 2, 8, 18, 32, 44, 54, RECESS_MM]) * patient.tall
    edge_front, edge_back = float(front(low + 20 * patient.tall)), float(back(low + RECESS_MM * patient.tall))
    return Curve(edge_front + share * (edge_back - edge_front), low + drop)


def lung(curve: dict[str, Curve], name: str) -> Points:
    """Outline of one lung (N, 2): down the back, along the dome to the front, up behind the breastbone."""
    front, back, floor = curve[f"front_{name}"], curve[f"back_{name}"], curve[f"dome_{name}"]
    foot = angle(curve, name)
    x = np.linspace(foot[0], float(front(floor.table.min() + 15)), 160)
    y = floor(x)
    keep = x >= front(y)
    x, y = x[keep], y[keep]
    down, up = np.linspace(back.first, foot[1], 150), np.linspace(y[-1], front.first, 150)
    return np.vstack([np.stack([back(down), down], 1), np.stack([x, y], 1), np.stack([front(up), up], 1)])


def angle(curve: dict[str, Curve], name: str) -> Points:
    """The posterior costophrenic angle (x, y)."""
    floor = curve[f"dome_{name}"]
    return np.array([floor.last, float(floor(floor.last))])


def band(curve: dict[str, Curve], name: str, thick_mm: float = 10.0) -> Points:
    """The band below a dome's upper contour (N, 2)."""
    floor = curve[f"dome_{name}"]
    x = np.linspace(floor.first + 0.05 / 1.05 * (floor.last - floor.first), floor.last, 160)
    return np.vstack([np.stack([x, floor(x)], 1), np.stack([x, floor(x) + thick_mm], 1)[::-1]])


def _heart(patient: Patient, made: Scene) -> Points:
    """The heart's outline, against the lower breastbone and on the domes."""
    wide = 0.5 + 0.5 * patient.heart
    floor = max(float(made.curves["dome_r"](-20)), float(made.curves["dome_l"](-20)))
    shape = [(34, -42), (57, -24), (75, 4), (88, 36), (91, 68), (76, 91), (40, 97), (5, 95), (-18, 84), (-30, 62), (-33, 36), (-27, 8),
             (-13, -18), (8, -37)]  # fmt: skip
    z, y = np.array(shape, float).T
    z = 40 + (z - 40) * np.where(z < 40, wide, 1.0)
    points = made.view.project(np.stack([np.zeros(len(z)), y * patient.tall, z * patient.deep], 1))
    points[:, 1] = np.minimum(points[:, 1] * min(1.0, floor / 82), floor + 6)
    return np.asarray(smooth(np.vstack([points, points[:1]]), 140))


def outlines(patient: Patient, made: Scene) -> None:
    """Lay the outlines and landmarks of the soft organs into a scene that has its curves."""
    for name in SIDES.values():
        made.outlines[f"lung_{name}"] = [lung(made.curves, name)]
        made.points[f"angle_{name}"] = angle(made.curves, name)[None]
        back = made.curves[f"back_{name}"]
        made.points[f"apex_{name}"] = np.array([[float(back(back.first)), back.first]])
    high = min("rl", key=lambda name: float(made.curves[f"dome_{name}"].table.min()))
    made.outlines["diaphragm"] = [band(made.curves, high)]
    made.outlines["heart"] = [_heart(patient, made)]
