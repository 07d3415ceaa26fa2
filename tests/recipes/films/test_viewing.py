"""The view of films whose file does not tell it."""

import numpy as np
import pytest

from medimg.io.film_reader import ReadFilm
from medimg.recipes.films.viewing import tells_views, with_views

ORGANS = {"PA": ("lung_r", "lung_l", "heart", "trachea"), "LAT": ("lung", "heart", "sternum")}


class Sure:
    """Two networks, as sure of the organs of a film as its pixels say: those of its upper row for PA, of its lower row for LAT."""

    name = "fake"

    def __init__(self, views=("PA", "LAT"), lost=()):
        self.views, self.lost = views, lost

    def organs(self, view):
        return ORGANS[view] if view in self.views else ()

    def segment(self, images, views):
        return [self._one(image, view) for image, view in zip(images, views, strict=True)]

    def _one(self, image, view):
        trust = float(image[0 if view == "PA" else 1, 0])
        masks = {organ: np.full(image.shape, organ not in self.lost) for organ in ORGANS[view]}
        return masks, {organ: trust for organ in masks if organ not in self.lost}

    def to_processor(self):
        return False


def film(pa, lateral, view=""):
    pixels = np.array([[pa] * 2, [lateral] * 2], np.float32)
    return ReadFilm("f", "", view, pixels, pixels, 0, 1, None, (0, 0, 2, 2), None, [], {}, {}, {}, {}, ("repaired",), 1.0)


def test_a_film_gets_the_view_whose_network_is_surer():
    found = with_views([film(0.9, 0.6), film(0.55, 0.8), film(0.5, 0.9, view="PA")], Sure())
    assert [one.view for one in found] == ["PA", "LAT", "PA"]
    assert [one.notes for one in found] == [("repaired", "view_by_networks"), ("repaired", "view_by_networks"), ("repaired",)]


def test_an_organ_that_belongs_there_and_is_not_found_speaks_against_a_view():
    assert with_views([film(0.9, 0.9)], Sure(lost=("sternum",)))[0].view == "PA"
    assert with_views([film(0.9, 0.9)], Sure(lost=("trachea",)))[0].view == ""


@pytest.mark.parametrize(("pa", "lateral"), [(0.8, 0.75), (0.7, 0.7), (0.0, 0.0)])
def test_a_film_that_looks_like_both_or_none_stays_without(pa, lateral):
    assert with_views([film(pa, lateral)], Sure())[0].view == ""


def test_views_are_told_by_networks_of_both_only():
    assert [tells_views(Sure(views)) for views in (("PA", "LAT"), ("PA",), ("LAT",))] == [True, False, False]
    assert with_views([film(0.9, 0.1)], None)[0].view == ""
