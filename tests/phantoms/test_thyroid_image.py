from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.thyroid import SITES, patients
from medimg.phantoms.thyroid_image import expected_counts

BY_NAME = {site.name: site for site in SITES}


@pytest.fixture(scope="module")
def patient():
    return patients(20)[0]


@pytest.mark.parametrize("name", [site.name for site in SITES])
def test_field_has_the_site_s_matrix_and_pixels_and_a_plausible_total(patient, name):
    site = BY_NAME[name]
    expected, pixel_mm = expected_counts(np.random.default_rng(0), patient, site)
    assert expected.shape == (site.matrix, site.matrix)
    assert pixel_mm == pytest.approx(site.pixel_mm, rel=0.16)
    assert 95e3 <= expected.sum() <= 270e3 + 1
    assert np.isfinite(expected).all()
    assert expected.min() >= 0


def test_round_field_is_dark_in_its_corners(patient):
    expected, _ = expected_counts(np.random.default_rng(0), patient, BY_NAME["D"])
    assert max(expected[0, 0], expected[-1, -1]) < 0.001 * expected.max()


def test_same_draw_gives_the_same_picture(patient):
    a, b = (expected_counts(np.random.default_rng(4), patient, BY_NAME["A"])[0] for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_more_uptake_gives_the_gland_a_larger_share_of_the_counts(patient):
    def share(uptake):
        expected, _ = expected_counts(np.random.default_rng(2), replace(patient, uptake_percent=uptake), BY_NAME["B"])
        return np.sort(expected.ravel())[-400:].sum() / expected.sum()

    assert share(12.0) > 1.5 * share(2.0)
