from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.chest_arms import draw_arms
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_plane import Plane, View
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import fill

PATIENT = replace(draw_patient(np.random.default_rng(3), "P1"), illness=())
PLANE = Plane((260, 200), 2.0, (140.0, 100.0))


def scene(down):
    made = Scene(View("LAT", half_depth_mm=190), PLANE, np.zeros(PLANE.shape, np.float32), np.zeros(PLANE.shape, np.float32))
    draw_arms(PATIENT, Exam("LAT", arms_down=down), made)
    return made


@pytest.mark.parametrize("down", [False, True])
def test_arms_lie_over_the_chest_only_where_they_hang(down):
    made = scene(down)
    mask = fill(PLANE.shape, PLANE, made.outlines["arm"])
    chest = np.zeros(PLANE.shape, bool)
    chest[85:190] = True
    assert (mask & chest).any() == down
    assert (made.soft[mask & chest].mean() > 40) if down else made.soft[mask].max() > 40


def test_humerus_has_a_cortex_denser_than_its_marrow():
    row = scene(True).bone[150]
    inside = np.flatnonzero(row)
    assert row[inside[2:-2]].min() < 0.75 * row.max()


def test_a_raised_arm_fades_where_it_joins_the_trunk():
    soft = scene(False).soft
    inside = fill(PLANE.shape, PLANE, scene(False).outlines["arm"])
    joint, above = (slice(round(140 + y / 2), round(140 + y / 2) + 8) for y in (-175, -262))
    assert soft[joint][inside[joint]].mean() < 0.6 * soft[above][inside[above]].mean()
