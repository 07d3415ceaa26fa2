"""Masks as runs of pixels: a hundredth of the work of full frames, and every border, area and component follows from them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from medimg.metrics import Array, Flags

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """Run i covers the columns starts[i] <= c < ends[i] of rows[i]; ascending by row, then column; never empty."""

    rows: Ints
    starts: Ints
    ends: Ints

    @cached_property
    def area(self) -> int:
        """Number of pixels."""
        return int((self.ends - self.starts).sum())

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right: pixel edges, half open like slices."""
        return int(self.rows[0]), int(self.starts.min()), int(self.rows[-1]) + 1, int(self.ends.max())

    @cached_property
    def centroid(self) -> tuple[float, float]:
        """Mean (row, column) of the pixels."""
        length = self.ends - self.starts
        return float((length * self.rows).sum() / self.area), float((length * (self.starts + self.ends - 1)).sum() / (2 * self.area))

    @cached_property
    def extents(self) -> tuple[Ints, Ints, Ints]:
        """Rows that hold pixels, and the first and the last column of each: (R,) each."""
        first = np.flatnonzero(np.r_[True, np.diff(self.rows) > 0])
        return self.rows[first], self.starts[first], np.maximum.reduceat(self.ends, first) - 1

    @cached_property
    def mask(self) -> Flags:
        """The pixels inside `box` as a picture of that size."""
        top, left, bottom, right = self.box
        steps = np.zeros((bottom - top, right - left + 1), dtype=np.int8)
        steps[self.rows - top, self.starts - left] = 1
        steps[self.rows - top, self.ends - left] = -1
        return np.asarray(np.add.accumulate(steps, axis=1, dtype=np.int8)[:, :-1].view(bool))

    @cached_property
    def lows(self) -> Ints:
        """Last row of each column of `box`: (C,)."""
        return np.asarray(self.box[2] - 1 - self.mask[::-1].argmax(axis=0))

    @cached_property
    def moments(self) -> Array:
        """Covariance of (row, column) over the area, each pixel a unit square: (2, 2)."""
        length, row, column = self.ends - self.starts, *self.centroid
        middle = (self.starts + self.ends - 1) / 2 - column
        down = self.rows - row
        across = length * (middle**2 + (length.astype(float) ** 2 - 1) / 12)
        mixed = (length * down * middle).sum()
        return np.array([[(length * down**2).sum(), mixed], [mixed, across.sum()]]) / self.area + np.eye(2) / 12


def runs_of(mask: Flags, top: int = 0, left: int = 0) -> Runs | None:
    """Find the runs of a (rows, columns) mask whose first pixel lies at (top, left); None where it is empty."""
    held = np.flatnonzero(mask.any(axis=1))
    if not len(held):
        return None
    first, last = int(held[0]), int(held[-1]) + 1
    wide = mask.shape[1] + 2
    flat = np.zeros((last - first, wide), dtype=bool)
    flat[:, 1:-1] = mask[first:last]
    line = flat.ravel()
    edges = np.flatnonzero(line[1:] != line[:-1])
    starts, ends = edges[::2], edges[1::2]
    row = starts // wide
    runs = Runs(row + first + top, starts - row * wide + left, ends - row * wide + left)
    box = runs.box
    runs.__dict__["mask"] = mask[box[0] - top : box[2] - top, box[1] - left : box[3] - left]  # need not be drawn again
    return runs


def components(runs: Runs) -> list[Runs]:
    """Split into parts that touch along sides or corners, largest first, the upper one first among equals."""
    label = _labels(runs)
    area = np.bincount(label, weights=runs.ends - runs.starts)
    if len(area) == 1:
        return [runs]
    own = np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label))[:-1])
    return [Runs(runs.rows[own[part]], runs.starts[own[part]], runs.ends[own[part]]) for part in np.argsort(-area, kind="stable")]


def largest(runs: Runs) -> Runs:
    """Keep the largest part."""
    label = _labels(runs)
    own = label == np.bincount(label, weights=runs.ends - runs.starts).argmax()
    return runs if own.all() else Runs(runs.rows[own], runs.starts[own], runs.ends[own])


def _labels(runs: Runs) -> Ints:
    pitch = int(runs.ends.max()) + 2
    start, end = runs.rows * pitch + runs.starts, runs.rows * pitch + runs.ends
    first = np.searchsorted(end, start + pitch)
    count = np.maximum(np.searchsorted(start, end + pitch, side="right") - first, 0)
    upper = np.repeat(np.arange(len(count)), count)
    lower = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    held = np.zeros(len(count), dtype=bool)
    held[lower] = True
    if held.sum() == len(held) - 1:  # every run but the first hangs on one above it
        return np.zeros(len(count), dtype=np.int64)
    graph = coo_array((np.ones(len(upper), dtype=np.int8), (upper, lower)), shape=(len(count), len(count)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def overlap(one: Runs, other: Runs) -> int:
    """Count the pixels that two shapes share."""
    top, left = (max(a, b) for a, b in zip(one.box[:2], other.box[:2], strict=True))
    bottom, right = (min(a, b) for a, b in zip(one.box[2:], other.box[2:], strict=True))
    if top >= bottom or left >= right:
        return 0
    views = (runs.mask[top - runs.box[0] : bottom - runs.box[0], left - runs.box[1] : right - runs.box[1]] for runs in (one, other))
    return int(np.count_nonzero(np.logical_and(*views)))
