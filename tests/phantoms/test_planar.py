import numpy as np
import pytest

from medimg.phantoms.planar import blur, blur_gaussian, ellipsoid, texture


def axes(edge, pixel_mm):
    line = (np.arange(edge) - edge // 2) * pixel_mm
    return np.broadcast_to(line, (edge, edge)), np.broadcast_to(line[:, None], (edge, edge))


def test_point_source_is_blurred_to_the_camera_s_width():
    point = np.zeros((129, 129))
    point[64, 64] = 1
    row = blur(point, 0.5, 8.0, 0.0)[64]
    wide = np.flatnonzero(row >= 0.49 * row.max())
    assert (wide[-1] - wide[0]) * 0.5 == pytest.approx(8.0, abs=0.6)


def test_blur_loses_no_counts_and_scatter_widens_the_tail():
    point = np.zeros((129, 129))
    point[64, 64] = 100
    narrow, broad = blur(point, 2, 8, 0.0), blur(point, 2, 8, 0.3)
    assert narrow.sum() == pytest.approx(100, rel=1e-6)
    assert broad.sum() == pytest.approx(100, rel=1e-6)
    assert broad[64, 76] > 10 * narrow[64, 76]


def test_texture_has_unit_spread_and_lumps_of_its_width():
    rng = np.random.default_rng(0)
    fine, coarse = (texture(rng, (96, 96), 2.0, width) for width in (3.0, 12.0))
    assert fine.std() == pytest.approx(1)
    assert coarse.mean() == pytest.approx(0, abs=1e-9)
    assert np.abs(np.diff(coarse)).mean() < 0.5 * np.abs(np.diff(fine)).mean()


def test_gaussian_of_width_zero_changes_nothing():
    field = np.random.default_rng(0).random((16, 17))
    np.testing.assert_allclose(blur_gaussian(field, 0.0), field, atol=1e-12)


def test_ellipsoid_is_one_in_its_middle_and_has_the_volume_of_a_solid():
    x, y = axes(201, 0.25)
    thickness = ellipsoid(x, y, (3.0, -2.0), (6.0, 12.0), 25)
    assert thickness.max() == pytest.approx(1, abs=1e-3)
    assert thickness.sum() * 0.25**2 == pytest.approx(2 / 3 * np.pi * 6 * 12, rel=0.01)
