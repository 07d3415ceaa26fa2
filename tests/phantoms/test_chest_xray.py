import numpy as np
import pytest

from medimg.phantoms.chest import ROOMS
from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_plane import Plane, View
from medimg.phantoms.chest_processing import curve, stored
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_xray import attenuation, expose, grain

PLANE = Plane((120, 120), 1.0, (60.0, 60.0))


def exposed(**changes):
    soft = np.full(PLANE.shape, 150, np.float32)
    soft[:, 60:] = 60
    scene = Scene(View("PA"), PLANE, soft, np.zeros(PLANE.shape, np.float32))
    return expose(scene, Exam("PA", **changes), ROOMS[0], np.ones(PLANE.shape, np.float32), 0.2)


def test_more_water_means_less_light_and_more_noise():
    signal = exposed()
    assert signal.log[60, 20] > signal.log[60, 100]
    assert signal.sigma[60, 20] > signal.sigma[60, 100]
    assert signal.log[60, 20] - signal.log[60, 100] < attenuation(120)[0] * 90  # scatter takes contrast away


def test_twice_the_exposure_has_half_the_variance():
    assert (exposed().sigma / exposed(deviation=10 * np.log10(2)).sigma)[60, 20] == pytest.approx(np.sqrt(2), rel=1e-3)


def test_blur_widens_an_edge_by_its_sigma(monkeypatch):
    monkeypatch.setattr("medimg.phantoms.chest_xray.SCATTER", 0.0)

    def rise(blur):
        light = np.exp(-exposed(blur_mm=blur).log[60])
        light = (light - light[40]) / (light[80] - light[40])
        return np.interp(0.9, light[40:80], np.arange(40)) - np.interp(0.1, light[40:80], np.arange(40))

    assert rise(6.0) == pytest.approx(2.5631 * 6, rel=0.1)


def test_bone_hardly_changes_with_more_kilovolts_but_changes():
    assert attenuation(120)[1] < attenuation(80)[1]


def test_grain_has_unit_spread_and_is_slightly_correlated():
    noise = grain(np.random.default_rng(0), (400, 400))
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1] == pytest.approx(0.35 / (1 + 0.35**2), abs=0.02)


def test_grey_table_rises_from_black_to_white():
    values = curve(np.linspace(-0.5, 1.5, 300, dtype=np.float32))
    assert (np.diff(values) >= 0).all()
    assert (values[0], values[-1]) == (0, pytest.approx(1))


@pytest.mark.parametrize(("room", "inverted", "white"), [(0, False, 4095), (0, True, 0), (2, False, 0), (2, True, 16383)])
def test_white_is_stored_as_the_scale_asks(room, inverted, white):
    assert stored(np.ones((2, 2), np.float32), ROOMS[room], inverted)[0, 0] == white
