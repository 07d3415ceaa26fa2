"""The view that films look like, and the way round, whether their file tells these or not."""

import numpy as np
import pytest

from medimg.io.film_reader import ReadFilm
from medimg.recipes.films.segmenting import organs_of
from medimg.recipes.films.turning import AS_IS, MIRRORED, possible
from medimg.recipes.films.viewing import as_they_look, tells_views, with_doubts

FRONTAL = ("lung_r", "lung_l", "heart", "trachea")
ORGANS = {"PA": FRONTAL, "AP": FRONTAL, "LAT": ("lung", "heart", "sternum")}


class Sure:
    """Two networks, as sure of the organs of a film as its pixels say: those of its upper row for PA, of its lower row for LAT."""

    name, device = "fake", "cpu"

    def __init__(self, views=("PA", "LAT"), lost=()):
        self.views, self.lost = views, lost

    def organs(self, view):
        return ORGANS[view] if view in self.views else ()

    def segment(self, images, views):
        return [self._one(image, view) for image, view in zip(images, views, strict=True)]

    def _one(self, image, view):
        trust = float(image[1 if view == "LAT" else 0, 0])
        masks = {organ: np.full(image.shape, organ not in self.lost) for organ in ORGANS[view]}
        return masks, {organ: trust for organ in masks if organ not in self.lost}

    def to_processor(self):
        return False


def film(pa, lateral, view=""):
    pixels = np.array([[pa] * 2, [lateral] * 2], np.float32)
    return ReadFilm("f", "", view, pixels, pixels, 0, 1, None, (0, 0, 2, 2), None, [], {}, {}, {}, {}, ("repaired",), 1.0)


def look(films, segmenter):
    return [film for film, _ in as_they_look(films, segmenter)]


def test_a_film_gets_the_view_whose_network_is_surer():
    found = look([film(0.9, 0.6), film(0.55, 0.8), film(0.5, 0.9, view="PA")], Sure())
    assert [one.view for one in found] == ["PA", "LAT", "PA"]
    assert [one.notes for one in found] == [("repaired", "view_by_networks"), ("repaired", "view_by_networks"), ("repaired",)]


def test_an_organ_that_belongs_there_and_is_not_found_speaks_against_a_view():
    assert look([film(0.9, 0.9)], Sure(lost=("sternum",)))[0].view == "PA"
    assert look([film(0.9, 0.9)], Sure(lost=("trachea",)))[0].view == ""


@pytest.mark.parametrize(("pa", "lateral"), [(0.8, 0.77), (0.7, 0.7), (0.0, 0.0)])
def test_a_film_that_looks_like_both_or_none_stays_without(pa, lateral):
    assert look([film(pa, lateral)], Sure())[0].view == ""


def test_views_are_told_by_networks_of_both_only():
    assert [tells_views(Sure(views)) for views in (("PA", "LAT"), ("PA",), ("LAT",))] == [True, False, False]
    assert look([film(0.9, 0.1)], None)[0].view == ""


class Upright(Sure):
    """Networks that are sure of a film that is bright in the upper left, half as bright below, and `ambiguous` of its mirror image."""

    def __init__(self, ambiguous=0.0, sure=0.9):
        super().__init__()
        self.ambiguous, self.trust = ambiguous, sure

    def _one(self, image, view):
        there = [image.sum() == 1.5 and (image[:2, column] == (1, 0.5)).all() for column in (0, 1)]  # not with its grey turned over
        trust = self.trust if there[0] else self.ambiguous if there[1] else 0.0
        return {organ: np.full(image.shape, True) for organ in ORGANS[view]}, dict.fromkeys(ORGANS[view], trust)


def lying(way, view, note="orientation_unknown"):
    """A film of three rows and two columns that is upright once `way` is undone."""
    pixels = np.zeros((3, 2), np.float32)
    pixels[:2, 0] = 1, 0.5
    transpose, rows, columns = way
    pixels = pixels[:: -1 if rows else 1, :: -1 if columns else 1]
    pixels = np.ascontiguousarray(pixels.T if transpose else pixels)
    field = (0, 0, *pixels.shape)
    at_source = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    return ReadFilm("f", "", view, pixels, pixels, 0, 1, None, field, None, at_source, {}, {}, {}, {}, (note,), 1.0)


@pytest.mark.parametrize("note", ["orientation_unknown", "no_header"])
@pytest.mark.parametrize("way", possible("LAT"))
def test_a_lateral_that_does_not_tell_its_way_is_turned_to_the_one_it_looks_like(way, note):
    given = lying(way, "LAT", note)
    (found,) = look([given], Upright())
    assert found.pixels.shape == (3, 2)
    assert found.pixels[0, 0] == found.stored[0, 0] == 1
    assert found.field == (0, 0, 3, 2)
    assert ("turned_by_networks" in found.notes) == (way != AS_IS)
    row, column = (round(sum(a * b for a, b in zip(line, (0, 0, 1), strict=True))) for line in found.to_source)
    assert given.pixels[row, column] == 1


def test_a_frontal_film_is_turned_but_never_mirrored():
    assert len(possible("PA")) == 4
    assert all(look([lying(way, "PA")], Upright())[0].pixels[0, 0] == 1 for way in possible("PA"))
    assert look([lying(MIRRORED, "PA")], Upright())[0].notes == ("orientation_unknown",)


def test_a_lateral_whose_mirror_image_looks_better_but_doubtful_is_tried_in_the_other_ways():
    given = lying((True, True, True), "LAT")
    mirrored = np.ascontiguousarray(given.pixels[:, ::-1])

    class Tempted(Upright):
        def _one(self, image, view):
            masks, trust = super()._one(image, view)
            padded = np.zeros(image.shape, np.float32)
            padded[: mirrored.shape[0], : mirrored.shape[1]] = mirrored
            return masks, dict.fromkeys(trust, 0.6) if np.array_equal(image, padded) else trust

    (found,) = look([given], Tempted())
    assert found.pixels[0, 0] == 1
    assert found.pixels.shape == (3, 2)


def test_a_way_that_the_file_tells_is_kept():
    assert look([lying(MIRRORED, "LAT", "repaired")], Upright())[0].notes == ("repaired",)


def test_a_way_that_alone_shows_the_lungs_plainly_is_taken_though_it_is_hardly_better():
    assert look([lying(MIRRORED, "LAT")], Upright(ambiguous=0.71, sure=0.73))[0].notes == ("turned_by_networks",)


def test_a_way_that_is_hardly_better_is_not_taken():
    assert look([lying(MIRRORED, "LAT")], Upright(ambiguous=0.87))[0].notes == ("orientation_unknown",)


def test_an_unlikely_way_that_does_not_show_the_lungs_plainly_is_not_taken():
    """Networks are unsure of films of the very ill in any way that these lie."""
    assert look([lying((True, False, True), "PA")], Upright(sure=0.65))[0].notes == ("orientation_unknown",)
    assert look([lying(MIRRORED, "LAT")], Upright(sure=0.65))[0].notes == ("turned_by_networks",)


def test_an_unlikely_way_that_shows_the_lungs_plainly_may_leave_other_organs_in_doubt():
    class Blind(Upright):
        def _one(self, image, view):
            masks, trust = super()._one(image, view)
            return masks, trust | {"heart": min(trust["heart"], 0.6)}

    assert look([lying((True, False, True), "PA")], Blind())[0].notes == ("turned_by_networks",)


def test_unlikely_ways_are_asked_about_doubtful_films_alone():
    counted = []

    class Asked(Upright):
        def segment(self, images, views):
            counted.append(len(images))
            return super().segment(images, views)

    look([lying(AS_IS, "PA"), lying(AS_IS, "LAT")], Asked())
    first = sum(counted)
    assert first == 2 * 3  # a frontal film, a lateral and its mirror image: each twice, as their lungs are bright
    look([lying(AS_IS, "PA")], Asked(sure=0.6))
    assert sum(counted) - first == 2 * (1 + 4)


def test_a_film_without_view_that_lies_on_its_side_gets_both():
    class Frontal(Upright):
        def _one(self, image, view):
            masks, trust = super()._one(image, view)
            return masks, {organ: value * (view == "PA") for organ, value in trust.items()}

    (found,) = look([lying((True, False, True), "")], Frontal())
    assert (found.view, found.notes) == ("PA", ("view_by_networks", "turned_by_networks"))


class Counting(Sure):
    """Counts the films that are asked for."""

    asked = 0

    def segment(self, images, views):
        self.asked += len(images)
        return super().segment(images, views)


def doubts(films, segmenter):
    return [
        (one.exposure.get("PredictedView"), "".join(one.notes).removeprefix("repaired"))
        for one in with_doubts(films, organs_of(films, segmenter), segmenter)
    ]


@pytest.mark.parametrize(
    ("view", "pa", "lateral", "seen"),
    [
        ("PA", 0.6, 0.9, "LAT"),
        ("AP", 0.6, 0.9, "LAT"),
        ("LAT", 0.9, 0.6, "PA"),
        ("PA", 0.6, 0.65, None),  # not clear enough
        ("PA", 0.75, 0.95, None),  # sure enough of its own
        ("LAT", 0.9, 0.9, None),
    ],
)
def test_a_film_that_looks_like_another_view_than_it_is_told_to_be_says_so(view, pa, lateral, seen):
    assert doubts([film(pa, lateral, view)], Sure(views=("PA", "AP", "LAT"))) == [(seen, f"looks_like:{seen}" if seen else "")]


def test_an_organ_that_is_missing_makes_a_told_view_doubtful():
    assert doubts([film(0.8, 0.9, "PA")], Sure(lost=("trachea",))) == [(None, "")]  # no organ that has to be there
    assert doubts([film(0.8, 0.9, "PA")], Sure(lost=("lung_r",)))[0][0] == "LAT"


def test_the_other_network_is_asked_about_doubtful_films_alone():
    segmenter, films = Counting(), [film(0.9, 0.9, "PA"), film(0.6, 0.9, "PA"), film(0.9, 0.95, "LAT")]
    seen = organs_of(films, segmenter)
    before = segmenter.asked
    assert [one.exposure.get("PredictedView") for one in with_doubts(films, seen, segmenter)] == [None, "LAT", None]
    assert segmenter.asked == before + 2  # once as it is and, as these films have bright lungs, once turned over


def test_no_view_is_doubted_without_a_network_of_each():
    assert doubts([film(0.5, 0.9, "PA")], Sure(views=("PA",))) == [(None, "")]
    assert with_doubts([film(0.5, 0.9, "PA")], organs_of([film(0.5, 0.9, "PA")], None), None)[0].notes == ("repaired",)
