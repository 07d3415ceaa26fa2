"""How like real pictures generated ones are: distance of the distributions (KID), spread (coverage) and signs (recognised)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from medimg.metrics import Array, Flags, Undefined

DRAWS = 100
FEWEST = 8  # real patients; a half of them is the smallest set that a distance is measured on
NEAREST = 5


def standardised(features: ArrayLike, real: ArrayLike) -> Array:
    """Give (N, F) features the mean 0 and deviation 1 of the real (M, F); a feature that never changes stays at its distance from there."""
    known = np.asarray(real, dtype=float)
    spread = known.std(axis=0)
    return np.asarray((np.asarray(features, dtype=float) - known.mean(axis=0)) / np.where(spread > 0, spread, 1.0), dtype=float)


def squared_mmd(a: ArrayLike, b: ArrayLike) -> float:
    """Unbiased squared maximum mean discrepancy of (n, F) and (m, F) under (x.y / F + 1)^3: near 0, below it by chance, if alike.

    Source: Binkowski et al., ICLR 2018.
    """
    one, other = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    within = sum(
        (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in (_kernel(one, one), _kernel(other, other))
    )
    return float(within - 2 * _kernel(one, other).mean())


def _kernel(a: Array, b: Array) -> Array:
    return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)


@dataclass(frozen=True)
class Kid:
    """Mean and middle 95 % of the squared discrepancies over draws, generated against real, and real against real of other patients."""

    estimate: float
    low: float
    high: float
    real: float
    real_high: float


def kid(generated: ArrayLike, real: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> Kid | Undefined:
    """Kernel distance of generated (M, F) from real (N, F) features, beside what real pictures score among themselves.

    Each draw deals the real patients into two halves and takes as many generated pictures as the first half has; the first half is
    compared with these and with the second half, so both numbers rest on equal counts. Limits are the spread over draws, not an interval.
    """
    made, known, rng = np.asarray(generated, dtype=float), np.asarray(real, dtype=float), np.random.default_rng(seed)
    people, codes = np.unique(np.asarray(patients), return_inverse=True)
    if len(people) < FEWEST:
        return Undefined(f"too few real patients for two halves: at least {FEWEST} are needed")
    if len(made) < 2:
        return Undefined(f"too few generated images: {len(made)}")
    values = []
    for _ in range(draws):
        first = np.isin(codes, rng.permutation(len(people))[: len(people) // 2])
        some = made[rng.permutation(len(made))[: int(first.sum())]]
        values.append((squared_mmd(known[first], some), squared_mmd(known[first], known[~first])))
    ours, theirs = np.array(values).T
    low, high = np.quantile(ours, (0.025, 0.975))
    return Kid(float(ours.mean()), float(low), float(high), float(theirs.mean()), float(np.quantile(theirs, 0.975)))


@dataclass(frozen=True)
class Spread:
    """Density (1 if alike, less for pictures unlike any real one) and coverage, with the coverage that real pictures would reach."""

    density: float
    coverage: float
    equal: float


def spread(generated: ArrayLike, real: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> Spread | Undefined:
    """Share of real (N, F) pictures that have a generated (M, F) one as near as their fifth nearest of other patients (Naeem, ICML 2020).

    Chosen over precision and recall of Kynkaanniemi et al. (2019), whose recall is measured by balls around generated pictures: few stray
    ones cover everything. Here each real picture counts once, and the coverage of equal distributions is known for any number. Generated
    pictures are drawn as many as there are real ones: of very many some fall everywhere.
    """
    made, known, rng = np.asarray(generated, dtype=float), np.asarray(real, dtype=float), np.random.default_rng(seed)
    people = np.asarray(patients)
    count, size = len(np.unique(people)), min(len(known), len(made))
    if count <= NEAREST + 1:
        return Undefined(f"too few real patients for coverage: at least {NEAREST + 2} are needed")
    if not size:
        return Undefined("no generated images")
    others = np.where(people[:, None] == people, np.inf, cdist(known, known))
    inside = cdist(known, made) <= np.sort(others, axis=1)[:, NEAREST - 1 : NEAREST]
    some = [inside[:, rng.permutation(len(made))[:size]].any(axis=1).mean() for _ in range(draws)]
    return Spread(float(inside.sum() / (NEAREST * len(made))), float(np.mean(some)), equal_coverage(len(known), size))


def equal_coverage(real: int, generated: int) -> float:
    """Coverage to be expected of `generated` pictures from the distribution of the `real` ones, each of another patient.

    >>> round(equal_coverage(30, 30), 3)
    0.976
    """
    steps = np.arange(NEAREST)
    return float(1 - np.prod((real - 1 - steps) / (real - 1 + generated - steps)))


def recognised(probabilities: ArrayLike, labels: ArrayLike) -> Flags:
    """Say of which of (N, K) pictures the signs of (K,) flags are the most probable ones."""
    chances, wanted = np.asarray(probabilities, dtype=float), np.asarray(labels, dtype=bool)
    best = np.argsort(-chances, axis=1, kind="stable")[:, : int(wanted.sum())]
    return np.asarray(wanted[best].all(axis=1))
