import numpy as np
import pytest
from pools import random_pool

from medimg.active.lots import Lots
from medimg.active.pool import Pool, by_patient, distinct, laid_out
from medimg.active.scores import entropy


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="2 tokens, but 3 groups, 4 draws"):
        Pool(["a", "b"], np.zeros(3), draws=np.zeros((1, 4, 2)))


def test_a_token_twice_is_refused():
    with pytest.raises(ValueError, match="same token"):
        laid_out(Pool(["a", "a"], np.zeros(2)), Lots(0), None, with_features=False)


def test_patients_are_ordered_by_lot_whatever_their_size():
    pool = Pool([str(number) for number in range(100)], np.repeat([0, 1], [99, 1]))
    first = [laid_out(pool, Lots(seed), None, with_features=False) for seed in range(400)]
    small_first = sum(items.group[items.rows == 99][0] == 0 for items in first)
    assert 160 < small_first < 240


def test_one_item_of_each_picture_is_kept():
    pool = random_pool(items=30)
    items = laid_out(pool, Lots(0), "entropy", with_features=True)
    contents = [str(number % 7) for number in range(30)]
    kept = distinct(items, contents)
    assert sorted(contents[row] for row in kept.rows) == sorted(set(contents))
    assert np.all(np.diff(kept.codes.astype(float)) > 0)


@pytest.mark.parametrize("score", ["entropy", None])
def test_a_patient_is_the_mean_of_the_slices_most_in_doubt(score):
    pool = random_pool(items=60, patients=9)
    pool.probabilities[3] = np.nan
    items = laid_out(pool, Lots(0), score, with_features=True)
    patients = by_patient(items)
    doubt = entropy(pool.probabilities)
    for place, who in enumerate(patients.rows):
        rows = items.rows[items.group == who]
        assert len(set(pool.groups[rows])) == 1
        if score:
            rows = rows[np.isfinite(doubt[rows])]
            rows = rows[np.argsort(-doubt[rows])][: int(np.ceil(len(rows) / 4))]
            assert patients.score[place] == pytest.approx(doubt[rows].mean())
            assert patients.probabilities[who] == pytest.approx(pool.probabilities[rows].mean(axis=0), rel=1e-5)
        assert patients.features[who] == pytest.approx(pool.features[rows].mean(axis=0), abs=1e-6)


def test_a_patient_without_a_sound_slice_is_not_sound():
    pool = random_pool(items=20, patients=4)
    pool.features[pool.groups == 2] = np.inf
    items = laid_out(pool, Lots(0), "entropy", with_features=True)
    patients = by_patient(items)
    lost = items.group[items.rows == np.flatnonzero(pool.groups == 2)[0]][0]
    assert patients.rows[~patients.sound()].tolist() == [lost]
