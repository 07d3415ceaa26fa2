from dataclasses import replace

import numpy as np
import pytest
from pools import random_pool

from medimg.active import spread
from medimg.active.kmeans import sample
from medimg.active.lots import Lots
from medimg.active.pool import Pool, laid_out
from medimg.active.scores import entropy
from medimg.active.strategies import pick

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("labelled", [4, 0])
def test_coreset_equals_naive_k_centre_greedy(seed, labelled):
    pool = random_pool(seed, labelled=labelled)
    known, chosen = list(pool.labelled_features.astype(float)), []
    if not known:
        chosen.append(laid_out(pool, Lots(seed), None, with_features=True).rows[0])
        known.append(pool.features[chosen[0]].astype(float))
    while len(chosen) < 20:
        nearest = [min(np.sum((row - other) ** 2) for other in known) for row in pool.features.astype(float)]
        chosen.append(int(np.argmax(nearest)))
        known.append(pool.features[chosen[-1]].astype(float))
    assert pick("coreset", pool, 20, Lots(seed)).index.tolist() == chosen


def test_coreset_is_not_blurred_by_features_far_from_nought():
    pool = random_pool(labelled=0)
    pool.features[:] = np.round(pool.features, 2)
    far = replace(pool, features=pool.features + 5000)
    assert pick("coreset", far, 20, Lots(0)).index.tolist() == pick("coreset", pool, 20, Lots(0)).index.tolist()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("classes", [2, 4])
def test_badge_equals_k_means_plus_plus_on_explicit_gradients(seed, classes):
    pool, lots = random_pool(seed, classes=classes), Lots(seed)
    rows = laid_out(pool, lots, None, with_features=False).rows
    p, x = pool.probabilities[rows].astype(float), pool.features[rows].astype(float)
    p[np.arange(len(p)), p.argmax(axis=1)] -= 1
    gradient = (p[:, :, None] * x[:, None, :]).reshape(len(p), -1)
    chosen = [int(np.linalg.norm(gradient, axis=1).argmax())]
    for draw in lots.steps(20, "badge")[1:]:
        apart = ((gradient[:, None] - gradient[chosen]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(sample(apart, draw))
    assert pick("badge", pool, 20, lots).index.tolist() == rows[chosen].tolist()


def test_badge_without_any_doubt_still_fills_the_batch():
    pool = random_pool(items=30)
    pool.probabilities[:] = [1, 0]
    assert len(set(pick("badge", pool, 12, Lots(0)).index)) == 12


def test_diverse_chooses_among_the_most_unsure_and_from_every_far_group(monkeypatch):
    monkeypatch.setattr(spread, "BETA", 10)
    pool = random_pool(items=400)
    group = np.arange(400) % 10
    pool.features[:] += 100 * group[:, None]
    chosen = pick("diverse", pool, 10, Lots(0)).index
    assert set(chosen) <= set(np.argsort(-entropy(pool.probabilities))[:100])
    assert sorted(group[chosen]) == list(range(10))


def test_diverse_takes_what_is_nearest_to_the_weighted_centre():
    pool, chosen = random_pool(), []
    kept = np.argsort(-entropy(pool.probabilities))[:40]
    pool.features[kept[20:]] += 100
    for half in (kept[:20], kept[20:]):
        centre = np.average(pool.features[half], axis=0, weights=entropy(pool.probabilities)[half])
        chosen.append(int(half[((pool.features[half] - centre) ** 2).sum(axis=1).argmin()]))
    assert sorted(pick("diverse", pool, 2, Lots(0)).index) == sorted(chosen)


def test_diverse_without_spare_candidates_is_entropy(monkeypatch):
    monkeypatch.setattr(spread, "BETA", 1)
    pool = random_pool()
    plain = pick("entropy", pool, 20, Lots(0)).index.tolist()
    assert pick("diverse", pool, 20, Lots(0)).index.tolist() == plain


def test_diverse_takes_pictures_that_coincide_when_nothing_else_is_left():
    pool = random_pool(items=60)
    pool.features[:] = 1
    assert len(set(pick("diverse", pool, 10, Lots(0)).index)) == 10


def test_wide_features_are_narrowed_without_moving_them():
    x = random_pool(items=300, width=400).features
    x[:, 100:] *= 0.01
    narrow = spread._narrow(x)
    assert narrow.shape == (300, 128)
    apart, kept = [((z[:, None] - z[:50]) ** 2).sum(axis=2) for z in (x, narrow)]
    assert kept == pytest.approx(apart, rel=0.02, abs=0.02)


def test_typical_takes_the_middle_of_every_group():
    rng = np.random.default_rng(0)
    group = np.arange(300) % 6
    middle, offset = 50 * rng.normal(size=(6, 8)), rng.normal(size=(300, 8))
    pool = Pool([str(n) for n in range(300)], np.arange(300), features=(middle[group] + offset).astype(np.float32))
    chosen = pick("typical", pool, 6, Lots(0)).index
    assert sorted(group[chosen]) == list(range(6))
    assert np.linalg.norm(offset[chosen], axis=1).max() < np.median(np.linalg.norm(offset, axis=1))


def test_typical_leaves_groups_that_have_labels_for_last():
    group = np.arange(300) % 6
    features = (random_pool(items=300).features + 100 * group[:, None]).astype(np.float32)
    pool = Pool([str(n) for n in range(300)], np.arange(300), features=features, labelled_features=features[group < 2][:2])
    chosen = pick("typical", pool, 4, Lots(0)).index
    assert sorted(group[chosen]) == [2, 3, 4, 5]


def test_typical_takes_the_largest_group_first():
    group = np.repeat([2, 0, 1], [40, 160, 100])
    pool = Pool([str(n) for n in range(300)], np.arange(300), features=random_pool(items=300).features + 100 * group[:, None])
    assert group[pick("typical", pool, 3, Lots(0)).index].tolist() == [0, 1, 2]


def test_typicality_is_one_over_the_mean_distance_to_the_nearest(monkeypatch):
    monkeypatch.setattr(spread, "MEMBERS", 40)
    x, cluster = random_pool(items=101).features, np.append(np.arange(100) % 2, 2)
    found = spread._typicality(x, cluster)
    for one in (0, 1):
        members = np.flatnonzero(cluster == one)
        for row in members[:40]:
            apart = sorted(np.linalg.norm(x[members[:40]].astype(float) - x[row], axis=1))[1:21]
            assert found[row] == pytest.approx(1 / np.mean(apart), rel=1e-3)
        assert not found[members[40:]].any()
    assert found[100] == 0


def test_typical_draws_by_lot_what_its_sample_cannot_fill(monkeypatch):
    monkeypatch.setattr(spread, "SAMPLE", 30)
    assert len(set(pick("typical", random_pool(), 80, Lots(0)).index)) == 80
