"""Runs say the same of a mask as its pixels do."""

import numpy as np
import pytest
from scipy import ndimage

from medimg.qc.runs import components, largest, overlap, runs_of


def mask_of(runs, shape):
    picture = np.zeros(shape, dtype=bool)
    for row, start, end in zip(runs.rows, runs.starts, runs.ends, strict=True):
        picture[row, start:end] = True
    return picture


@pytest.fixture(params=range(12))
def speckled(request):
    rng = np.random.default_rng(request.param)
    shape = int(rng.integers(1, 40)), int(rng.integers(1, 40))
    return rng.random(shape) < rng.uniform(0.05, 0.95)


def test_runs_are_the_mask(speckled):
    runs = runs_of(speckled)
    if runs is None:
        assert not speckled.any()
        return
    assert (mask_of(runs, speckled.shape) == speckled).all()
    top, left, bottom, right = runs.box
    assert (runs.mask == speckled[top:bottom, left:right]).all()
    assert speckled.sum() == runs.mask.sum() == runs.area
    assert runs.centroid == pytest.approx(np.argwhere(speckled).mean(axis=0))
    rows, first, last = runs.extents
    for row, low, high in zip(rows, first, last, strict=True):
        assert (low, high) == (np.flatnonzero(speckled[row])[0], np.flatnonzero(speckled[row])[-1])


def test_moments_are_those_of_the_area(speckled):
    runs = runs_of(speckled)
    if runs is not None:
        places = np.argwhere(speckled)
        away = places - places.mean(axis=0)
        np.testing.assert_allclose(runs.moments, away.T @ away / len(places) + np.eye(2) / 12, atol=1e-9)


def test_parts_are_those_of_a_labelling_with_corners(speckled):
    runs = runs_of(speckled)
    if runs is None:
        return
    label, count = ndimage.label(speckled, np.ones((3, 3)))
    parts = components(runs)
    assert [part.area for part in parts] == sorted(np.bincount(label.ravel())[1:], reverse=True)
    assert len(parts) == count
    for part in parts:
        assert len(np.unique(label[mask_of(part, speckled.shape)])) == 1
    assert largest(runs).area == parts[0].area


def test_overlap_counts_shared_pixels(speckled):
    other = np.roll(speckled, 1, axis=1) & (np.arange(speckled.shape[1]) > 2)
    one, two = runs_of(speckled), runs_of(other)
    if one is not None and two is not None:
        assert overlap(one, two) == overlap(two, one) == (speckled & other).sum()


def test_runs_of_a_cut_out_part_lie_where_it_was():
    mask = np.zeros((9, 9), dtype=bool)
    mask[4:7, 5:8] = True
    runs = runs_of(mask[3:, 2:], 3, 2)
    assert runs is not None
    assert runs.box == (4, 5, 7, 8)
    assert runs_of(mask[:3]) is None
