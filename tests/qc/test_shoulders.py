"""Clavicles and scapulae against spine and lungs."""

import numpy as np
import pytest
from qc.shapes import APEX, END, Pose, box, by_name, fill, frontal, frontal_masks, mirrored

from medimg.qc.film import Film
from medimg.qc.registry import measure

POSES = [
    Pose(),
    Pose(angle_deg=4),
    Pose(angle_deg=-3, shift=(5, 12)),
    Pose(spacing=0.4, shape=(1000, 1000)),
    Pose(spacing=1.4, shape=(290, 300)),
]


@pytest.mark.parametrize("moved", [0.0, 3.0, -8.0, 12.0])
@pytest.mark.parametrize("pose", POSES)
def test_rotation_is_the_ratio_of_the_distances_to_the_spine(pose, moved):
    right, left = -END["r"][1] - moved, END["l"][1] + moved
    found = by_name(measure(frontal(pose, rotation_mm=moved, pixels=False)))
    assert found["rotation_mm"].value == pytest.approx(abs(right - left), abs=1.2 * pose.spacing)
    assert found["rotation"].value * max(right, left) == pytest.approx(min(right, left), abs=1.2 * pose.spacing)
    assert len([mark for mark in found["rotation"].marks if mark.label == "to the midline"]) == 2


def test_a_clavicle_across_the_midline_is_a_ratio_below_nought():
    found = by_name(measure(frontal(rotation_mm=26.0, pixels=False)))
    assert found["rotation"].value == pytest.approx((END["r"][1] + 26) / -(END["l"][1] + 26), abs=0.03)
    assert found["rotation_mm"].value == pytest.approx(END["l"][1] + 26 + END["r"][1] + 26, abs=1)


@pytest.mark.parametrize("pose", POSES)
def test_clavicle_level_and_apices_above_them(pose):
    found = by_name(measure(frontal(pose, pixels=False)))
    ends, tops = ([pose.at(places[side])[0] for side in "rl"] for places in (END, APEX))
    slant = 8 * abs(np.sin(np.deg2rad(pose.angle_deg))) / pose.spacing  # the ends are round
    assert found["clavicle_level"].value * pose.shape[0] == pytest.approx(abs(ends[0] - ends[1]), abs=1 + slant)
    above = min(end - top for end, top in zip(ends, tops, strict=True))
    assert found["apex_above_clavicle"].value * pose.shape[0] == pytest.approx(above, abs=1.5 + 2 * slant)


def test_gates_are_measured():
    film = frontal(pixels=False)
    gates = by_name(measure(film))["rotation"].gates
    assert gates["clavicle_y_diff"] == by_name(measure(film))["clavicle_level"].value
    row = int(Pose().at(END["r"])[0])
    inner = np.flatnonzero(film.masks["lung_r"][row])[-1] + 0.5
    assert gates["clavicle_to_lung"] == pytest.approx(abs(Pose().at(END["r"])[1] - inner) / 500, abs=0.004)
    assert gates["spine_residual"] < 0.001


@pytest.mark.parametrize(("organ", "gate", "least"), [("clavicle_r", "clavicle_to_lung", 0.1), ("spine", "spine_residual", 0.01)])
def test_broken_masks_show_in_the_gates(organ, gate, least):
    masks = frontal_masks()
    if organ == "spine":
        masks[organ][250:] = np.roll(masks[organ][250:], 30, axis=1)
    else:
        masks[organ] = np.roll(masks[organ], -70, axis=1)
    assert by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["rotation"].gates[gate] > least


def test_a_clavicle_moved_down_shows_in_its_gate():
    masks = frontal_masks()
    masks["clavicle_l"] = np.roll(masks["clavicle_l"], 60, axis=0)
    assert by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["rotation"].gates["clavicle_y_diff"] > 0.1


def test_half_a_spine_shows_in_its_gate():
    masks = frontal_masks()
    masks["spine"][250:] = np.roll(masks["spine"][250:], 60, axis=1)
    gates = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["rotation"].gates
    assert gates["spine_rows"] == 0.5
    assert gates["fragments"] == 0.5


@pytest.mark.parametrize("covered", [0, 7, 20, 60])
def test_scapula_overlap_is_the_share_of_a_box_over_a_box(covered):
    masks = frontal_masks()
    masks["lung_r"] = fill(box(99.5, 99.5, 399.5, 219.5), (500, 500))
    masks["scapula_r"] = fill(box(119.5, 19.5 + covered, 269.5, 99.5 + covered), (500, 500))
    masks["scapula_l"] = fill(box(119.5, 439.5, 269.5, 489.5), (500, 500))
    value = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))["scapula_overlap"]
    assert value.value == pytest.approx(covered / 80)
    assert (value.gates["scapula_width"], value.gates["scapula_height"]) == (pytest.approx(0.1), pytest.approx(0.3))


def test_a_scapula_that_the_frame_cuts_has_no_size():
    film = frontal(field=(0, 30, 500, 470), pixels=False)
    assert by_name(measure(frontal(pixels=False)))["scapula_overlap"].gates["scapula_width"] == pytest.approx(75 / 0.8 / 500, abs=0.003)
    assert by_name(measure(film))["scapula_overlap"].gates.keys() == {"fragments"}


@pytest.mark.parametrize("name", ["rotation", "rotation_mm", "clavicle_level", "apex_above_clavicle", "scapula_overlap"])
def test_a_mirrored_film_with_sides_exchanged_measures_the_same(name):
    film = frontal(Pose(angle_deg=2.0), rotation_mm=5.0, pixels=False)
    assert by_name(measure(mirrored(film)))[name].value == pytest.approx(by_name(measure(film))[name].value, abs=0.02)


@pytest.mark.parametrize("organ", ["clavicle", "scapula", "lung"])
def test_exchanged_sides_are_noticed(organ):
    masks = frontal_masks()
    masks[f"{organ}_r"], masks[f"{organ}_l"] = masks[f"{organ}_l"], masks[f"{organ}_r"]
    found = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500), 0.8)))
    name = {"clavicle": "rotation", "scapula": "scapula_overlap", "lung": "apex_margin"}[organ]
    assert found[name].value is None
    assert found[name].reason == f"the {organ}s have exchanged sides"


def test_one_clavicle_named_twice_is_noticed():
    masks = frontal_masks()
    masks["clavicle_r"] = np.roll(masks["clavicle_l"], -1, axis=1)
    found = by_name(measure(Film("PA", masks, None, (0, 0, 500, 500))))
    assert found["rotation"].reason == "the clavicles lie on each other"
