import numpy as np
import pytest

from medimg.recipes.films.packed import pack, unpack


@pytest.mark.parametrize("shape", [(5, 7), (16, 16), (1, 1)])
@pytest.mark.parametrize("manual", [True, False])
def test_masks_come_back_bit_by_bit(shape, manual):
    random = np.random.default_rng(0)
    masks = {organ: random.random(shape) < 0.5 for organ in ("lung_r", "heart", "spine")}
    found, told = unpack(pack(masks, manual))
    assert told is manual
    assert list(found) == list(masks)
    for organ, mask in masks.items():
        np.testing.assert_array_equal(found[organ], mask)


def test_a_film_without_masks_has_none():
    assert unpack(pack({}, False)) == ({}, False)
