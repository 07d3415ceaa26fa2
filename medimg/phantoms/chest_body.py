"""The skeleton in three dimensions, so that turning the patient moves every bone by its own depth; mm as in `chest_plane`."""

from dataclasses import dataclass

import numpy as np

from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Points
from medimg.phantoms.chest_strokes import smooth

VERTEBRA_Y = -128 + np.concatenate([[0], np.cumsum(np.linspace(17.5, 26, 11))])  # middles of T1 to T12
PITCH = np.interp(np.arange(-3, 14), np.arange(12), np.gradient(VERTEBRA_Y))  # C5 to L2
RIB_REACH = np.array([78, 119, 129, 134, 137, 139, 141, 142, 141, 137, 124, 92.0])  # half the chest's breadth at each rib's side
RIB_DROP = np.array([32, 60, 76, 88, 98, 108, 116, 120, 120, 112, 90, 60.0])  # from the spine to where the rib would meet its fellow
RIB_DEPTH = np.array([48, 66, 78, 84, 88, 90, 92, 92, 92, 90, 88, 84.0])
RIB_END = np.array([0.80, 0.82, 0.82, 0.82, 0.80, 0.79, 0.77, 0.74, 0.70, 0.66, 0.50, 0.34]) * np.pi


@dataclass(frozen=True)
class Rib:
    """One rib from its head to its cartilage; the arc is split where it passes the side."""

    number: int
    side: int  # -1 the patient's right, 1 left
    points: Points  # (N, 3)
    half_mm: float


def spine(patient: Patient, levels: np.ndarray) -> Points:
    """Centres of the vertebral column at heights in vertebrae (0: T1, 11: T12, below 0: neck): (N, 3)."""
    y = np.interp(levels, np.arange(-4, 15), np.concatenate([-128 - np.arange(4, 0, -1) * 17.0, VERTEBRA_Y, 111 + np.arange(1, 4) * 27.0]))
    bow, bend = np.clip((y + 15) / 150, -1.3, 1.3), np.clip((y - 30) / 128, -1, 1)
    z = -50 - patient.kyphosis_mm * (1 - bow**2) + np.where(levels < 0, 5.0 * np.maximum(-levels, 0), 0)
    x = patient.scoliosis_mm * np.cos(np.pi * bend / 2) ** 2
    return np.stack([x * patient.wide, y * patient.tall, z * patient.deep], axis=1)


def ribs(patient: Patient) -> list[Rib]:
    """All 24 ribs."""
    rng = np.random.default_rng([patient.anatomy, 3])
    made = []
    for k in range(12):
        centre = spine(patient, np.array([float(k)]))[0]
        bend, end = rng.normal(0, 1.5), RIB_END[k]
        for side in (-1, 1):
            turn = np.linspace(0.17, end, 70)
            reach = (RIB_REACH[k] + 4) * patient.wide * _narrow(patient, side)
            x = centre[0] * np.cos(turn / 2) ** 2 + side * reach * np.sin(turn)
            depth = RIB_DEPTH[k] * patient.deep
            z = (
                centre[2]
                + patient.deep * (-14 - 26 * np.sin(np.minimum(turn / 1.25, np.pi)) * min(1, 0.5 + k / 6))
                + depth * (1 - np.cos(turn))
            )
            lift = -5.5 * np.sin(np.minimum(turn / 0.5, np.pi))  # the neck of the rib rises before it turns down
            y = centre[1] + patient.tall * (RIB_DROP[k] * (1 - np.cos(turn)) / 2 + lift + bend * np.sin(turn))
            half = (5.4 if 1 <= k <= 9 else 4.6) * patient.wide * rng.uniform(0.93, 1.07)
            made.append(Rib(k + 1, side, np.stack([x, y, z], axis=1), float(half)))
    return made


def _narrow(patient: Patient, side: int) -> float:
    return 0.86 if "small_side" in patient.illness and side == patient.sick_side else 1.0


def wall(patient: Patient, side: int) -> Points:
    """The lung's outer border on one side from the apex down to the side of the tenth rib: (N, 3), at half the depth."""
    y = np.concatenate([[-147, -144.7, -138.5, -127, -107], VERTEBRA_Y[:10] + RIB_DROP[:10] / 2])
    x = np.concatenate([[40, 56, 72, 88, 105], RIB_REACH[:10]])
    z = np.concatenate([[-30, -30, -29, -26, -22], np.linspace(-18, 0, 10)])
    keep = np.ones(len(x), bool)
    keep[5] = False  # the first rib runs inside the border
    shape = np.stack([side * x * patient.wide * _narrow(patient, side), y * patient.tall, z * patient.deep], axis=1)
    return shape[keep]


def clavicle(patient: Patient, side: int) -> Points:
    """Centre line from the breastbone to the shoulder: an S seen from above, nearly level seen from the front: (60, 3)."""
    shape = [(17, -97, 70), (42, -107, 74), (75, -119, 60), (110, -127, 34), (140, -131, 12), (160, -130, 2)]
    x, y, z = np.array(shape, float).T
    return smooth(np.stack([side * x * patient.wide, y * patient.tall, z * patient.deep], axis=1))


def scapula(patient: Patient, side: int, inward_mm: float) -> dict[str, Points]:
    """The shoulder blade: `blade` outline; lines along borders, spine, coracoid, glenoid, each (N, 3); moved inward by some mm."""
    blade = [(110, -112), (120, -118), (135, -110), (149, -101), (158, -88), (159, -70), (154, -52), (151, -25), (148, 3), (142, 26),
             (135, 20), (131, -8), (124, -48), (113, -85)]  # fmt: skip
    lines = {
        "blade": blade,
        "border": [(157, -70), (154, -50), (151, -22), (147, 4), (141, 25)],
        "spine": [(106, -84), (122, -94), (142, -108), (163, -124), (176, -126)],
        "coracoid": [(150, -103), (147, -116), (137, -121), (131, -116)],
        "glenoid": [(153, -98), (155, -88), (156, -79), (155, -72)],
        "medial": [(112, -109), (114, -85), (124.5, -48), (131.5, -8), (136, 17)],
    }
    depth = {"blade": -60, "border": -58, "spine": -68, "coracoid": 5, "glenoid": -45, "medial": -60}
    made = {}
    for name, points in lines.items():
        x, y = np.array(points, float).T
        x = side * (x * patient.wide + 8 - inward_mm)
        made[name] = np.stack([x, y * patient.tall, np.full(len(x), depth[name] * patient.deep)], axis=1)
    return made


def sternum(patient: Patient) -> Points:
    """Middle line of manubrium and body, from notch to xiphoid: (60, 3)."""
    shape = [(0, -97, 62), (0, -75, 72), (0, -55, 80), (0, -20, 90), (0, 20, 98), (0, 50, 101)]
    return smooth(np.array(shape) * [patient.wide, patient.tall, patient.deep])


def humerus(patient: Patient, side: int) -> Points:
    """Head to half the shaft of an arm that hangs or rests on the hip: (60, 3)."""
    shape = [(182, -96, -5), (190, -78, -8), (203, -30, -15), (221, 40, -22), (238, 110, -28)]
    x, y, z = np.array(shape, float).T
    return smooth(np.stack([side * (x * patient.wide + 13), y * patient.tall, z * patient.deep], axis=1))
