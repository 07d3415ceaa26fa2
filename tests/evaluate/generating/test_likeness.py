"""KID, coverage and recognised signs, against brute force and by what must be so."""

import numpy as np
import pytest

from medimg.evaluate.generating.likeness import equal_coverage, kid, recognised, spread, squared_mmd, standardised
from medimg.metrics import Undefined


def features(rng, count, dimensions=6):
    return rng.normal(size=(count, dimensions))


def test_the_kernel_distance_is_that_of_a_double_loop():
    rng = np.random.default_rng(0)
    a, b = features(rng, 7), features(rng, 5) + 0.5

    def mean(one, other, same):
        pairs = [(np.dot(x, y) / 6 + 1) ** 3 for i, x in enumerate(one) for j, y in enumerate(other) if not (same and i == j)]
        return sum(pairs) / len(pairs)

    assert squared_mmd(a, b) == pytest.approx(mean(a, a, True) + mean(b, b, True) - 2 * mean(a, b, False), abs=1e-12)


def test_equal_distributions_are_at_no_distance_on_average():
    rng = np.random.default_rng(1)
    values = [squared_mmd(features(rng, 30), features(rng, 40)) for _ in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 20


def test_a_good_generator_scores_as_real_pictures_do_and_a_collapsed_one_far_above():
    rng = np.random.default_rng(2)
    real, patients = features(rng, 60), np.arange(60)
    good, bad = kid(features(rng, 500), real, patients), kid(features(rng, 1) + 0.01 * features(rng, 500), real, patients)
    assert good.low < good.real < good.high
    assert good.estimate < good.real_high
    assert bad.low > 3 * bad.real_high


def test_real_pictures_are_halved_by_patient():
    rng = np.random.default_rng(3)
    own, of = features(rng, 20), np.repeat(np.arange(20), 10)
    real = own[of] + 0.05 * features(rng, 200)
    shuffled = kid(features(rng, 200), real, np.arange(200))
    by_patient = kid(features(rng, 200), real, of)
    assert by_patient.real > shuffled.real + 0.2  # halves that share patients look alike however few patients there are


@pytest.mark.parametrize("function", [kid, spread])
def test_the_same_seed_gives_the_same_numbers(function):
    rng = np.random.default_rng(4)
    made, real = features(rng, 50), features(rng, 30)
    assert function(made, real, np.arange(30), seed=3) == function(made, real, np.arange(30), seed=3)


@pytest.mark.parametrize(("real", "generated"), [(30, 30), (30, 12), (100, 20)])
def test_equal_distributions_are_covered_as_stated(real, generated):
    rng = np.random.default_rng(5)
    found = [spread(features(rng, generated), features(rng, real), np.arange(real), draws=1) for _ in range(200)]
    assert np.mean([one.coverage for one in found]) == pytest.approx(equal_coverage(real, generated), abs=0.02)
    assert np.mean([one.density for one in found]) == pytest.approx(1, abs=0.05)


def test_a_collapsed_generator_covers_little_however_many_pictures_it_makes():
    rng = np.random.default_rng(6)
    real = features(rng, 30)
    one_mode = spread(real[:1] + 0.1 * features(rng, 1000), real, np.arange(30))
    half = spread(real[rng.integers(0, 5, 1000)] + 0.1 * features(rng, 1000), real, np.arange(30))
    assert one_mode.coverage < half.coverage < 0.9 * half.equal
    assert one_mode.coverage < 0.4


def test_pictures_unlike_any_real_one_have_no_density_and_one_in_many_that_hits_does_not_cover():
    rng = np.random.default_rng(7)
    real = features(rng, 30)
    stray = np.concatenate([features(rng, 10), features(rng, 990) + 30])
    found = spread(stray, real, np.arange(30))
    assert found.density < 0.05
    assert found.coverage < 0.1


def test_too_few_are_said_instead_of_measured():
    real = features(np.random.default_rng(8), 6)
    assert kid(real, real, np.arange(6)) == Undefined("too few real patients for two halves: at least 8 are needed")
    assert spread(real, real, np.arange(6)) == Undefined("too few real patients for coverage: at least 7 are needed")
    assert isinstance(kid(real[:1], np.tile(real, (2, 1)), np.arange(12)), Undefined)
    assert isinstance(spread(real[:0], np.tile(real, (2, 1)), np.arange(12)), Undefined)


def test_features_are_told_in_units_of_the_real_ones_and_a_constant_one_makes_no_nan():
    real = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert standardised([[4.0, 6.0]], real).tolist() == [[2.0, 1.0]]


def test_every_sign_of_a_picture_must_be_seen():
    chances = [[0.5, 0.4, 0.1], [0.6, 0.1, 0.3], [0.1, 0.45, 0.45]]
    assert recognised(chances, [True, True, False]).tolist() == [True, False, False]
    assert recognised(chances, [True, False, False]).tolist() == [True, True, False]
    assert recognised(chances, [False, True, True]).tolist() == [False, False, True]
