import numpy as np
import pytest

from medimg.phantoms.chest_plane import Curve, Plane, View


def test_what_lies_farther_from_the_detector_is_larger():
    points = np.array([[50.0, 10, -80], [50.0, 10, 80]])
    back, front = View("PA", half_depth_mm=120).project(points)
    assert back == pytest.approx([50 * 1800 / 1600, 10 * 1800 / 1600])
    assert front == pytest.approx([50 * 1800 / 1760, 10 * 1800 / 1760])


def test_lateral_film_has_the_front_on_its_left_and_the_right_side_larger():
    right, left = View("LAT", half_depth_mm=180).project(np.array([[-70.0, 0, 60], [70.0, 0, 60]]))
    assert right[0] < left[0] < 0


def test_rotation_moves_front_and_back_apart():
    front, back = View("PA", rotation_deg=5).project(np.array([[0.0, 0, 70], [0.0, 0, -60]]))
    assert front[0] > 0 > back[0]


def test_curve_is_exact_at_its_points_and_flat_beyond():
    curve = Curve(np.array([0.0, 10, 30]), np.array([1.0, 2, 8]))
    assert curve(np.array([0.0, 10, 30, 99, -5])) == pytest.approx([1, 2, 8, 8, 1])


def test_pixels_and_upright_coordinates_undo_each_other():
    plane = Plane((40, 60), 0.5, (20.0, 31.0), tilt_deg=7)
    x, y = plane.xy
    row, column = 12, 47
    assert plane.pixels(np.array([[x[row, column], y[row, column]]]))[0] == pytest.approx([row, column], abs=1e-4)


def test_head_leans_to_the_image_s_right_where_the_tilt_is_positive():
    top, bottom = Plane((100, 100), 1.0, (50.0, 50.0), tilt_deg=5).pixels(np.array([[0.0, -40], [0.0, 40]]))
    assert top[1] > bottom[1]


def test_halved_plane_shows_the_same_place():
    plane = Plane((41, 60), 0.5, (20.0, 31.0))
    x, y = plane.xy
    half_x, half_y = plane.halved().xy
    assert half_x[3, 4] == pytest.approx((x[6, 8] + x[7, 9]) / 2)
    assert half_y[3, 4] == pytest.approx((y[6, 8] + y[7, 9]) / 2)
