"""Strategies that spread a batch over the space of features. None ever holds an N x N matrix."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medimg.active.cap import Ints, turn, within
from medimg.active.kmeans import kmeans, nearest_centre, sample, squares
from medimg.active.pool import Items
from medimg.active.ranked import top

Matrix = NDArray[np.float32]

BETA = 20  # times the budget, of which diverse clusters
DIMENSIONS = 128  # of the space in which diverse clusters
SAMPLE = 20_000  # items that typical looks at; the first by lot, so a random sample
CLUSTERS = 500  # of typical, at most (Hacohen et al. 2022)
NEIGHBOURS = 20  # within the cluster, for typicality (the same)
MEMBERS = 2_000  # of a cluster whose distances are measured


def diverse(items: Items, room: Ints, count: int) -> Ints:
    """Keep the BETA x count most unsure, cluster them weighted by score, take what is nearest to each centre (Zhdanov 2019)."""
    kept = top(items, room, BETA * count)
    if len(kept) <= count:
        return kept
    assert items.score is not None
    x, weight = _narrow(items.features_of(kept)), np.maximum(items.score[kept], 1e-9)
    cluster, centres = kmeans(x, weight, count, items.lots.steps(count, "diverse"))
    distance = ((x - centres[cluster]) ** 2).sum(axis=1)
    by_cluster = np.lexsort((distance, cluster))
    nearest = by_cluster[turn(cluster[by_cluster]) == 0]
    spare = np.setdiff1d(np.arange(len(kept)), nearest)[: count - len(nearest)]  # clusters are empty where pictures coincide
    return np.asarray(kept[np.sort(np.concatenate([nearest, spare]))])


def _narrow(x: Matrix) -> Matrix:
    """Turn features into at most 128 principal components, scaled as they are."""
    if x.shape[1] <= DIMENSIONS:
        return x
    from sklearn.utils.extmath import randomized_svd  # seldom needed, and slow to import

    left, length, _ = randomized_svd(x - x.mean(axis=0), min(DIMENSIONS, len(x)), random_state=0)
    return np.asarray(left * length, dtype=np.float32)


def badge(items: Items, room: Ints, count: int) -> Ints:
    """Draw centres of k-means++ among the gradients of the last layer, the longest first (Ash et al. 2020).

    The gradient of an item is the outer product of (probabilities - its likeliest class) and its features, so lengths and inner
    products factor, and the N x (K D) matrix is never made.
    """
    assert items.probabilities is not None
    x, error = items.features_of(), np.asarray(items.probabilities[items.rows], dtype=np.float32)
    error[np.arange(len(error)), error.argmax(axis=1)] -= 1
    length = squares(x) * squares(error)
    draws = items.lots.steps(count, "badge")

    def distance(chosen: int) -> Matrix:
        return np.asarray(length + length[chosen] - 2 * (error @ error[chosen]) * (x @ x[chosen]))

    def choose(nearest: Matrix, step: int) -> int:
        return sample(nearest, draws[step]) if step else int(np.where(nearest < 0, -1, length).argmax())

    return _greedy(np.full(len(x), np.inf, dtype=np.float32), items.group, room, count, distance, choose)


def coreset(items: Items, room: Ints, count: int) -> Ints:
    """Take again and again the item farthest from all labelled and chosen ones: greedy k-centre (Sener and Savarese 2018).

    With nothing labelled, the first is drawn by lot.
    """
    x = items.features_of()
    middle = x.mean(axis=0)
    x -= middle  # short vectors, small rounding errors
    length = squares(x)
    nearest = np.full(len(x), np.inf, dtype=np.float32)
    if items.labelled is not None and len(items.labelled):
        labelled = np.asarray(items.labelled, dtype=np.float32) - middle
        _, nearest = nearest_centre(x, labelled)

    def distance(chosen: int) -> Matrix:
        return np.asarray(length + length[chosen] - 2 * (x @ x[chosen]))

    return _greedy(nearest, items.group, room, count, distance, lambda near, step: int(near.argmax()))


def _greedy(
    nearest: Matrix,
    group: Ints,
    room: Ints,
    count: int,
    distance: Callable[[int], Matrix],
    choose: Callable[[Matrix, int], int],
) -> Ints:
    """Choose one by one, given each item's squared distance to the nearest chosen one; -1 marks who cannot be chosen."""
    room = room.copy()
    chosen: list[int] = []
    nearest[room[group] < 1] = -1
    while len(chosen) < count and nearest.max(initial=-1) >= 0:
        one = choose(nearest, len(chosen))
        chosen.append(one)
        room[group[one]] -= 1
        np.minimum(nearest, np.maximum(distance(one), 0), out=nearest)
        nearest[group == group[one] if room[group[one]] < 1 else one] = -1
    return np.array(chosen, dtype=np.intp)


def typical(items: Items, room: Ints, count: int) -> Ints:
    """Cluster, and take the most typical item of each cluster, those without labels and then the largest first (Hacohen et al. 2022).

    Needs no model. Of a large pool it looks at a random 20,000; what these cannot fill is drawn by lot.
    """
    x = items.features_of(slice(SAMPLE))
    labelled = np.empty((0, x.shape[1]), np.float32) if items.labelled is None else np.asarray(items.labelled, dtype=np.float32)
    clusters = min(CLUSTERS, len(x), count + len(labelled))
    cluster, centres = kmeans(x, np.ones(len(x)), clusters, items.lots.steps(clusters, "typical"))
    known = np.bincount(nearest_centre(labelled, centres)[0], minlength=len(centres))
    size = np.bincount(cluster, minlength=len(centres))
    best_first = np.lexsort((-_typicality(x, cluster), cluster))
    place = np.empty(len(x), dtype=np.intp)
    place[best_first] = turn(cluster[best_first])
    order = np.lexsort((cluster, -size[cluster], known[cluster], place))
    return within(np.concatenate([order, np.arange(len(x), len(items))]), items.group, room)[:count]


def _typicality(x: Matrix, cluster: Ints) -> NDArray[np.float64]:
    """One over the mean distance to the nearest 20 of the same cluster: (n, D), (n,) -> (n,), 0 where it is not measured."""
    typicality = np.zeros(len(x))
    for one in np.unique(cluster):
        members = np.flatnonzero(cluster == one)[:MEMBERS]
        neighbours = min(NEIGHBOURS, len(members) - 1)
        if neighbours:
            near = x[members] - x[members].mean(axis=0)
            length = squares(near)
            apart = np.maximum(length[:, None] + length - 2 * near @ near.T, 0)
            closest = np.partition(apart, neighbours, axis=1)[:, : neighbours + 1]  # the item itself is among them, at 0
            typicality[members] = 1 / (np.sqrt(closest).sum(axis=1) / neighbours + 1e-9)
    return typicality
