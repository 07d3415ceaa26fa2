import numpy as np
import pytest
from sklearn.cluster import KMeans

from medimg.active import kmeans as module
from medimg.active.kmeans import kmeans, nearest_centre, sample


def points(seed=0, items=300, width=5):
    return np.random.default_rng(seed).normal(size=(items, width)).astype(np.float32)


def test_nearest_centre_is_the_nearest_and_blocks_do_not_matter(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 64)
    monkeypatch.setattr(module, "CENTRES", 3)
    x, centres = points(), points(1, 7)
    apart = ((x[:, None].astype(float) - centres) ** 2).sum(axis=2)
    found, distance = nearest_centre(x, centres)
    assert np.array_equal(found, apart.argmin(axis=1))
    assert distance == pytest.approx(apart.min(axis=1), abs=1e-4)


def test_it_ends_where_scikit_learn_ends_from_the_same_start():
    x, weight, draws = points(), np.random.default_rng(2).random(300) + 0.1, np.random.default_rng(3).random(6)
    cluster, centres = kmeans(x, weight, 6, draws)
    start = module._starts(x, weight, draws)
    peer = KMeans(6, init=start, n_init=1, max_iter=module.ROUNDS, tol=0, algorithm="lloyd").fit(x, sample_weight=weight)
    assert np.array_equal(cluster, peer.labels_)
    assert centres == pytest.approx(peer.cluster_centers_, abs=1e-4)


def test_far_groups_are_found():
    truth = np.repeat([0, 1, 2], 40)
    cluster, _ = kmeans(points(items=120) + 100 * truth[:, None].astype(np.float32), np.ones(120), 3, np.full(3, 0.5))
    assert len(set(zip(truth, cluster, strict=True))) == 3


def test_it_starts_in_proportion_to_weight_and_squared_distance():
    x = np.array([[0.0], [1.0], [3.0], [9.0]], np.float32)
    weight = np.array([1.0, 2.0, 1.0, 1e-9])
    starts = [module._starts(x, weight, np.array([0.1, draw]))[1, 0] for draw in (np.arange(1100) + 0.5) / 1100]
    assert np.unique(starts, return_counts=True)[1].tolist() == [200, 900]


def test_rows_that_coincide_leave_clusters_empty():
    cluster, centres = kmeans(np.ones((10, 3), np.float32), np.ones(10), 4, np.full(4, 0.5))
    assert len(set(cluster)) == 1
    assert np.isfinite(centres).all()


def test_sample_is_in_proportion_to_the_weight():
    weight = np.array([0.0, 1.0, -1.0, 3.0, 0.0])
    drawn = [sample(weight, draw) for draw in (np.arange(1000) + 0.5) / 1000]
    assert np.bincount(drawn, minlength=5).tolist() == [0, 250, 0, 750, 0]
    assert sample(weight, 1 - 2.0**-53) == 3
    assert sample(np.array([-1.0, 0.0, 0.0]), 0.5) == 1
