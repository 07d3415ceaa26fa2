from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_plane import Plane, View
from medimg.phantoms.chest_soft import soft_lateral, soft_pa

PATIENT = replace(draw_patient(np.random.default_rng(3), "P1"), illness=(), sex="M", breast=0.0, fat_mm=15.0)
PLANE = Plane((240, 260), 2.0, (110.0, 130.0))
SOFT = {"PA": soft_pa, "LAT": soft_lateral}


def soft(kind, **changes):
    return SOFT[kind](replace(PATIENT, **changes), View(kind), PLANE)


@pytest.mark.parametrize("kind", ["PA", "LAT"])
def test_body_is_thick_in_the_middle_thins_to_the_skin_and_ends_there(kind):
    row = soft(kind)[150, 30:230]  # between the arms
    assert row.argmax() == pytest.approx(100, abs=45)
    assert row.max() > 150
    skin = np.flatnonzero(row)[[0, -1]]
    assert (row[skin] < 0.5 * row.max()).all()
    assert (row == 0).any()


@pytest.mark.parametrize("kind", ["PA", "LAT"])
def test_breasts_add_to_women_and_only_near_them(kind):
    more = soft(kind, sex="F", breast=1.0) - soft(kind, sex="F", breast=0.0)
    assert more.max() > 20
    assert np.abs(more[:60]).max() < 0.05 * more.max()


def test_a_stout_patient_is_wider_and_thicker():
    slim, stout = soft("PA", fat_mm=6.0), soft("PA", fat_mm=35.0)
    assert (stout[150] > 0).sum() > (slim[150] > 0).sum() + 20
    assert stout[150, 130] > slim[150, 130]


def test_a_man_s_muscles_are_stronger():
    assert soft("PA")[85, 75] > soft("PA", sex="F")[85, 75]
