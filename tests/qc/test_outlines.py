"""Outlines of masks for drawing."""

import numpy as np

from medimg.qc.outlines import outlines


def test_outline_of_a_circle_lies_on_it_and_is_closed():
    y, x = np.mgrid[:100, :120]
    (line,) = outlines((y - 40) ** 2 + (x - 60) ** 2 < 30**2)
    points = np.array(line)
    assert np.abs(np.hypot(points[:, 0] - 40, points[:, 1] - 60) - 30).max() < 1
    assert line[0] == line[-1]


def test_large_masks_are_looked_at_more_coarsely_and_their_lines_stay_in_place():
    y, x = np.mgrid[:900, :1000]
    (line,) = outlines((y - 400) ** 2 + (x - 600) ** 2 < 300**2)
    points = np.array(line)
    assert np.abs(np.hypot(points[:, 0] - 400, points[:, 1] - 600) - 300).max() < 2
    assert np.abs(points.mean(axis=0) - (400, 600)).max() < 0.6


def test_each_part_and_hole_has_its_line_and_specks_none():
    mask = np.zeros((60, 60), bool)
    mask[5:30, 5:30], mask[12:22, 12:22], mask[40:55, 40:55], mask[2, 50] = True, False, True, True
    assert len(outlines(mask)) == 3


def test_a_mask_at_the_edge_of_the_film_is_closed_there():
    (line,) = outlines(np.ones((30, 20), bool))
    assert np.array(line).min(axis=0).tolist() == [-0.5, -0.5] or np.array(line).min() >= -0.5


def test_nothing_has_no_outline():
    assert outlines(np.zeros((5, 5), bool)) == []
