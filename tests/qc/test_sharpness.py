"""Sharpness of whole films."""

import numpy as np
import pytest
from qc.shapes import Pose, by_name, frontal, frontal_masks, grey, lateral, mirrored

from medimg.qc.edges import RISE
from medimg.qc.film import Film
from medimg.qc.registry import measure

PIXEL = 1 / 12  # variance of the pixel that a mask's border is drawn with


def sharpness(film):
    return by_name(measure(film))["sharpness"]


@pytest.mark.parametrize("draw", [frontal, lateral])
@pytest.mark.parametrize("blur", [1.0, 1.8, 3.0])
def test_sharpness_is_the_rise_of_the_blur_in_mm(draw, blur):
    value = sharpness(draw(blur=blur, noise=0.004))
    assert value.unit == "mm"
    assert value.value == pytest.approx(RISE * 0.8 * np.sqrt(blur**2 + PIXEL), rel=0.06)


def test_sharpness_in_mm_does_not_depend_on_the_size_of_pixels():
    fine = sharpness(frontal(Pose(spacing=0.4, shape=(1000, 1000)), blur=4.0, noise=0.004)).value
    assert fine == pytest.approx(RISE * 1.6, rel=0.05)


def test_a_contour_that_is_two_pixels_off_does_not_matter():
    picture, masks = grey(frontal_masks(), blur=1.8, noise=0.004), frontal_masks()
    off = {organ: np.roll(mask, (2, 1), axis=(0, 1)) for organ, mask in masks.items()}
    straight, shifted = (sharpness(Film("PA", drawn, picture, (0, 0, 500, 500), 0.8)).value for drawn in (masks, off))
    assert shifted == pytest.approx(straight, rel=0.04)


def test_without_the_size_of_pixels_it_is_told_in_pixels():
    film = frontal(blur=1.8, noise=0.004)
    value = sharpness(Film("PA", film.masks, film.pixels, film.field))
    assert value.unit == "px"
    assert value.value == pytest.approx(sharpness(film).value / 0.8)


def test_scale_mirror_and_bit_depth_do_not_matter():
    film = frontal(blur=1.8, noise=0.004)
    value = sharpness(film).value
    assert sharpness(Film("PA", film.masks, 0.3 * film.pixels + 0.1, film.field, 0.8)).value == pytest.approx(value, rel=1e-3)
    assert sharpness(Film("PA", film.masks, np.rint(film.pixels * 255).astype(np.float32) / 255, film.field, 0.8)).value == pytest.approx(
        value, rel=0.02
    )
    assert sharpness(mirrored(film)).value is not None


def test_marks_lie_on_the_edges_and_the_profiles_are_counted():
    value = sharpness(frontal(blur=1.8, noise=0.004))
    assert {mark.label for mark in value.marks} == {"right dome", "left dome", "left heart border"}
    assert value.gates["edge_profiles"] > 200
    assert value.gates["edge_spread"] < 0.1


def test_a_film_without_edges_has_no_sharpness():
    film = frontal()
    noise = np.random.default_rng(0).normal(0.5, 0.1, film.pixels.shape).astype(np.float32)
    assert "no border" in sharpness(Film("PA", film.masks, noise, film.field, 0.8)).reason
