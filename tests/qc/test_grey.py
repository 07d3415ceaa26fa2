"""Samples of grey values stand for all of them."""

import numpy as np
import pytest
from qc.shapes import frontal

from medimg.qc.film import NotMeasurable
from medimg.qc.grey import grey_range, laplacian, lung_median, mad_sigma, values
from medimg.qc.runs import runs_of


def test_the_high_pass_keeps_the_standard_deviation_of_white_noise():
    noise = np.random.default_rng(0).normal(0, 0.3, (400, 400)).astype(np.float32)
    assert laplacian(noise).std() == pytest.approx(0.3, rel=0.01)
    assert mad_sigma(laplacian(noise)) == pytest.approx(0.3, rel=0.01)


def test_the_high_pass_does_not_see_planes_and_straight_edges():
    rows, columns = np.mgrid[:50, :60].astype(np.float32)
    np.testing.assert_allclose(laplacian(0.3 * rows - 2 * columns), 0, atol=1e-4)
    np.testing.assert_allclose(laplacian((columns > 20).astype(np.float32)), 0)


def test_medians_of_samples_are_those_of_all_pixels():
    film = frontal(noise=0.05)
    both = film.pixels[film.masks["lung_r"] | film.masks["lung_l"]]
    assert lung_median(film) == pytest.approx(np.median(both), abs=0.002)
    assert grey_range(film) == pytest.approx(np.subtract(*np.percentile(film.pixels, [99, 1])), rel=0.01)


def test_too_few_pixels_have_no_grey_value():
    film, speck = frontal(), np.zeros((500, 500), dtype=bool)
    speck[200:205, 200:205] = True
    with pytest.raises(NotMeasurable, match="too few pixels"):
        values(film, runs_of(speck))
