from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.thyroid import DISEASES
from medimg.phantoms.thyroid_gland import thyroid
from medimg.phantoms.thyroid_patients import draw_patient

LINE = (np.arange(160) - 79.5) * 1.0
X, Y = np.broadcast_to(LINE, (160, 160)), np.broadcast_to(LINE[:, None], (160, 160))


@pytest.fixture
def patient():
    normal = next(disease for disease in DISEASES if disease.label == "normal")
    drawn = draw_patient(np.random.default_rng(1), normal, {}, "A", 0.0)
    return replace(drawn, hot_nodules=0, cold_nodules=0, nodule_mm=(), mass_g=18.0, missing=0.0, pyramidal=False)


def gland(patient, seed=0):
    return thyroid(np.random.default_rng(seed), X, Y, 1.0, patient)


def extent(picture, axis):
    there = np.flatnonzero((picture > 0.1 * picture.max()).any(axis))
    return there[-1] - there[0]


def test_normal_gland_is_as_tall_and_wide_as_a_thyroid(patient):
    assert 36 < np.median([extent(gland(patient, seed), 1) for seed in range(9)]) < 60
    assert 36 < np.median([extent(gland(patient, seed), 0) for seed in range(9)]) < 65


def test_goitre_is_larger(patient):
    large = replace(patient, mass_g=70.0)
    assert np.median([(gland(large, s) > 0.2).sum() / (gland(patient, s) > 0.2).sum() for s in range(9)]) > 1.7


def test_both_sides_hold_a_lobe(patient):
    picture = gland(patient)
    assert 0.4 < picture[:, :80].sum() / picture[:, 80:].sum() < 2.5


def test_hot_nodule_stands_out_and_cold_one_leaves_a_hole(patient):
    hot = replace(patient, hot_nodules=1, nodule_mm=(20.0,))
    cold = replace(patient, cold_nodules=1, nodule_mm=(20.0,))
    for seed in range(5):
        plain = gland(patient, seed)
        assert gland(hot, seed).max() / np.median(gland(hot, seed)[plain > 0.3]) > plain.max() / np.median(plain[plain > 0.3])
        assert (gland(cold, seed)[plain > 0.3] < 0.5 * plain[plain > 0.3]).mean() > 0.08


def test_patchy_disease_makes_uptake_uneven(patient):
    def unevenness(patchiness):
        smooth, patchy = (gland(replace(patient, patchiness=value)) for value in (0.0, patchiness))
        return np.log(patchy[smooth > 0.3] / smooth[smooth > 0.3]).std()

    assert unevenness(0.7) > 5 * unevenness(0.1) > 0


def test_missing_part_takes_up_less(patient):
    assert gland(replace(patient, missing=0.8)).sum() < 0.9 * gland(patient).sum()
