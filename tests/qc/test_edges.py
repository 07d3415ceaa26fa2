"""Edges of known blur have their 10 to 90 % rise, straight or round, with noise or without."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import ndtr

from medimg.qc.edges import RISE, rises

COLUMNS = np.arange(20, 220)


def straight(sigma, slope=0.1, noise=0.0, seed=0):
    """Dark above, bright below an edge through (100, 120), blurred along its normal: the picture, and the edge's row of each column."""
    rows, columns = np.mgrid[:240, :240]
    away = (rows - 100 - slope * (columns - 120)) / np.hypot(1, slope)
    picture = 0.2 + 0.5 * ndtr(away / sigma) + np.random.default_rng(seed).normal(0, noise, away.shape)
    return picture.astype(np.float32), np.rint(100 + slope * (COLUMNS - 120)).astype(int)


def test_the_rise_of_a_gaussian_edge_is_two_and_a_half_of_its_standard_deviation():
    assert pytest.approx(2 * 1.2815516) == RISE


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.6, 2.5, 4.0])
@pytest.mark.parametrize("slope", [0.0, 0.1, 0.37, -0.8])
def test_a_gaussian_edge_has_its_rise(sigma, slope):
    picture, rows = straight(sigma, slope)
    found, _ = rises(picture, COLUMNS, rows, 14, 0.1)
    assert len(found) > 5
    np.testing.assert_allclose(found, RISE * sigma, rtol=0.09 if sigma < 1 else 0.012)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.5])
def test_noise_spreads_the_rise_and_does_not_move_its_median(sigma):
    medians = [np.median(rises(*_with(straight(sigma, 0.2, 0.025, seed)), 14, 0.1)[0]) for seed in range(8)]
    assert np.mean(medians) == pytest.approx(RISE * sigma, rel=0.05)
    assert np.std(medians) < 0.08 * RISE * sigma


def _with(drawn):
    return drawn[0], COLUMNS, drawn[1]


def test_a_contour_that_is_three_pixels_off_finds_the_same_edge():
    picture, rows = straight(1.5, 0.2)
    for off in (-3, 3):
        np.testing.assert_allclose(rises(picture, COLUMNS, rows + off, 14, 0.1)[0], RISE * 1.5, rtol=0.02)


def test_slopes_of_grey_on_both_sides_do_not_count_as_blur():
    picture, rows = straight(1.5)
    ramp = 0.004 * np.arange(240, dtype=np.float32)[:, None]
    np.testing.assert_allclose(rises(picture + ramp, COLUMNS, rows, 14, 0.1)[0], RISE * 1.5, rtol=0.05)


def test_a_round_body_is_as_sharp_as_its_blur_and_not_as_its_thickness():
    """The shadow of a ball rises like a square root, over 80 % of any distance looked at; the measure follows the blur, 1.4 times it."""
    fine, top = 4, 70.0
    rows, columns = np.mgrid[: 240 * fine, : 240 * fine] / fine
    ball = np.sqrt(np.maximum(150.0**2 - (rows - top - 150) ** 2 - (columns - 120) ** 2, 0))
    middle = COLUMNS[np.abs(COLUMNS - 120) < 60]
    edge = np.rint(top + 150 - np.sqrt(150.0**2 - (middle - 120.0) ** 2)).astype(int)
    ratio = []
    for sigma in (1.0, 1.5, 2.0, 3.0):
        shadow = ndimage.gaussian_filter(ball, sigma * fine).reshape(240, fine, 240, fine).mean(axis=(1, 3)).astype(np.float32)
        found, _ = rises(shadow, middle, edge, 14, 0.1)
        ratio.append(np.median(found) / (RISE * np.sqrt(sigma**2 + 1 / 12)))
    assert 1.25 < min(ratio) < max(ratio) < 1.45


def test_an_inverted_edge_is_as_sharp():
    picture, rows = straight(2.0, 0.2)
    np.testing.assert_allclose(rises(1 - picture, COLUMNS, rows, 14, 0.1)[0], RISE * 2, rtol=0.01)


def test_flat_faint_and_too_steep_edges_give_nothing():
    picture, rows = straight(1.5, 0.0)
    assert not len(rises(np.full_like(picture, 0.3), COLUMNS, rows, 14, 0.1)[0])
    assert not len(rises(picture, COLUMNS, rows, 14, 0.6)[0])
    steep, places = straight(1.5, 1.6)
    assert not len(rises(steep, COLUMNS[40:160], places[40:160], 14, 0.1)[0])
    assert not len(rises(picture, COLUMNS[:4], rows[:4], 14, 0.1)[0])
    assert not len(rises(picture, COLUMNS, np.full_like(rows, 2), 14, 0.1)[0])
