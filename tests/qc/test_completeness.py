"""Missing, cut, broken and distrusted organs."""

import numpy as np
import pytest
from qc.shapes import Pose, box, by_name, ellipse, fill, frontal, frontal_masks, lateral

from medimg.qc.completeness import EXPECTED
from medimg.qc.film import Film
from medimg.qc.registry import measure


def without(film, *organs):
    empty = np.zeros((film.height, film.width), dtype=bool)
    masks = {organ: empty if organ in organs else mask for organ, mask in film.masks.items()}
    return Film(film.view, masks, film.pixels, film.field, film.spacing_mm, film.stored, film.trust)


@pytest.mark.parametrize("organ", EXPECTED["PA"])
def test_each_organ_of_a_frontal_film_is_missed(organ):
    value = by_name(measure(without(frontal(pixels=False), organ)))["organs_missing"]
    assert value.value == 1
    assert value.gates["unexplained"] == 1
    assert value.gates[f"missing_{organ}"] == 1


@pytest.mark.parametrize("organ", EXPECTED["LAT"])
def test_each_organ_of_a_lateral_film_is_missed(organ):
    value = by_name(measure(without(lateral(pixels=False), organ)))["organs_missing"]
    assert value.value == 1
    assert value.gates[f"missing_{organ}"] == 1


def test_a_whole_film_misses_nothing_and_an_empty_one_everything():
    for film in (frontal(pixels=False), lateral(pixels=False)):
        assert by_name(measure(film))["organs_missing"].value == 0
        assert by_name(measure(without(film, *film.masks)))["organs_missing"].value == len(EXPECTED[film.view])


def test_an_organ_beyond_the_frame_is_explained_by_its_neighbour():
    film = without(frontal(Pose(shift=(110.0, 0.0)), pixels=False), "diaphragm_l", "diaphragm_r", "scapula_r")
    value = by_name(measure(film))["organs_missing"]
    assert value.value == 3
    assert value.gates["unexplained"] == 1
    assert (value.gates["missing_diaphragm_r"], value.gates["missing_scapula_r"]) == (0, 1)


def test_a_speck_is_no_organ():
    film = frontal(pixels=False)
    mask = np.zeros(Pose().shape, dtype=bool)
    mask[100:110, 100:110] = True
    value = by_name(measure(Film("PA", {**film.masks, "heart": mask}, None, film.field)))
    assert value["organs_missing"].gates["missing_heart"] == 1
    assert value["cardiothoracic_ratio"].reason == "too little was found of the heart"


@pytest.mark.parametrize("cut", [30, 60, 150])
def test_the_share_of_a_contour_at_the_frame_is_that_of_a_cut_box(cut):
    shape = (500, 500)
    masks = frontal_masks(Pose(shift=(0, 30)))
    masks["heart"] = fill(box(200.2, 500.2 - cut, 300.2, 620.2), shape)
    value = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["organ_cut"]
    assert value.gates["cut_heart"] == pytest.approx((100 + 2) / (200 + 2 * cut - 4), abs=0.01)
    assert value.value == max(value.gates[name] for name in ("cut_heart", "cut_lung_r", "cut_lung_l"))


def test_the_share_of_a_cut_disc_follows_from_its_chord():
    masks = frontal_masks()
    masks["heart"] = fill(ellipse(300, 460, 80, 80), (500, 500))  # 39.5 px from the frame: a chord
    half = np.arccos(39.5 / 80)
    chord = 2 * 80 * np.sin(half)
    value = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["organ_cut"]
    assert value.gates["cut_heart"] == pytest.approx(chord / (chord + (2 * np.pi - 2 * half) * 80), abs=0.01)


def test_nothing_is_cut_two_pixels_off_the_edge_and_the_field_counts_not_the_picture():
    masks = frontal_masks()
    masks["heart"] = fill(box(199.5, 299.5, 300.5, 400.5), (500, 500))
    whole = by_name(measure(Film("PA", masks, None, (0, 0, 500, 403))))["organ_cut"].gates["cut_heart"]
    cut = by_name(measure(Film("PA", masks, None, (0, 0, 500, 402))))["organ_cut"].gates["cut_heart"]
    assert whole == 0
    assert cut > 0.2


def test_shoulders_beyond_the_frame_are_told_apart_from_lungs():
    value = by_name(measure(frontal(field=(0, 30, 500, 470), pixels=False)))
    assert value["organ_cut"].value == 0
    assert value["shoulder_cut"].value > 0.2
    assert {mark.label for mark in value["shoulder_cut"].marks} >= {"cut right scapula", "cut left scapula"}


def test_area_and_balance_of_the_lungs_are_those_of_their_pixels():
    film, masks = frontal(pixels=False), frontal_masks()
    found = by_name(measure(film))
    assert found["lung_area"].value == pytest.approx((masks["lung_r"].sum() + masks["lung_l"].sum()) / 250_000, rel=0.001)
    widths = [np.ptp(np.flatnonzero(masks[organ].any(axis=0))) + 1 for organ in ("lung_r", "lung_l")]
    assert found["lung_balance"].value == pytest.approx(min(widths) / max(widths))


def test_fragments_are_what_lies_outside_the_largest_part():
    film, masks = frontal(pixels=False), frontal_masks()
    whole = by_name(measure(film))["lung_fragments"].value
    masks["lung_r"][20:40, 20:60] = True
    found = by_name(measure(Film("PA", masks, None, film.field)))
    assert whole < 0.001
    assert found["lung_fragments"].value == pytest.approx(800 / masks["lung_r"].sum(), abs=0.001)
    assert found["apex_margin"].gates["fragments"] == found["lung_fragments"].value


def test_trust_is_the_least_one_of_the_organs_that_are_there():
    trust = dict.fromkeys(EXPECTED["PA"], 0.9) | {"heart": 0.65}
    value = by_name(measure(frontal(trust=trust, pixels=False)))
    assert value["mask_trust"].value == 0.65
    assert value["cardiothoracic_ratio"].gates["trust"] == 0.65
    assert value["rotation"].gates["trust"] == 0.9
    assert by_name(measure(frontal(trust=trust | {"heart": np.nan}, pixels=False)))["mask_trust"].value is None
    assert not by_name(measure(frontal(pixels=False)))["mask_trust"].applicable


def test_angles_are_counted_and_cut_ones_explained():
    found = by_name(measure(frontal(pixels=False)))["angles_found"]
    assert (found.value, found.gates["unexplained"], found.gates["angles_cut"]) == (2, 0, 0)
    cut = by_name(measure(frontal(Pose(shift=(0.0, -75.0)), pixels=False)))["angles_found"]
    assert (cut.value, cut.gates["unexplained"], cut.gates["angles_cut"]) == (1, 0, 1)
    masks = frontal_masks()
    masks["lung_l"][330:] = False
    gone = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["angles_found"]
    assert (gone.value, gone.gates["unexplained"]) == (1, 1)
    assert by_name(measure(lateral(apart=(10.0, 5.0), pixels=False)))["angles_found"].value == 2
