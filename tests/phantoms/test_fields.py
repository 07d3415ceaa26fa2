import numpy as np

from medimg.phantoms import fields


def grid(n=64, step=2.0):
    axis = ((np.arange(n) - (n - 1) / 2) * step).astype(np.float32)
    x, y = np.meshgrid(axis, -axis)
    return x, y, np.zeros_like(x)


def test_volume_has_unit_spread_and_is_periodic():
    volume = fields.Volume(np.random.default_rng(0), 20)
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 192, (3, 20000)).astype(np.float32)
    values = volume.at(*points)
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.1
    np.testing.assert_allclose(values, volume.at(points[0] + 192, points[1], points[2]), atol=2e-3)


def test_half_the_points_give_nearly_the_same_field():
    volume = fields.Volume(np.random.default_rng(0), 20)
    x, y, z = grid(128, 1.5)
    assert np.abs(volume.halved(x, y, z) - volume.at(x, y, z))[4:-4, 4:-4].max() < 0.1


def test_ellipsoid_with_equal_radii_is_a_sphere():
    x, y, z = grid()
    np.testing.assert_allclose(fields.ellipsoid(x, y, z, (3, 4, 0), (20, 20, 20)), 20 - np.hypot(x - 3, y - 4), atol=6e-2)


def test_capsule_without_taper_keeps_its_radius_along_its_length():
    x, y, z = grid()
    inside = fields.capsule(x, y, z, (-30, 0, 0, 5), (30, 0, 0, 5))
    np.testing.assert_allclose(inside[:, 20:44].max(), 5, atol=1.0)
    assert (inside[np.abs(y) > 5.1] < 0).all()


def test_join_contains_and_meet_is_contained_in_both():
    x, y, z = grid()
    a, b = fields.ellipsoid(x, y, z, (-8, 0, 0), (20, 20, 20)), fields.ellipsoid(x, y, z, (8, 0, 0), (20, 20, 20))
    assert (fields.join(a, b, 5) >= np.maximum(a, b)).all()
    assert (fields.meet(a, b, 5) <= np.minimum(a, b)).all()


def test_ramp_is_a_soft_step():
    np.testing.assert_allclose(fields.ramp(np.array([-9, -0.5, 0, 0.5, 9.0]), 1.0), [0, 0, 0.5, 1, 1])


def test_enlarging_a_plane_leaves_it_plane():
    x, _, _ = grid(32, 4.0)
    wanted, _, _ = grid(128, 1.0)
    np.testing.assert_allclose(fields.enlarge(x, 128), wanted, atol=1e-3)


def test_enlarging_part_of_a_grid_gives_part_of_the_whole():
    field = np.sin(np.arange(64) / 9)[:, None] * np.cos(np.arange(64) / 7)[None, :]
    whole, part = fields.enlarge(field, 128), fields.enlarge(field[8:56, 4:40], 96)
    assert part.shape == (96, 72)
    np.testing.assert_allclose(part[8:-8, 8:-8], whole[16:112, 8:80][8:-8, 8:-8], atol=1e-3)
