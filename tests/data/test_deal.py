import numpy as np
import pytest
from cohorts import digest

from medimg.data.deal import deal


def table(seed, *, patients=120, groups=5, most=9):
    """Counts of images per patient and group; the first group is all of a patient's images."""
    draw = np.random.default_rng(seed)
    images = draw.multinomial(1, draw.dirichlet(np.full(groups, 3.0)), patients) * draw.integers(1, most + 1, (patients, 1))
    return np.hstack([images.sum(axis=1, keepdims=True), images])


def dealt(images, shares, *, seed=0, vital=True):
    draw = [digest(seed, patient) for patient in range(len(images))]
    return deal(images, np.full(images.shape[1], vital), shares, draw)


def got(images, part, parts):
    return np.stack([images[part == p].sum(axis=0) for p in range(parts)])


@pytest.mark.parametrize("seed", range(20))
def test_single_images_are_dealt_evenly_to_the_patient(seed):
    images = table(seed, most=1)
    counts = got(images, dealt(images, [0.2] * 5), 5)
    assert (np.ptp(counts, axis=0) <= 2).all()
    assert np.ptp(counts, axis=0)[1:].sum() <= images.shape[1]


@pytest.mark.parametrize("seed", range(20))
def test_each_part_gets_its_share_of_images_and_patients(seed):
    images, shares = table(seed, patients=400), np.array([0.15, 0.25, 0.6])
    part = dealt(images, shares)
    for counted in (images, images > 0):
        off = got(counted, part, 3) / counted.sum(axis=0) - shares[:, None]
        one_patient = counted.max(axis=0) / counted.sum(axis=0)
        assert (np.abs(off) <= np.maximum(0.01, one_patient)).all()


@pytest.mark.parametrize("seed", range(30))
def test_no_part_lacks_a_group_that_has_a_patient_for_each(seed):
    draw = np.random.default_rng(seed)
    images = (draw.random((60, 8)) < draw.uniform(0.08, 0.4, 8)).astype(int)
    images[:, 0] = 1 + images[:, 1:].sum(axis=1)
    for shares in ([0.25] * 4, [0.1, 0.9]):
        lacks = got(images, dealt(images, shares), len(shares)) == 0
        assert not lacks[:, (images > 0).sum(axis=0) >= len(shares)].any()


def test_the_larger_part_comes_first_where_there_is_one_patient():
    images = np.array([[1, 1, 0]] * 30 + [[1, 0, 1]])
    assert dealt(images, [0.2, 0.8])[-1] == 1


def test_a_small_part_gets_patients_as_large_as_the_others():
    sizes = []
    for seed in range(40):
        images = table(seed, patients=60, most=30)
        part = dealt(images, [0.2, 0.8], seed=seed)
        sizes.append(images[part == 0, 0].mean() / images[:, 0].mean())
    assert abs(np.mean(sizes) - 1) < 0.03


def test_the_draw_decides_and_nothing_else():
    images = table(3)
    first, again, other = (dealt(images, [0.2] * 5, seed=seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).mean() > 0.5


def test_groups_that_nobody_has_and_patients_alone_are_no_trouble():
    assert sorted(dealt(np.array([[2, 0, 2], [3, 0, 3], [1, 0, 1]]), [1 / 3] * 3)) == [0, 1, 2]
    assert dealt(np.array([[4, 0]]), [0.2, 0.8]).tolist() == [1]
