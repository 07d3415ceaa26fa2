"""Bones drawn from their projected centre lines, for either view."""

import numpy as np

from medimg.phantoms.chest_body import PITCH, spine
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Points
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import capped, closed, outline, smooth, solid, stack, tube

HALF_BODY = np.interp(np.arange(-3, 14), [-3, 0, 4, 8, 11, 13], [12, 15, 14, 16, 19, 21])  # half a vertebral body's breadth, C5 to L2


# shapes of one vertebra in units of half its breadth and height (bodies) or in mm (the rest), x to the image's right or to the back
BODY = closed([(-1, -1), (0, -0.93), (1, -1), (0.86, 0), (1, 1), (0, 0.93), (-1, 1), (-0.86, 0)])
PEDICLE = closed([(-3.3, -0.35), (0, -0.78), (3.3, -0.35), (0, 0.1)])
SPINOUS = closed([(-3, -1), (0, -7), (3, -1), (2, 7), (0, 10), (-2, 7)])
TRANSVERSE = smooth([(-2, -1), (9, -5), (16, -7)], 20)
ARCH = smooth([(0, -0.5), (9, -0.4), (16, 0.5)], 20)
TAIL = smooth([(15, 0.3), (28, 1.0), (38, 1.9)], 20)


def draw_spine(patient: Patient, made: Scene) -> None:
    """Vertebral bodies with end plates, discs between them, pedicles, spinous and transverse processes, from the front."""
    levels = np.arange(-3, 14)
    centres = made.view.project(spine(patient, levels.astype(float)))
    shift = -0.35 * np.sin(np.deg2rad(made.view.rotation_deg)) * 60
    edges = []
    for k, (x, y) in enumerate(centres):
        w, h = HALF_BODY[k] * patient.wide * 1.11, PITCH[k] * patient.tall * 0.5 * 1.11 - 2.1
        solid(made.bone, made.plane, BODY * [w, h] + [x, y], 4.2, 1.8)
        edges.append(((x - w, y - h), (x + w, y - h), (x - w, y + h), (x + w, y + h)))
        for side in (-1, 1):
            solid(made.bone, made.plane, PEDICLE * [1, h] + [x + side * w * 0.62 + shift, y], 1.6, 2.4)
            process = TRANSVERSE * [side, 1] + [x + side * w + shift, y]
            tube(made.bone, made.plane, process, 3.2, 0.7, 3.4, 0.25)
        solid(made.bone, made.plane, SPINOUS + np.array([x + 2.2 * shift, y + h * 0.7]), 3.0, 2.6)
    thoracic = edges[3:15]
    left = np.array([point for edge in thoracic for point in (edge[0], edge[2])])
    right = np.array([point for edge in thoracic for point in (edge[1], edge[3])])
    made.outlines["spine"] = [np.vstack([left, right[::-1]])]
    made.lines["spine"] = centres[3:15]


def draw_shoulder(made: Scene, side: int, collar: Points, blade: dict[str, Points], arm: Points, patient: Patient) -> None:
    """Clavicle, scapula and humerus of one side, from the front; outlines `clavicle_*` and `scapula_*`."""
    name = "r" if side < 0 else "l"
    project, wide = made.view.project, patient.wide
    line = project(collar)
    half = np.interp(np.linspace(0, 1, len(line)), [0, 0.06, 0.2, 0.5, 0.8, 1], [7.0, 8.6, 6.6, 5.4, 6.6, 6.0]) * wide
    tube(made.bone, made.plane, line, half, 1.4, 11.0, 0.18)
    made.outlines[f"clavicle_{name}"] = [outline(line, capped(line, half))]
    made.points[f"clavicle_{name}"] = line[:1]
    border = closed(project(blade["blade"]))
    middle = border.mean(0)
    stack(made.bone, made.plane, [(border, 5.2), (middle + (border - middle) * 0.94, 2.4)])
    made.outlines[f"scapula_{name}"] = [border]
    tube(made.bone, made.plane, smooth(project(blade["border"]), 40), np.linspace(7.0, 3.6, 40) * wide, 1.5, 10.0, 0.15)
    tube(made.bone, made.plane, smooth(project(blade["spine"]), 40), np.linspace(3.2, 7.0, 40) * wide, 1.4, 10.0, 0.15)
    tube(made.bone, made.plane, smooth(project(blade["coracoid"]), 30), 4.8 * wide, 1.4, 9.0, 0.15)
    tube(made.bone, made.plane, smooth(project(blade["glenoid"]), 30), 8.0 * wide, 1.4, 14.0, 0.3)
    tube(made.bone, made.plane, smooth(project(blade["medial"]), 40), 2.0 * wide, 0.8, 5.0, 0.3)
    shaft = project(arm)
    width = np.interp(np.linspace(0, 1, len(shaft)), [0, 0.12, 0.2, 0.35, 1], [23, 23, 16, 12, 11]) * wide
    tube(made.bone, made.plane, shaft, width, 3.2, 24.0, 0.2)


def draw_spine_lateral(patient: Patient, made: Scene) -> None:
    """Vertebral bodies as boxes with end plates, waists and clear discs; arches and spinous processes behind them."""
    levels = np.arange(-3, 14)
    points = spine(patient, levels.astype(float))
    centres = made.view.project(points)
    along = np.gradient(centres, axis=0)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    for k, (x, y) in enumerate(centres):
        w, h = (HALF_BODY[k] * 0.92) * patient.deep * 1.08, PITCH[k] * patient.tall * 0.5 * 1.09 - 2.2
        axes = np.array([[along[k][1], -along[k][0]], along[k]])  # to the back, down
        solid(made.bone, made.plane, BODY * [w, h] @ axes + [x, y], 7.5, 5.5)
        tube(made.bone, made.plane, (ARCH * [1, h] + [w, 0]) @ axes + [x, y], 4.2, 1.0, 8.0, 0.35)
        tube(made.bone, made.plane, (TAIL * [1, h] + [w, 0]) @ axes + [x, y], 3.4, 0.9, 4.0, 0.35)
    front = [centres[k] - HALF_BODY[k] * 0.92 * patient.deep * 1.08 * np.array([along[k][1], -along[k][0]]) for k in range(3, 15)]
    rear = [centres[k] + HALF_BODY[k] * 0.92 * patient.deep * 1.08 * np.array([along[k][1], -along[k][0]]) for k in range(3, 15)]
    half = [(PITCH[k] * patient.tall * 0.5 * 1.09 - 2.2) * along[k] for k in range(3, 15)]
    column = [front[0] - half[0], *front, front[-1] + half[-1], rear[-1] + half[-1], *rear[::-1], rear[0] - half[0]]
    made.outlines["spine"] = [np.array(column)]
    made.lines["spine"] = centres[3:15]


def draw_sternum(made: Scene, middle: Points, patient: Patient) -> None:
    """The breastbone in profile: its thickness, and the breadth that a turned patient shows."""
    line = made.view.project(middle)
    turned = abs(np.sin(np.deg2rad(made.view.rotation_deg)))
    thick = np.interp(np.linspace(0, 1, len(line)), [0, 0.1, 0.3, 0.36, 0.5, 1], [6.5, 7.2, 5.6, 5.0, 5.4, 4.6]) * patient.deep
    broad = np.interp(np.linspace(0, 1, len(line)), [0, 0.15, 0.33, 0.7, 1], [30, 26, 15, 19, 12]) * patient.wide
    half = thick * np.cos(np.deg2rad(made.view.rotation_deg)) + broad * turned
    for part in (slice(0, 20), slice(21, None)):  # the manubrium's joint lies between
        tube(made.bone, made.plane, line[part], half[part], 1.6, 30.0 / (1 + 2 * turned), 0.35)
    made.outlines["sternum"] = [outline(line, capped(line, half))]
    made.lines["sternum"] = line
