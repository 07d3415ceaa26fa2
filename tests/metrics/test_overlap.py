import numpy as np
import pytest
from sklearn.metrics import f1_score

from medimg.metrics import Undefined
from medimg.metrics.overlap import dice_by_organ, overlap


def masks(count=5, organs=3, seed=0):
    random = np.random.default_rng(seed)
    return (random.random((count, organs, 9, 7)) < 0.3 for _ in range(2))


def test_dice_is_scikit_learns_f1_of_the_pixels():
    claimed, true = masks()
    found = overlap(claimed, true).dice()
    expected = [[f1_score(true[n, k].ravel(), claimed[n, k].ravel()) for k in range(3)] for n in range(5)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_dice_of_an_organ_is_the_mean_over_films():
    claimed, true = masks()
    counts = overlap(claimed, true)
    np.testing.assert_allclose(dice_by_organ(counts), counts.dice().mean(axis=0))


def test_a_patient_counts_once_however_many_films_there_are():
    claimed, true = masks()
    counts = overlap(claimed, true)
    each = counts.dice()
    expected = (each[:4].mean(axis=0) + each[4]) / 2
    np.testing.assert_allclose(dice_by_organ(counts, [0, 0, 0, 0, 1]), expected)
    np.testing.assert_allclose(dice_by_organ(counts, [0, 0, 0, 0, 1], [3, 0]), each[:4].mean(axis=0))


def test_a_weighted_patient_is_one_drawn_several_times():
    claimed, true = masks()
    drawn = [0, 0, 2, 3, 3]
    expected = dice_by_organ(overlap(claimed[drawn], true[drawn]))
    np.testing.assert_allclose(dice_by_organ(overlap(claimed, true), weight=[2, 0, 1, 2, 0]), expected)


def test_an_unknown_organ_counts_nowhere():
    claimed, true = masks()
    known = np.ones((5, 3), bool)
    known[1:, 0] = known[:, 2] = False
    found = dice_by_organ(overlap(claimed, true, known))
    assert found[0] == pytest.approx(overlap(claimed, true).dice()[0, 0])
    assert isinstance(found[2], Undefined)
    assert not overlap(claimed, true, known).both[:, 2].any()


def test_an_organ_neither_there_nor_claimed_is_left_out_and_one_wrongly_claimed_or_missed_is_nought():
    nothing, something = np.zeros((1, 1, 4, 4), bool), np.ones((1, 1, 4, 4), bool)
    assert np.isnan(overlap(nothing, nothing).dice())
    assert overlap(something, nothing).dice() == overlap(nothing, something).dice() == 0
    both = overlap(np.concatenate([something, nothing]), np.concatenate([something, nothing]))
    assert dice_by_organ(both) == [1.0]
