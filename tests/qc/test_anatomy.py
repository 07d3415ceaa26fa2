"""The gates of lungs and spine are small on whole films and large on broken masks."""

import numpy as np
import pytest
from qc.shapes import Pose, box, fill, frontal, frontal_masks

from medimg.qc.anatomy import inner_gap, lung_box, lung_gates, spine_gates
from medimg.qc.film import Film
from medimg.qc.runs import runs_of

FIELD = (0, 0, 500, 500)


@pytest.mark.parametrize("pose", [Pose(), Pose(angle_deg=4), Pose(angle_deg=-4, shift=(10, 10))])
def test_whole_lungs_have_small_gates(pose):
    gates = lung_gates(frontal(pose, pixels=False))
    assert gates["lung_top_diff"] < 0.04
    assert gates["lung_overlap"] < 0.01
    assert 0.15 < gates["lung_gap"] < 0.45


@pytest.mark.parametrize(
    ("moved", "gate", "least"), [((60, 0), "lung_top_diff", 0.1), ((0, -70), "lung_gap", 0.4), ((0, 60), "lung_overlap", 0.1)]
)
def test_a_lung_that_was_moved_shows_in_a_gate(moved, gate, least):
    masks = frontal_masks()
    masks["lung_r"] = np.roll(masks["lung_r"], moved, axis=(0, 1))
    assert lung_gates(Film("PA", masks, None, FIELD))[gate] > least


def test_the_box_of_the_lungs_holds_both():
    masks = frontal_masks()
    both = np.argwhere(masks["lung_r"] | masks["lung_l"])
    assert lung_box(Film("PA", masks, None, FIELD)) == (*both.min(axis=0), *(both.max(axis=0) + 1))


def test_the_gap_between_boxes_is_their_distance():
    one, other = (runs_of(fill(box(*edges), (100, 200))) for edges in ((9.5, 9.5, 59.5, 49.5), (29.5, 89.5, 79.5, 149.5)))
    assert inner_gap(one, other) == 40
    assert inner_gap(one, runs_of(fill(box(69.5, 89.5, 89.5, 149.5), (100, 200)))) is None


def test_the_gates_of_a_spine_are_its_straightness_and_its_height():
    gates = spine_gates(frontal(field=(100, 0, 500, 500), pixels=False))
    assert gates["spine_residual"] < 0.001
    assert gates["spine_rows"] == 1
    assert gates["spine_offset"] < 0.02


def test_a_spine_that_was_moved_between_the_lungs_shows_in_its_gate():
    masks = frontal_masks()
    masks["spine"] = np.roll(masks["spine"], 90, axis=1)
    assert spine_gates(Film("PA", masks, None, FIELD))["spine_offset"] == pytest.approx(90 / 335, abs=0.02)
