"""ROC and precision-recall curves and reliability tables, with limits from drawing patients."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.evaluate.cases import Cases
from medimg.evaluate.draws import draw
from medimg.evaluate.intervals import FEWEST, Sampled, Support, interval
from medimg.evaluate.measures import BINS
from medimg.metrics import Array, Flags, auprc, auroc, bin_terms, ratio

GRID = np.linspace(0, 1, 101)
DRAWS = 500  # a band is drawn, not printed with three digits
BAND = (2.5, 97.5)


def _counts(truth: Flags, score: Array, weights: Array) -> tuple[Array, Array]:
    """Weights of positives and of negatives called at each distinct score, from the highest down, with a first column of none."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    rows = weights[:, order]
    positive = np.cumsum(rows * truth[order], axis=1)[:, ends]
    negative = np.cumsum(rows * ~truth[order], axis=1)[:, ends]
    none = np.zeros((len(weights), 1))
    return np.hstack([none, positive]), np.hstack([none, negative])


def roc_at(truth: Flags, score: Array, weights: Array) -> Array:
    """Sensitivity at each false-positive rate of the grid, straight lines between the steps: (draws, 101)."""
    positive, negative = _counts(truth, score, weights)
    tpr, fpr = ratio(positive, positive[:, -1:]), ratio(negative, negative[:, -1:])
    lines = np.full((len(weights), len(GRID)), np.nan)
    for one in range(len(weights)):
        if np.isfinite(tpr[one, -1]) and np.isfinite(fpr[one, -1]):
            lines[one] = np.interp(GRID + 1e-9, fpr[one], tpr[one])  # where the grid meets a vertical step, its upper end
    return lines


def pr_at(truth: Flags, score: Array, weights: Array) -> Array:
    """Precision where each recall of the grid is first reached: (draws, 101)."""
    positive, negative = _counts(truth, score, weights)
    recall, precision = ratio(positive, positive[:, -1:]), ratio(positive, positive + negative)
    lines = np.full((len(weights), len(GRID)), np.nan)
    for one in range(len(weights)):
        if np.isfinite(recall[one, -1]):
            place = np.searchsorted(recall[one], np.maximum(GRID - 1e-9, 1e-12))
            lines[one] = precision[one, np.minimum(place, recall.shape[1] - 1)]
    return lines


def _first_seed(cases: Cases) -> Cases:
    seeds = cases.frame["seed"].to_numpy()
    return cases.where(seeds == seeds.min())


def curve(cases: Cases, kind: str) -> pd.DataFrame:
    """Make the points of every target's curve over the pooled test cases of the first seed, with pointwise limits.

    `area` is that of the curve (AUROC, or average precision), the same in all lines of a class.
    """
    cases = _first_seed(cases)
    drawn = draw(cases.frame, min(DRAWS, cases.question.draws), cases.question.seed)
    weights = np.vstack([np.ones(drawn.weights.shape[1]), drawn.weights])[:, drawn.columns(cases.frame["patient"])]
    function, area, x, y = (roc_at, auroc, "fpr", "tpr") if kind == "roc" else (pr_at, auprc, "recall", "precision")
    tables = []
    for k, name in enumerate(cases.question.targets):
        truth = cases.truth[:, k]
        if not truth.any() or truth.all():
            continue
        lines = function(truth, cases.raw[:, k], weights)
        patient = cases.frame["patient"].to_numpy(dtype=object)
        few = min(len(set(patient[truth])), len(set(patient[~truth]))) < FEWEST
        low, high = (np.full(len(GRID), np.nan) if few else np.nanpercentile(lines[1:], limit, axis=0) for limit in BAND)
        whole = area(truth, cases.raw[:, k])
        tables.append(pd.DataFrame({"class": name, x: GRID, y: lines[0], "low": low, "high": high, "area": whole}))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["class", x, y, "low", "high", "area"])


def reliability(cases: Cases) -> pd.DataFrame:
    """Compare probability with observed share in ten bins of equal width, raw and calibrated, for every target."""
    cases = _first_seed(cases)
    drawn = draw(cases.frame, cases.question.draws, cases.question.seed)
    column = drawn.columns(cases.frame["patient"])
    rows = []
    for k, name in enumerate(cases.question.targets):
        share = cases.share[:, k]
        for calibrated, p in ((False, cases.raw[:, k]), (True, cases.calibrated[:, k])):
            place, _ = bin_terms(share, p, BINS)
            for one in np.unique(place):
                here = place == one
                rows.append(
                    {"class": name, "calibrated": calibrated, "bin_low": one / BINS, "bin_high": (one + 1) / BINS}
                    | _bin(share[here], p[here], column[here], drawn.weights)
                )
    return pd.DataFrame(rows)


def _bin(truth: Array, p: Array, column: NDArray[np.int_], weights: Array) -> dict[str, float | int | None]:
    patients, here = np.unique(column, return_inverse=True)
    hits, rows = np.bincount(here, weights=truth), np.bincount(here).astype(float)
    shares = ratio(weights[:, patients] @ hits, weights[:, patients] @ rows)
    observed = float(truth.mean())
    limits = interval("accuracy", Sampled(observed, shares, hits - observed * rows), Support((rows,), len(rows)))
    return {"mean_p": float(p.mean()), "observed": observed, "low": limits.low, "high": limits.high, "n": len(truth)}
