"""Planted copies are found, independent pictures are not."""

import numpy as np
import pytest
from evaluate.blobs import blobs, counted, expected
from scipy import ndimage, stats

from medimg.evaluate.generating.nearest import (
    CHUNK,
    SHARE,
    SURPRISE,
    Copies,
    beyond_chance,
    blurred,
    copies,
    feature_distances,
    neighbours,
    pixel_distances,
)  # fmt: skip
from medimg.metrics import Undefined

COPIED = {
    "exact": lambda rng, pictures: pictures,
    "noisy": lambda rng, pictures: pictures + rng.normal(0, 0.03, pictures.shape),
    "mirrored": lambda rng, pictures: pictures[:, :, ::-1],
    "shifted": lambda rng, pictures: np.roll(pictures, (2, -1), axis=(1, 2)),
    "mirrored, shifted and smoothed": lambda rng, pictures: ndimage.gaussian_filter(
        np.roll(pictures[:, :, ::-1], 1, axis=2), (0, 0.6, 0.6)
    ),
}


def judged(pictures, real, distances=pixel_distances):
    patients = np.arange(len(real)).astype(str)
    reference = neighbours(distances, real, real, patients, patients)
    return copies(neighbours(distances, pictures, real, patients), reference)


@pytest.mark.parametrize("how", COPIED)
def test_planted_copies_are_found_among_independent_pictures(how):
    rng = np.random.default_rng(1)
    real = blobs(rng, 60)
    shown = np.concatenate([blobs(rng, 90), COPIED[how](rng, real[:10])])
    assert set(judged(blurred(shown), blurred(real)).found) == set(range(90, 100))


@pytest.mark.parametrize("size", [32, 64, 128])
def test_copies_are_found_in_pictures_of_every_size(size):
    rng = np.random.default_rng(2)
    real = blobs(rng, 30, size)
    shown = np.concatenate([blobs(rng, 20, size), np.roll(real[:3, :, ::-1], size // 16, axis=1)])
    assert set(judged(blurred(shown), blurred(real)).found) == {20, 21, 22}


def test_rotated_zoomed_and_inverted_copies_are_not_seen_in_pixels():
    rng = np.random.default_rng(3)
    real = blobs(rng, 60)
    turned = ndimage.rotate(real[:10], 20, axes=(1, 2), reshape=False)
    zoomed = np.stack([ndimage.zoom(picture, 1.3)[5:37, 5:37] for picture in real[:10]])
    assert not len(judged(blurred(np.concatenate([turned, zoomed, 1 - real[:10]])), blurred(real)).found)


@pytest.mark.parametrize("real", [12, 40])
def test_false_alarms_of_pictures_are_as_stated_and_seldom_loud(real):
    rng = np.random.default_rng(4)
    draws = [judged(blurred(blobs(rng, 60)), blurred(blobs(rng, real))) for _ in range(40)]
    assert np.mean([(draw.chance < 0.05).mean() for draw in draws]) == pytest.approx(0.05, abs=0.02)
    assert sum(len(draw.found) for draw in draws) <= 8  # 2.4 expected
    assert not beyond_chance([draw.surprise for draw in draws]).any()


@pytest.mark.parametrize(("dimensions", "real"), [(2, 30), (8, 12), (8, 100), (64, 40)])
def test_false_alarms_of_features_are_near_what_is_stated(dimensions, real):
    rng = np.random.default_rng(5)
    draws = [judged(rng.normal(size=(100, dimensions)), rng.normal(size=(real, dimensions)), feature_distances) for _ in range(400)]
    chances = np.stack([draw.chance for draw in draws])
    assert (chances < 0.1).mean() == pytest.approx(0.1, abs=0.02)
    assert np.mean([len(draw.found) for draw in draws]) < 3 * draws[0].expected
    assert np.mean([draw.surprise < SURPRISE for draw in draws]) < 0.02
    assert np.mean([draw.surprise < 0.01 for draw in draws]) < 0.05  # pictures share the real ones that they are measured by


def test_too_many_are_beyond_chance_and_so_is_a_single_picture_that_is_the_same():
    def told(*chances, of):
        return Copies(np.arange(len(chances)), 0.3, np.array([*chances, *[0.5] * (of - len(chances))]))

    many, few, same, none = told(*[SHARE / 2] * 7, of=1000), told(*[SHARE / 2] * 3, of=1000), told(0.0, of=1000), told(of=1000)
    assert [bool(beyond_chance([each.surprise])) for each in (many, few, same, none)] == [True, False, True, False]
    assert none.expected == pytest.approx(1)
    assert none.surprise == 1


def test_what_would_be_too_many_in_one_group_is_not_in_one_of_many():
    seven = Copies(np.arange(7), 0.3, np.array([*[SHARE / 2] * 7, *[0.5] * 993])).surprise
    assert seven == pytest.approx(2 * stats.poisson.sf(6, 1))
    assert SURPRISE / 100 < seven < SURPRISE
    assert list(beyond_chance([seven, *[1.0] * 3])) == [True, False, False, False]
    assert not beyond_chance([seven, *[1.0] * 99]).any()
    assert list(beyond_chance([0.0, *[1.0] * 999])).count(True) == 1


def test_a_run_without_copies_is_seldom_told_to_have_some():
    """A thousand runs of twenty groups in which every chance is as likely as any other: as many alarms as stated, or fewer."""
    runs = np.random.default_rng(0).uniform(size=(1000, 20))
    assert sum(beyond_chance(run).any() for run in runs) <= 5  # 1 expected


def test_smooth_pictures_near_the_mean_of_all_are_no_copies():
    rng = np.random.default_rng(6)
    patients = expected(rng, 60)
    mean = patients.mean(axis=0) + 0.1 * (expected(rng, 200) - patients.mean(axis=0))
    assert not len(judged(blurred(mean), blurred(counted(rng, patients))).found)


def test_a_second_image_of_a_patient_is_neither_a_neighbour_of_the_first_nor_a_second_patient():
    rng = np.random.default_rng(7)
    features = rng.normal(size=(20, 4))
    real, patients = np.concatenate([features, features + 1e-3]), np.tile(np.arange(20), 2)
    near = neighbours(feature_distances, features[:3] + 1e-4, real, patients)
    among = neighbours(feature_distances, real, real, patients, patients)
    assert (patients[near.row] == [0, 1, 2]).all()
    assert (near.ratio < 0.01).all()
    assert (patients[among.row] != patients).all()
    assert among.ratio.min() > 0.1


def test_chunks_change_nothing():
    rng = np.random.default_rng(8)
    queries, real = rng.normal(size=(CHUNK + 30, 3)), rng.normal(size=(50, 3))
    patients = np.arange(50) // 2
    whole = feature_distances(queries, real)
    near = neighbours(feature_distances, queries, real, patients)
    assert (near.row == whole.argmin(axis=1)).all()
    for query, row, following in zip(whole, near.row, near.next, strict=True):
        assert following == query[patients != patients[row]].min()


def test_pixel_distance_is_the_root_mean_square_over_the_best_fit():
    rng = np.random.default_rng(9)
    one, other = rng.random((1, 8, 8)), rng.random((1, 8, 8))
    wide = np.pad(other[0], 2, mode="edge")
    moved = [wide[r : r + 8, c : c + 8][:, ::side] for r in range(5) for c in range(5) for side in (1, -1)]
    least = min(np.sqrt(((one[0] - picture) ** 2).mean()) for picture in moved)
    assert pixel_distances(one, other)[0, 0] == pytest.approx(least, abs=1e-12)
    assert pixel_distances(one, one[:, :, ::-1])[0, 0] == 0


def test_too_few_patients_are_said_and_so_are_real_pictures_that_are_all_the_same():
    real = np.random.default_rng(0).normal(size=(6, 3))
    assert neighbours(feature_distances, real, real, ["a", "a", "b", "b", "a", "b"]) == Undefined(
        "too few real patients to compare with: at least 3 are needed"
    )
    assert isinstance(judged(real, np.zeros((6, 3)), feature_distances), Undefined)


def test_an_exact_copy_is_found_even_where_there_are_three_patients():
    real = np.random.default_rng(1).normal(size=(3, 5))
    assert list(judged(np.concatenate([real[:1], real[:1] + 5]), real, feature_distances).found) == [0]
