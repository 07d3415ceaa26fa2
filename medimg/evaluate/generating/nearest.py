"""Generated pictures that repeat a patient: each one's nearest real picture, judged by how near real patients lie to each other.

A copy is much nearer to one patient than to any other, so what is judged is the ratio of the two smallest distances, which knows neither
how dense a group is nor how smooth a generator paints. Where points lie in D dimensions, minus the logarithm of that ratio is exponential
with rate D (Facco et al., Sci Rep 2017), so the ratios of the real pictures tell how small one may become by chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, stats
from scipy.spatial.distance import cdist

from medimg.metrics import Array, Flags, Undefined

Distances = Callable[[Array, Array], Array]
SIDE = 32  # pixels; larger pictures are averaged down to about this, so that a shift means the same
BLUR = 1.0  # pixels of SIDE, standard deviation: shot noise does not hide a copy
REACH = 2  # pixels of SIDE that a copy may be shifted by
SHARE = 0.001  # of independent pictures that are called memorised by chance
SURPRISE = 0.001  # chance of a run without copies that any of its groups, in any space, is told to have more than chance
CHUNK = 512


@dataclass(frozen=True)
class Neighbours:
    """Of each of (N,) pictures the row of its nearest real one, the distance to it, and to the nearest of any patient but that one."""

    row: NDArray[np.int_]
    distance: Array
    next: Array

    @property
    def ratio(self) -> Array:
        """Nearest over next: 1 as near to two patients as to one, 0 a copy."""
        known = self.next > 0
        return np.asarray(np.where(known, self.distance, 0.0) / np.where(known, self.next, 1.0), dtype=float)


def blurred(pixels: ArrayLike) -> Array:
    """Take the noise off: (N, S, S) pictures of any size -> (N, s, s), averaged over whole blocks to 32 <= s < 64 where S is larger."""
    pictures = np.asarray(pixels, dtype=float)
    block = max(1, pictures.shape[-1] // SIDE)
    side = pictures.shape[-1] // block
    cut = pictures[:, : side * block, : side * block].reshape(len(pictures), side, block, side, block)
    return np.asarray(ndimage.gaussian_filter(cut.mean(axis=(2, 4)), (0, BLUR, BLUR), mode="nearest"), dtype=float)


def pixel_distances(pictures: Array, real: Array) -> Array:
    """Root mean square over pixels of (Q, s, s) from (N, s, s) -> (Q, N), the least over mirrored and shifted real pictures.

    Seen are left-right flips and whole shifts of up to two pixels, with or without noise; rotated, zoomed or recoloured copies are not.
    """
    flat = pictures.reshape(len(pictures), -1)
    squares, least = (flat**2).sum(axis=1)[:, None], np.full((len(pictures), len(real)), np.inf)
    for moved in _moved(real):
        other = moved.reshape(len(real), -1)
        np.minimum(least, squares + (other**2).sum(axis=1) - 2 * flat @ other.T, out=least)
    return np.sqrt(np.where(least > 1e-12 * squares, least, 0.0) / flat.shape[1])  # below: rounding, not a difference


def _moved(pictures: Array) -> Iterator[Array]:
    side = pictures.shape[-1]
    wide = np.pad(pictures, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="edge")
    for row, column in np.ndindex(2 * REACH + 1, 2 * REACH + 1):
        shifted = wide[:, row : row + side, column : column + side]
        yield from (shifted, shifted[:, :, ::-1])


def feature_distances(features: Array, real: Array) -> Array:
    """Euclidean distance of (Q, F) from (N, F) features -> (Q, N)."""
    return np.asarray(cdist(features, real))


def neighbours(
    distances: Distances, queries: Array, real: Array, patients: ArrayLike, own: ArrayLike | None = None
) -> Neighbours | Undefined:
    """Find the nearest real picture of each query, chunk by chunk; `own`, (Q,) patients of the queries, are not looked at.

    Undefined below three patients: then a real picture has no two others to be compared with.
    """
    people, codes = np.unique(np.asarray(patients), return_inverse=True)
    if len(people) < 3:
        return Undefined("too few real patients to compare with: at least 3 are needed")
    himself = np.full(len(queries), -1) if own is None else np.searchsorted(people, np.asarray(own))
    found = [np.zeros((3, 0))]
    for start in range(0, len(queries), CHUNK):
        part = slice(start, start + CHUNK)
        table = distances(queries[part], real)
        table[himself[part, None] == codes] = np.inf
        row, all_rows = table.argmin(axis=1), np.arange(len(table))
        distance = table[all_rows, row]
        table[codes[row][:, None] == codes] = np.inf
        found.append(np.stack([row, distance, table.min(axis=1)]))
    row, distance, following = np.concatenate(found, axis=1)
    return Neighbours(row.astype(int), distance, following)


@dataclass(frozen=True)
class Copies:
    """Of (N,) pictures the places of the memorised, the ratio below which they are called so, and the (N,) chances of their ratios."""

    found: NDArray[np.int_]
    limit: float
    chance: Array

    @property
    def expected(self) -> float:
        """How many of the pictures would be called memorised by chance."""
        return SHARE * len(self.chance)

    @property
    def surprise(self) -> float:
        """The chance that so many are called memorised, or that one of all pictures is so near: 1 where none is.

        Twice the smaller of both, as there are two. It takes the pictures for independent of one another, which they are not quite, as
        they share the real ones that they are measured by: of groups without copies up to 3 in 100 are below 0.01
        (tests/evaluate/generating/test_nearest.py). Those of one generator may be less independent still.
        """
        if not len(self.found):
            return 1.0
        return float(min(1.0, 2 * stats.poisson.sf(len(self.found) - 1, self.expected), 2 * self.chance.min() * len(self.chance)))


def beyond_chance(surprises: ArrayLike) -> Flags:
    """Say which of all (N,) groups and spaces of a run have more copies than by chance, each at an N-th of `SURPRISE` (Bonferroni)."""
    chances = np.asarray(surprises, dtype=float)
    return np.asarray(chances < SURPRISE / max(1, chances.size))


def copies(near: Neighbours, reference: Neighbours) -> Copies | Undefined:
    """Find the pictures that are much nearer to one patient than to any other, by the neighbours that the real pictures have in each other.

    -log(ratio) of an independent picture over its mean among n real ones follows F(2, 2n): of few real pictures the rule is cautious, not
    wrong. Memorised are those whose ratio has a chance below `SHARE`; a picture at no distance at all always is.
    """
    known = -np.log(reference.ratio[reference.ratio > 0])  # two patients with one and the same picture are a leak, not a reference
    if not known.sum() > 0:
        return Undefined("no real images of two patients that differ")
    with np.errstate(divide="ignore"):
        chance = np.asarray((1 - np.log(near.ratio) / known.sum()) ** -float(len(known)), dtype=float)
    limit = float(np.exp(-known.sum() * (SHARE ** (-1 / len(known)) - 1)))
    return Copies(np.flatnonzero(chance < SHARE), limit, chance)
