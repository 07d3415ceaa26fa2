"""Pictures of one group, and the spaces they are compared in."""

import numpy as np
from evaluate.blobs import blobs

from medimg.evaluate.spaces import Pictures, spaces_of

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
