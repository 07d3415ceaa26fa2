"""Measures of a classifier from truth, probability and row weights: NumPy arrays in, a number or the reason why there is none out.

Every function takes weights of one row each, so that a bootstrap draw is a row of whole numbers instead of a copy of the table;
the `*_draws` functions take (draws, rows) weights and answer for all draws at once, NaN where a draw leaves nothing to measure.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Undefined:
    """There is no such number, and this is why."""

    reason: str


Value = float | Undefined


def ratio(numerator: Array, denominator: Array) -> Array:
    """Divide, NaN where the denominator is nought."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def _weights(rows: int, weight: ArrayLike | None) -> Array:
    row_weights = np.ones(rows) if weight is None else np.asarray(weight, dtype=float)
    if row_weights.shape[-1:] != (rows,):
        raise ValueError(f"weights of shape {row_weights.shape} do not fit {rows} rows")
    if not np.isfinite(row_weights).all() or (row_weights < 0).any():
        raise ValueError("a weight is negative or not finite")
    return row_weights


def _finite(score: ArrayLike) -> Array:
    values = np.asarray(score, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("a score is not a finite number")
    return values


def areas_draws(truth: ArrayLike, score: ArrayLike, weights: ArrayLike, unit: ArrayLike | None = None) -> tuple[Array, Array]:
    """Area under the ROC curve (ties counted half) and average precision of every draw, in one walk down the scores.

    (n,) truth, (n,) score and (draws, n) weights -> (draws,) twice. With `unit`, (n,) numbers of patients, weights are (draws, patients),
    and no (draws, n) table is ever made. Each step handles all draws of one distinct score, so its arrays stay in the cache.
    """
    answer, values = np.asarray(truth, dtype=bool), _finite(score)
    of = np.arange(len(answer)) if unit is None else np.asarray(unit, dtype=int)
    columns = np.ascontiguousarray(np.asarray(weights, dtype=float).T)
    above, below, area, precision = (np.zeros(columns.shape[1]) for _ in range(4))
    found, called = np.empty_like(above), np.empty_like(above)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(values[order]) != 0, np.ones(min(1, len(order)), dtype=bool)]) + 1
    start = 0
    for end in ends.tolist():
        rows = order[start:end]
        start = end
        yes, no = of[rows[answer[rows]]], of[rows[~answer[rows]]]
        if len(no):
            negative = columns[no[0]] if len(no) == 1 else columns[no].sum(axis=0)
            below += negative
            area += np.multiply(negative, above, out=found)
        if len(yes):
            positive = columns[yes[0]] if len(yes) == 1 else columns[yes].sum(axis=0)
            if len(no):
                area += 0.5 * positive * negative
            above += positive
            np.add(above, below, out=called)
            np.multiply(positive, above, out=found)
            precision += np.divide(found, called, out=found, where=called > 0)
    return ratio(area, above * below), ratio(precision, above)


def _classes_missing(truth: Flags, weights: Array) -> str | None:
    if not len(truth) or weights.sum() == 0:
        return "no cases"
    if weights[truth].sum() == 0:
        return "one class only: no positive case"
    return "one class only: no negative case" if weights[~truth].sum() == 0 else None


def _areas(truth: Flags, score: ArrayLike, weights: Array) -> tuple[float, float]:
    """Area and average precision of one weighting, by cumulative sums over the distinct scores."""
    values, place = np.unique(-_finite(score), return_inverse=True)
    positive = np.bincount(place, weights=weights * truth, minlength=len(values))
    negative = np.bincount(place, weights=weights * ~truth, minlength=len(values))
    found, missed = np.cumsum(positive), np.cumsum(negative)
    area = ratio(((found - positive / 2) * negative).sum(), found[-1] * missed[-1])
    precision = np.divide(found, found + missed, out=np.zeros_like(found), where=found + missed > 0)
    return float(area), float(ratio((precision * positive).sum(), found[-1]))


def auroc(truth: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Value:
    """Area under the ROC curve, ties counted half.

    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    answer = np.asarray(truth, dtype=bool)
    weights = _weights(len(answer), weight)
    reason = _classes_missing(answer, weights)
    return Undefined(reason) if reason else _areas(answer, score, weights)[0]


def auprc(truth: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Value:
    """Average precision, the sum of precision times gain in recall over distinct scores; undefined without a positive case."""
    answer = np.asarray(truth, dtype=bool)
    weights = _weights(len(answer), weight)
    reason = _classes_missing(answer, weights)
    return Undefined(reason) if reason and "negative" not in reason else _areas(answer, score, weights)[1]


def confusion(truth: ArrayLike, decided: ArrayLike, classes: int, weight: ArrayLike | None = None) -> Array:
    """Weighted count of each (true class, decided class): (n,) and (n,) class numbers -> (classes, classes)."""
    true, said = np.asarray(truth, dtype=int), np.asarray(decided, dtype=int)
    cell = true * classes + said
    return np.bincount(cell, weights=_weights(len(true), weight), minlength=classes**2).astype(float).reshape(classes, classes)


def _accuracy(matrix: Array) -> Array:
    return ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum(axis=(-2, -1)))


def _balanced_accuracy(matrix: Array) -> Array:
    shown = matrix.sum(axis=-1)
    recall = ratio(np.diagonal(matrix, axis1=-2, axis2=-1), shown)
    present = (shown > 0).sum(axis=-1)
    return np.where(present > 1, np.nansum(recall, axis=-1) / np.maximum(present, 1), np.nan)


def _sensitivity(matrix: Array) -> Array:
    return ratio(matrix[..., 1, 1], matrix[..., 1, :].sum(axis=-1))


def _specificity(matrix: Array) -> Array:
    return ratio(matrix[..., 0, 0], matrix[..., 0, :].sum(axis=-1))


def _precision(matrix: Array) -> Array:
    return ratio(matrix[..., 1, 1], matrix[..., :, 1].sum(axis=-1))


def _f1(matrix: Array) -> Array:
    hit = 2 * matrix[..., 1, 1]
    return ratio(hit, hit + matrix[..., 0, 1] + matrix[..., 1, 0])


def _kappa(matrix: Array) -> Array:
    total = matrix.sum(axis=(-2, -1))
    chance = (matrix.sum(axis=-1) * matrix.sum(axis=-2)).sum(axis=-1)
    hit = np.trace(matrix, axis1=-2, axis2=-1) * total
    return ratio(hit - chance, np.where(np.isclose(total**2, chance, rtol=1e-12, atol=0), 0.0, total**2 - chance))


def _mcc(matrix: Array) -> Array:
    shown, called, total = matrix.sum(axis=-1), matrix.sum(axis=-2), matrix.sum(axis=(-2, -1))
    hit = np.trace(matrix, axis1=-2, axis2=-1) * total - (shown * called).sum(axis=-1)
    spread = np.maximum(total**2 - (shown**2).sum(axis=-1), 0.0) * np.maximum(total**2 - (called**2).sum(axis=-1), 0.0)
    constant = ((shown > 0).sum(axis=-1) < 2) | ((called > 0).sum(axis=-1) < 2)
    return np.where(constant, np.nan, ratio(hit, np.sqrt(spread)))


OF_MATRIX: dict[str, tuple[Callable[[Array], Array], str]] = {
    "accuracy": (_accuracy, "no cases"),
    "balanced_accuracy": (_balanced_accuracy, "one class only"),
    "sensitivity": (_sensitivity, "no positive case"),
    "specificity": (_specificity, "no negative case"),
    "precision": (_precision, "no case was called positive"),
    "f1": (_f1, "no case is positive and none was called positive"),
    "kappa": (_kappa, "truth and answer are of one and the same class: chance agreement is complete"),
    "mcc": (_mcc, "truth or answer is of one class only"),
}
"""Measures of a (..., true, decided) matrix of weights, each with the reason why it may not exist; class 1 of 2 is the positive one."""


def of_matrix(name: str, matrix: ArrayLike) -> Value:
    """Measure one confusion matrix (true class in rows) by a name of `OF_MATRIX`.

    >>> of_matrix("sensitivity", [[8, 2], [1, 3]])
    0.75
    """
    counts = np.asarray(matrix, dtype=float)
    function, reason = OF_MATRIX[name]
    if counts.sum() == 0:
        return Undefined("no cases")
    value = float(function(counts))
    return Undefined(reason) if np.isnan(value) else value


def exact_match(truth: ArrayLike, decided: ArrayLike, weight: ArrayLike | None = None) -> Value:
    """Share of cases whose whole set of labels is right: (n, labels) flags twice."""
    same = (np.asarray(truth, dtype=bool) == np.asarray(decided, dtype=bool)).all(axis=1)
    weights = _weights(len(same), weight)
    return float(weights[same].sum() / weights.sum()) if weights.sum() > 0 else Undefined("no cases")


def brier_terms(truth: ArrayLike, probability: ArrayLike) -> Array:
    """Squared error of each case, summed over the classes given: (n,) or (n, classes) twice -> (n,)."""
    error: Array = (_finite(probability) - np.asarray(truth, dtype=float)) ** 2
    return error if error.ndim == 1 else np.sum(error, axis=1, dtype=float)


def brier(truth: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> Value:
    """Mean squared error of the probabilities: 0 is best; at most 1 for one column, 2 for a distribution over several classes."""
    terms = brier_terms(truth, probability)
    weights = _weights(len(terms), weight)
    return float(weights @ terms / weights.sum()) if weights.sum() > 0 else Undefined("no cases")


def bin_terms(truth: ArrayLike, probability: ArrayLike, bins: int = 10) -> tuple[NDArray[np.int_], Array]:
    """Say for each case its bin of equal width, and by how much probability exceeds truth; ECE and reliability are sums of these."""
    chance = _finite(probability)
    return np.minimum((chance * bins).astype(int), bins - 1), chance - np.asarray(truth, dtype=float)


def ece(truth: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, bins: int = 10) -> Value:
    """Expected calibration error: mean over bins of equal width of |mean probability - observed share|, weighted by cases."""
    place, excess = bin_terms(truth, probability, bins)
    weights = _weights(len(excess), weight)
    if weights.sum() == 0:
        return Undefined("no cases")
    return float(np.abs(np.bincount(place, weights=weights * excess, minlength=bins)).sum() / weights.sum())
