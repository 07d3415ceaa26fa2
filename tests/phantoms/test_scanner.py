from dataclasses import replace

import numpy as np

from medimg.phantoms.scanner import Acquisition, acquire, shade

STILL = Acquisition(matrix=64, read=64, phase=64, taper=0.0, noise=0.0, bias=0.0, motion=0.0, scale=100.0)


def disc(n=128):
    axis = np.arange(n) - (n - 1) / 2
    return (np.hypot(*np.meshgrid(axis, axis)) < n / 4).astype(np.float32)


def test_without_noise_a_disc_keeps_its_mean_and_its_place():
    image = acquire(disc(), STILL, np.random.default_rng(0))
    assert image.shape == (64, 64)
    assert abs(image[28:36, 28:36].mean() - 100) < 3
    rows, columns = np.nonzero(image > 50)
    assert abs(rows.mean() - 31.5) < 0.6
    assert abs(columns.mean() - 31.5) < 0.6


def test_background_noise_has_the_rayleigh_mean():
    image = acquire(np.zeros((128, 128), np.float32), replace(STILL, noise=0.05), np.random.default_rng(0))
    assert abs(image.mean() - 5 * np.sqrt(np.pi / 2)) < 0.3


def test_movement_spreads_the_picture_over_the_background():
    rng = np.random.default_rng
    still, moved = (acquire(disc(), replace(STILL, motion=m), rng(0)) for m in (0.0, 1.0))
    empty = np.ones((64, 64), bool)
    empty[8:56, 8:56] = False
    assert moved[empty].mean() > 2 * still[empty].mean()


def test_sensitivity_is_smooth_and_positive():
    field = shade(np.random.default_rng(0), 0.2, 64)
    assert field.min() > 0
    assert np.abs(np.diff(field, axis=0)).max() < 0.1
