"""The arms, armpits and shoulder blades of a lateral film."""

import numpy as np

from medimg.phantoms.chest_body import scapula
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_scene import Scene, ramp
from medimg.phantoms.chest_strokes import capped, closed, nested, outline, rounded, smooth, solid, stack, tube

DOWN = [(2, -118), (-2, -90), (-6, -40), (-10, 20), (-6, 90), (6, 170), (20, 260)]
FRONT_FOLD = [(-10, -200), (-44, -176), (-66, -138), (-74, -98), (-66, -78), (-44, -96), (-22, -128), (2, -160)]  # x to the back, y
REAR_FOLD = [(0, -196), (42, -170), (76, -134), (96, -88), (104, -40), (94, -14), (78, -48), (52, -98), (14, -150)]


def draw_arms(patient: Patient, exam: Exam, made: Scene) -> None:
    """Both arms: raised before and above the head, or hanging over the lungs; outlines `arm`."""
    flesh = np.zeros(made.plane.shape, np.float32)
    for side in (-1, 1):
        _arm(patient, exam, made, side, flesh)
        if not exam.arms_down:
            _shoulder(patient, made, side)
    if not exam.arms_down:
        flesh *= ramp(np.float32(-178 * patient.tall) - made.plane.xy[1], 60)  # where they join the trunk they have no border
    made.soft += flesh


def _arm(patient: Patient, exam: Exam, made: Scene, side: int, flesh: np.ndarray) -> None:
    raised = [(-16 + 8 * side, -160), (-4 + 10 * side, -179), (22 + 9 * side, -200), (52, -232), (86, -270), (120, -310)]
    z, y = np.array(DOWN if exam.arms_down else raised, float).T
    x = np.full(len(z), side * 168.0 * patient.wide)
    line = smooth(made.view.project(np.stack([x, y * patient.tall, (z - side * 4) * patient.deep], 1)), 70)
    half = np.interp(np.linspace(0, 1, 70), [0, 0.12, 0.25, 1], [30, 34, 38, 34]) * patient.wide + 0.8 * patient.fat_mm
    for inset, share, deep in ((0.0, 0.8, 60.0), (0.7 * patient.fat_mm + 2, 0.2, 60.0)):  # fat round the muscles
        shares = rounded(16)
        value = share * deep * patient.wide * np.sqrt(1 - (0.995 * shares) ** 2)
        stack(flesh, made.plane, list(zip(nested(line, capped(line, half - inset), shares.tolist()), value.tolist(), strict=True)))
    width = np.interp(np.linspace(0, 1, 70), [0, 0.14, 0.22, 0.4, 1], [22, 22, 16, 11.5, 11]) * patient.wide
    tube(made.bone, made.plane, line, width, 3.2, 12.0, 0.2)
    made.outlines.setdefault("arm", []).append(outline(line, capped(line, half)))


def _shoulder(patient: Patient, made: Scene, side: int) -> None:
    """The folds before and behind the armpit of a raised arm, and the shoulder blade seen along its plane."""
    scale, aside = np.array([patient.deep, patient.tall]) * (1 - 0.03 * side), np.array([5.0 * side, 6.0 * side])
    for fold, deep in ((FRONT_FOLD, 10.0), (REAR_FOLD, 9.0)):
        solid(made.soft, made.plane, closed(np.array(fold) * scale + aside), deep, rings=12)
    blade = scapula(patient, side, 0.0)["border"] * [0.75, 1, 1] + [0, -14, (-22 - 6 * side) * patient.deep]
    blade[:, 2] += np.linspace(24, 0, len(blade))
    line = smooth(made.view.project(blade), 40)
    tube(made.bone, made.plane, line, np.linspace(4.5, 2.6, 40), 1.2, 8.0, 0.4)
    tube(made.bone, made.plane, line + np.array([7.0, -2.0]), 1.6, 0.6, 4.0, 0.6)
