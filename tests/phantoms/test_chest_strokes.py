import numpy as np
import pytest

from medimg.phantoms.chest_plane import Plane
from medimg.phantoms.chest_strokes import capped, fill, outline, smooth, stack, tube

PLANE = Plane((80, 100), 0.5, (40.0, 50.0))
LINE = smooth([(-15, 0), (0, 0), (15, 0)], 31)


def test_filled_outline_has_its_area():
    mask = fill(PLANE.shape, PLANE, [outline(LINE, 5.0)])
    assert mask.sum() * 0.25 == pytest.approx(30 * 10, rel=0.12)
    assert mask[40, 50]
    assert not mask[55, 50]


def test_inner_ring_replaces_the_outer_one_and_maps_add_up():
    target = np.ones(PLANE.shape, np.float32)
    stack(target, PLANE, [(outline(LINE, 6.0), 2.0), (outline(LINE, 3.0), 5.0)])
    assert target[40, 50] == pytest.approx(6, abs=0.05)
    assert target[49, 50] == pytest.approx(3, abs=0.05)
    assert target[5, 5] == 1


def test_shape_outside_the_plane_changes_nothing():
    target = np.zeros(PLANE.shape, np.float32)
    stack(target, PLANE, [(outline(LINE + 500, 6.0), 2.0)])
    assert not target.any()


def test_tube_s_cortex_is_denser_than_its_core():
    target = np.zeros(PLANE.shape, np.float32)
    tube(target, PLANE, LINE, 5.0, 1.2, 9.0, 0.1)
    across = target[:, 50]
    assert across[40] < across[40 + 7] > across[40 + 9]
    assert across[40] == pytest.approx(across[40 - 1], abs=0.3)


def test_ends_are_round():
    half = capped(LINE, 5.0)
    assert half[0] < 2
    assert half[len(half) // 2] == 5
