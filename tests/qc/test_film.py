"""A film refuses parts that do not fit together, and finds each organ once."""

import numpy as np
import pytest
from qc.shapes import frontal, frontal_masks

from medimg.qc.film import Film, NotApplicable, NotMeasurable, words

EMPTY = np.zeros((40, 50), dtype=bool)


@pytest.mark.parametrize(
    ("film", "fault"),
    [
        (("DP", {"heart": EMPTY}, None, (0, 0, 40, 50)), "view 'DP'"),
        (("PA", {"heart": EMPTY, "spine": EMPTY[:5]}, None, (0, 0, 5, 50)), "different shapes"),
        (("PA", {"heart": EMPTY}, np.zeros((40, 51), dtype=np.float32), (0, 0, 40, 50)), "different shapes"),
        (("PA", {"heart": EMPTY}, None, (0, 0, 41, 50)), "does not lie inside"),
        (("PA", {"heart": EMPTY}, None, (3, 0, 3, 50)), "does not lie inside"),
    ],
)
def test_parts_that_do_not_fit_are_refused(film, fault):
    with pytest.raises(ValueError, match=fault):
        Film(*film)


def test_only_what_lies_in_the_field_is_looked_at():
    film = Film("PA", frontal_masks(), None, (150, 0, 300, 250))
    assert film.organ("lung_r").box[0] == 150
    assert film.organ("lung_r").box[2] == 300
    assert not film.has("scapula_l")


@pytest.mark.parametrize(
    ("organ", "name"), [("lung_r", "right lung"), ("clavicle_l", "left clavicle"), ("lung_both", "overlap of the lungs")]
)
def test_organs_have_plain_names(organ, name):
    assert words(organ) == name
    with pytest.raises(NotMeasurable, match=f"there is no mask of the {name}"):
        Film("PA", {}, None, (0, 0, 9, 9)).organ(organ)


@pytest.mark.parametrize("spacing", [None, 0.0, -1.0, np.nan])
def test_a_size_of_pixels_that_is_none_is_not_used(spacing):
    with pytest.raises(NotApplicable):
        Film("PA", {"heart": EMPTY}, None, (0, 0, 40, 50), spacing).mm()


def test_what_was_found_and_what_was_not_is_remembered():
    film, calls = frontal(pixels=False), []

    def find(seen):
        calls.append(seen)
        if len(calls) == 1:
            raise NotMeasurable("not there")
        return 1

    for _ in range(2):
        with pytest.raises(NotMeasurable, match="not there"):
            film.once(find)
    assert calls == [film]
    assert film.organ("heart") is film.organ("heart")
