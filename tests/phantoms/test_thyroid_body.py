import numpy as np
import pytest

from medimg.phantoms.planar import Grid
from medimg.phantoms.thyroid import patients
from medimg.phantoms.thyroid_body import background, extras

LINE = (np.arange(160) - 95.5) * 2.0
GRID = Grid(np.broadcast_to(LINE + 32, (160, 160)), np.broadcast_to(LINE[:, None], (160, 160)), 2.0)


@pytest.fixture(scope="module")
def bodies():
    return [background(np.random.default_rng(index), GRID, patient) for index, patient in enumerate(patients(20))]


def test_body_is_never_negative(bodies):
    assert all(body.min() >= 0 for body in bodies)


def test_head_and_neck_stand_out_from_the_air_beside_them(bodies):
    neck = (np.abs(GRID.x) < 30) & (np.abs(GRID.y + 60) < 8)
    air = (np.abs(GRID.x) > 110) & (GRID.y < -110)
    for body in bodies:
        assert np.median(body[neck]) > 0.3
        assert body[air].max() < 0.05


def test_salivary_glands_and_mouth_brighten_with_their_uptake():
    from dataclasses import replace

    patient = patients(20)[0]
    dry, wet = (background(np.random.default_rng(0), GRID, replace(patient, salivary=value)) for value in (0.2, 5.0))
    gained = wet - dry
    assert gained.max() > 2
    assert np.abs(gained[GRID.y > 0]).max() < 1.0


def test_sources_and_veins_are_rare():
    empty = sum(extras(np.random.default_rng(k), GRID).max() == 0 for k in range(200))
    assert 150 < empty < 195
