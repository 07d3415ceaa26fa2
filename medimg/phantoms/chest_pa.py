"""The chest from behind: borders of lungs, heart, mediastinum and domes as curves, and the path lengths between them."""

from functools import lru_cache

import numpy as np

from medimg.phantoms.chest_body import ribs, spine, wall
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Curve, Points, View
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import smooth

SIDES = {-1: "r", 1: "l"}
SUMMIT = 0.52  # of half the chest's breadth: where a dome stands highest
FULL = 9.5  # ribs above the dome from which on the heart has all its room
CARINA = -45.0  # height (mm) above which a high dome moves nothing
ANGLE_MM = 44.0  # from the top of a dome to its costophrenic angle
# right and left border of heart and great vessels: (x, y, z) of an adult at rest
# superior vena cava, azygos vein, right atrium; subclavian artery, aortic knob, pulmonary trunk, left atrial appendage, left ventricle
RIGHT = [(-24, -210, 0), (-28, -150, 5), (-25, -128, 10), (-26, -95, 20), (-28, -62, 20), (-31, -46, 10), (-29, -32, 20), (-30, -14, 25),
         (-36, 4, 30), (-41, 22, 30), (-43, 42, 30), (-41, 60, 30), (-36, 76, 30), (-30, 90, 25), (-29, 130, 20),
         (-29, 250, 10)]  # fmt: skip
LEFT = [(22, -210, 0), (27, -150, 0), (25, -126, -5), (28, -98, 0), (36, -85, 5), (39, -72, 5), (36, -61, 5), (31, -52, 20), (34, -43, 30),
        (39, -33, 30), (42, -22, 30), (43, -12, 30), (45, -2, 30), (53, 12, 25), (63, 27, 20), (72, 43, 15), (79, 58, 15), (83, 72, 15),
        (82, 85, 15), (72, 99, 15), (45, 130, 10), (32, 250, 10)]  # fmt: skip


def curves(patient: Patient, exam: Exam, view: View) -> dict[str, Curve]:
    """Borders on the upright film: `wall_r`, `wall_l`, `right`, `left` give x at a height, `dome_r`, `dome_l` y at a breadth."""
    made = {}
    for side, name in SIDES.items():
        outer = wall(patient, side)
        made[f"wall_{name}"] = _of_height(view.project(outer))
    for name, border in (("right", RIGHT), ("left", LEFT)):
        made[name] = _of_height(view.project(_heart(patient, exam, view, border)))
    top = inspiration_height(patient, exam.ribs_above_dome, view)
    for side, name in SIDES.items():
        made[f"dome_{name}"] = _dome(patient, side, top, made[f"wall_{name}"])
    return made


def inspiration_height(patient: Patient, ribs_above: float, view: View) -> float:
    """Height of the right dome that leaves so many posterior ribs above its summit (the next one: so much of its way)."""
    heights = rib_heights(patient, view)
    return float(np.interp(ribs_above, np.arange(1, len(heights) + 1), heights))


@lru_cache(maxsize=4)
def rib_heights(patient: Patient, view: View) -> list[float]:
    """Height of each right posterior arc's centre line where it crosses the summit of the right dome."""
    middle = view.project(wall(patient, -1))[:, 0].min() * SUMMIT
    heights = []
    for rib in (rib for rib in ribs(patient) if rib.side < 0):
        line = view.project(rib.points)
        turn = int(np.argmin(line[:, 0]))
        heights.append(float(np.interp(-middle, -line[: turn + 1, 0], line[: turn + 1, 1])))
    return heights


def _of_height(points: Points) -> Curve:
    return Curve(points[:, 1], points[:, 0])


def _heart(patient: Patient, exam: Exam, view: View, border: list[tuple[int, int, int]]) -> Points:
    """Scale the borders: a large heart widens below the vessels, a high dome pushes it up and broadens it, age unfolds the aorta."""
    x, y, z = np.array(border, float).T
    room = pushed(patient, exam, view)
    low = np.clip((y + 30) / 60, 0, 1)
    wide = 1 + low * (patient.heart * (1 + 0.4 * (1 - room)) - 1)
    y = np.where(y > CARINA, CARINA + (y - CARINA) * room, y)
    knob = np.exp(-(((y + 74) / 14) ** 2)) * (x > 0) * (0.14 * max(patient.age - 45, -20))
    lean = low * patient.lean * np.where(x > 0, 5, 2)
    middle = 8.0 * low
    return np.stack([((x - middle) * wide + middle + knob + lean) * patient.wide, y * patient.tall, z * patient.deep], axis=1)


def pushed(patient: Patient, exam: Exam, view: View) -> float:
    """What a shallow breath leaves of the height between carina and domes: 1.0 with nine ribs and a half, and never below 0.4."""
    full, now = (inspiration_height(patient, ribs, view) - CARINA * patient.tall for ribs in (FULL, exam.ribs_above_dome))
    return min(max(now / full, 0.4), 1.0)


def _dome(patient: Patient, side: int, top: float, outer: Curve) -> Curve:
    """A dome from its costophrenic angle to beyond the midline; the left one stands lower."""
    low = top + (12.0 * patient.tall if side > 0 else 0.0)
    angle = low + ANGLE_MM * patient.tall
    edge = abs(float(outer(angle)))
    share = np.array([1.0, 0.965, 0.915, 0.83, 0.70, 0.52, 0.36, 0.22, 0.08, -0.10])
    drop = np.array([1.0, 0.66, 0.42, 0.20, 0.045, 0.0, 0.05, 0.15, 0.26, 0.34]) * ANGLE_MM * patient.tall
    x, y = share * edge, low + drop
    if "effusion" in patient.illness and side == patient.sick_side:
        y = np.minimum(y, low + 26 * patient.tall - 30 * patient.tall * np.clip((share - 0.55) / 0.45, 0, 1) ** 2)
    return Curve(side * x, y)


def lung(curve: dict[str, Curve], side: int) -> Points:
    """Outline of one lung's half of the chest, from the apex along wall and dome to the midline and back up (N, 2)."""
    name = SIDES[side]
    outer, floor = curve[f"wall_{name}"], curve[f"dome_{name}"]
    foot = angle(curve, side)
    y = np.linspace(outer.first, foot[1], 160)
    x = np.linspace(foot[0], 0, 140)
    apex = _apex(outer, side)
    return np.vstack([np.stack([outer(y), y], 1), np.stack([x, floor(x)], 1), apex])


def _apex(outer: Curve, side: int) -> Points:
    """From the midline back to the top: the inner slope of the apex, mostly hidden by the mediastinum."""
    top, height = abs(float(outer(outer.first))), outer.first
    return np.array(
        [[0, height + 45], [side * top * 0.42, height + 26], [side * top * 0.60, height + 8], [side * top * 0.80, height + 1.6]]
    )


def roof(outer: Curve, side: int) -> Curve:
    """Height of the apex at a breadth, the inner slope as `_apex` draws it."""
    points = _apex(outer, side)
    top = float(outer(outer.first))
    inner = np.vstack([points, [[top, outer.first], [side * 250.0, outer.first]]])
    return Curve(inner[:, 0], inner[:, 1])


def angle(curve: dict[str, Curve], side: int) -> Points:
    """The costophrenic angle (x, y): where the dome meets the wall."""
    floor = curve[f"dome_{SIDES[side]}"]
    x = floor.first if side < 0 else floor.last
    return np.array([x, float(floor(x))])


def band(curve: dict[str, Curve], side: int, thick_mm: float = 10.0) -> Points:
    """The band of some mm below a dome's upper contour (N, 2)."""
    x = np.linspace(angle(curve, side)[0], 0, 140)
    y = curve[f"dome_{SIDES[side]}"](x)
    return np.vstack([np.stack([x, y], 1), np.stack([x, y + thick_mm], 1)[::-1]])


def outlines(made: Scene, room: float = 1.0) -> None:
    """Lay the outlines, landmarks and lines of the soft organs into a scene that has its curves; `room` as `pushed` tells it."""
    curve = made.curves
    foot = max(float(curve["dome_r"](0)), float(curve["dome_l"](0))) + 2
    y = np.linspace(-205, foot, 200)
    made.outlines["mediastinum"] = [np.vstack([np.stack([curve["right"](y), y], 1), np.stack([curve["left"](y), y], 1)[::-1]])]
    low_r, low_l = (float(_lowest(curve, side)) for side in (-1, 1))
    base_r, base_l = (  # a heart that the highest domes press is 25 mm high still
        min(CARINA + (base - CARINA) * room, low - 25) for base, low in ((-12.0 * made.view.source_mm / 1650, low_r), (-30.0, low_l))
    )
    right, left = np.linspace(base_r, low_r, 80), np.linspace(base_l, low_l, 80)
    sag = smooth(
        np.array([[curve["right"](low_r), low_r], [(curve["right"](low_r) + curve["left"](low_l)) / 2, max(low_r, low_l) + 6],
                  [curve["left"](low_l), low_l]], float), 30)  # fmt: skip
    made.outlines["heart"] = [np.vstack([np.stack([curve["right"](right), right], 1), sag, np.stack([curve["left"](left), left], 1)[::-1]])]
    for side, name in SIDES.items():
        made.outlines[f"lung_{name}"] = [lung(curve, side)]
        made.outlines[f"diaphragm_{name}"] = [band(curve, side)]
        outer = curve[f"wall_{name}"]
        made.points[f"apex_{name}"] = np.array([[float(outer(outer.first)), outer.first]])
        made.points[f"angle_{name}"] = angle(curve, side)[None]


def _lowest(curve: dict[str, Curve], side: int) -> float:
    """Height at which the heart's border meets its dome (the cardiophrenic angle)."""
    y = np.linspace(-80, 200, 600)
    border = curve["right" if side < 0 else "left"](y)
    return float(y[int(np.argmax(curve[f"dome_{SIDES[side]}"](border) <= y))])


def spine_points(patient: Patient, view: View) -> Points:
    """Projected middles of the thoracic vertebrae: (12, 2)."""
    return view.project(spine(patient, np.arange(12.0)))
