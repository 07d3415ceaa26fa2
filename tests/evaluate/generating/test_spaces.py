"""Pictures of one group, and the spaces they are compared in."""

from dataclasses import replace

import numpy as np
from evaluate.blobs import blobs

from medimg.evaluate.generating.spaces import Pictures, closest_pairs, spaces_of

N = 6
PICTURES = Pictures(
    ids=np.array([f"id{n}" for n in range(N)]),
    groups=np.array(["a", "b"] * 3),
    patients=np.array(["p", "p", "q", "q", "r", "r"]),
    pixels=blobs(np.random.default_rng(0), N, 64),
    features=np.random.default_rng(1).normal(5, 3, (N, 4)),
    probabilities=np.full((N, 2), 0.5),
)


def test_pictures_of_one_group_keep_all_that_is_known_of_them():
    own = PICTURES.of("b")
    assert own.ids.tolist() == ["id1", "id3", "id5"]
    assert (own.features == PICTURES.features[1::2]).all()


def test_each_space_knows_the_nearest_pictures_of_other_patients():
    pixel, feature = spaces_of(PICTURES)
    assert (pixel.name, feature.name) == ("pixel", "feature")
    assert pixel.real.shape == (N, 32, 32)
    assert np.allclose(feature.real.std(axis=0), 1)
    for space in (pixel, feature):
        assert (space.patients[space.among.row] != space.patients).all()


def test_the_closest_pairs_come_first_and_each_real_picture_once():
    made = replace(PICTURES, pixels=PICTURES.pixels[[4, 1, 1, 0, 5, 2]] + np.array([0.02, 0.01, 0, 0.3, 0.3, 0.3])[:, None, None])
    pairs = closest_pairs(PICTURES, made, 3)
    assert pairs[:2].tolist() == [[2, 1], [0, 4]]
    assert len(set(pairs[:, 1])) == 3


def test_of_two_patients_no_pair_is_the_closest():
    assert closest_pairs(PICTURES.of("a"), PICTURES, 3).shape == (3, 2)
    assert closest_pairs(replace(PICTURES, patients=np.array(["p", "q"] * 3)), PICTURES, 3).shape == (0, 2)
