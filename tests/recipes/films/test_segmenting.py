"""Organs by batches: one padded batch or many give the same, memory that runs out halves, and a film shown inverted is turned over."""

import numpy as np
import pytest
from qc.shapes import Pose, frontal_masks, grey

from medimg.data.film_frame import framed
from medimg.io.film_reader import ReadFilm
from medimg.recipes.films.segmenting import in_memory, organs_of

POSE = Pose(spacing=3.2, shape=(125, 120))


class Network:
    """Knows the masks of the film; sees lungs only where they are dark. Holds at most `room` films at once."""

    name, device = "fake", "cpu"

    def __init__(self, masks, room=99, accelerator=False):
        self.masks, self.room, self.accelerator, self.batches = masks, room, accelerator, []

    def organs(self, view):
        return tuple(self.masks) if view == "PA" else ()

    def segment(self, images, views):
        if len(images) > self.room or self.accelerator:
            raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")
        self.batches.append(len(images))
        return [self._one(image) for image in images]

    def _one(self, image):
        padded = {}
        for organ, mask in self.masks.items():
            padded[organ] = np.zeros(image.shape, bool)
            wide = framed(mask)
            padded[organ][: wide.shape[0], : wide.shape[1]] = wide
        dark = image[padded["lung_r"]].mean() < image[padded["mediastinum"]].mean()
        return padded, dict.fromkeys(padded, 0.95 if dark else 0.3)

    def to_processor(self):
        moved, self.accelerator = self.accelerator, False
        return moved


def film(pixels, masks=None, view="PA"):
    rows, columns = pixels.shape
    return ReadFilm(
        "f", "", view, pixels, pixels, 0, 1, None, (0, 0, rows, columns), None, [], {}, {}, {}, masks or {}, (), 1.0,
    )  # fmt: skip


@pytest.fixture
def masks():
    return frontal_masks(POSE)


def test_masks_have_the_size_of_their_film(masks):
    found = organs_of([film(grey(masks))], Network(masks))[0]
    np.testing.assert_array_equal(found.masks["heart"], masks["heart"])
    assert found.trust["heart"] == 0.95
    assert found.device == "cpu"


def test_a_network_sees_a_film_go_on_beyond_its_frame_and_black_then(masks):
    class Looking(Network):
        def segment(self, images, views):
            self.seen = images.copy()
            return super().segment(images, views)

    network, pixels = Looking(masks), grey(masks)[:, 8:]
    organs_of([film(pixels)], network)
    wide, (square, *_) = framed(pixels), network.seen
    np.testing.assert_array_equal(square[: wide.shape[0], : wide.shape[1]], wide)
    assert not square[:, wide.shape[1] :].any()


def test_given_masks_are_not_asked_for_again(masks):
    network = Network(masks)
    found = organs_of([film(grey(masks), masks), film(grey(masks))], network)
    assert network.batches == [1]
    assert found[0].trust == {}


def test_a_film_shown_inverted_is_turned_over_for_the_network(masks):
    found = organs_of([film(1 - grey(masks)), film(grey(masks))], Network(masks))
    assert [one.notes for one in found] == [("inverted_for_network",), ()]
    assert found[0].trust["lung_r"] == 0.95


@pytest.mark.parametrize(("sure", "asked"), [(0.83, [1, 1]), (0.87, [1])])
def test_a_film_whose_lungs_are_unsure_is_asked_about_turned_over_too(masks, sure, asked):
    class Unsure(Network):
        def _one(self, image):
            return super()._one(image)[0], dict.fromkeys(self.masks, sure if image.mean() < 0.5 else 0.7)

    network = Unsure(masks)
    (found,) = organs_of([film(grey(masks) * 0.4)], network)
    assert network.batches == asked
    assert found.notes == ()
    assert found.trust["lung_r"] == sure


def test_a_view_that_no_network_knows_has_no_organs(masks):
    assert organs_of([film(grey(masks), view="LAT")], Network(masks))[0].notes == ("no_organs",)


def test_memory_that_runs_out_halves_the_batch(masks):
    network = Network(masks, room=2)
    images = np.stack([framed(grey(masks, seed=seed)) for seed in range(5)])
    assert len(in_memory(network, images, ["PA"] * 5)) == 5
    assert network.batches == [2, 1, 2]


def test_a_single_film_goes_to_the_processor_and_then_gives_up(masks):
    network = Network(masks, accelerator=True)
    assert len(in_memory(network, framed(grey(masks))[None], ["PA"])) == 1
    with pytest.raises(MemoryError):
        in_memory(Network(masks, room=0), framed(grey(masks))[None], ["PA"])


def test_other_faults_are_not_hidden(masks):
    with pytest.raises(KeyError):
        in_memory(Network({}), framed(grey(masks))[None], ["PA"])
