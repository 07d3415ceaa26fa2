from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.chest_patients import draw_patient
from medimg.phantoms.chest_plane import Plane
from medimg.phantoms.chest_vessels import drawn, pulmonary_lateral, pulmonary_pa, tree

PATIENT = replace(draw_patient(np.random.default_rng(3), "P1"), illness=())
PLANE = Plane((80, 100), 0.5, (40.0, 50.0))


def grown(seed):
    strokes = []
    tree(np.random.default_rng(seed), (0.0, 0.0), 0.0, 3.0, 100.0, strokes)
    return strokes


def test_a_vessel_divides_tapers_and_ends_before_its_reach():
    strokes = grown(1)
    ends = np.array([line[2:] for line, _ in strokes])
    assert len({line[:2] for line, _ in strokes}) < len(strokes)  # two pieces leave one point where it divides
    assert max(radius for _, radius in strokes) == strokes[0][1] == 3.0
    assert min(radius for _, radius in strokes) < 0.5
    assert np.hypot(*ends.T).max() < 110
    assert grown(1) == strokes != grown(2)


@pytest.mark.parametrize("grow", [pulmonary_pa, pulmonary_lateral])
def test_vessels_are_thick_at_the_hila_and_thin_far_from_them(grow):
    strokes = grow(PATIENT, np.random.default_rng(0))
    places, radii = np.array([line[:2] for line, _ in strokes]), np.array([radius for _, radius in strokes])
    if grow is pulmonary_pa:
        places[:, 0] = np.abs(places[:, 0]) - 40
        assert {np.sign(line[0]) for line, _ in strokes} == {-1, 1}
    far = np.hypot(places[:, 0], places[:, 1] + 15)
    assert radii[far < 25].max() > 5
    assert radii[far > 80].max() < 2.5
    assert len(strokes) < 7000


def test_where_vessels_cross_the_deeper_one_is_seen_whatever_the_order():
    flat, steep = ((-15.0, 0.0, 15.0, 0.0), 4.0), ((0.0, -15.0, 0.0, 15.0), 1.0)
    nothing = ((40.0, 40.0, 41.0, 40.0), 1.0)
    first, second = (drawn(PLANE, [*pair, nothing, nothing]) for pair in ((flat, steep), (steep, flat)))
    np.testing.assert_array_equal(first, second)
    assert first[40, 50] == pytest.approx(3.6 * 4.0, rel=0.05)
    assert 0 < first[65, 50] < first[40, 50]
    assert first[10, 10] == 0
