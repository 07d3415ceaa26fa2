"""The test cases of one fold, and what a model's probabilities of them measure under every draw of patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.evaluate.draws import draw
from medimg.evaluate.simulating.simulation import Simulation
from medimg.metrics import Array, Flags, areas_draws, brier_terms, ratio

Ints = NDArray[np.int_]
MEASURES = ("auroc", "auprc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "brier", "patient_auroc")


@dataclass(frozen=True)
class Fold:
    """Test cases of a fold, and the weights (1 + draws, patients) of its patients; the first row is of ones."""

    frame: pd.DataFrame
    truth: Flags
    patient: Ints
    weights: Array


def _summed(terms: Array, fold: Fold) -> Array:
    """(cases, k) -> (1 + draws, k) sums under each weighting."""
    total = np.zeros((fold.weights.shape[1], terms.shape[1]))
    np.add.at(total, fold.patient, terms)
    return fold.weights @ total


def _rates(truth: Flags, decided: Flags, fold: Fold) -> tuple[Array, Array]:
    """Sensitivity and specificity of one answer."""
    sums = _summed(np.column_stack([truth & decided, truth, ~truth & ~decided, ~truth]).astype(float), fold)
    return ratio(sums[:, 0], sums[:, 1]), ratio(sums[:, 2], sums[:, 3])


def measure(fold: Fold, p: Array, threshold: float, mixed: int) -> dict[str, Array]:
    """Measure a unit under all weightings: (1 + draws,) for each measure; several classes: means of one class against the rest."""
    several = p.shape[1] > 2
    chosen = range(p.shape[1]) if several else [1]
    decided = p == p.max(axis=1, keepdims=True) if several else p >= threshold
    areas = [areas_draws(fold.truth[:, k], p[:, k], fold.weights, fold.patient) for k in chosen]
    rates = [_rates(fold.truth[:, k], decided[:, k], fold) for k in chosen]
    sensitivity, specificity = (np.mean([rate[side] for rate in rates], axis=0) for side in (0, 1))
    errors = brier_terms(fold.truth, p) if several else brier_terms(fold.truth[:, 1], p[:, 1])
    right = (fold.truth & decided).any(axis=1) if several else fold.truth[:, 1] == decided[:, 1]
    sums = _summed(np.column_stack([errors, right, np.ones(len(p))]), fold)
    found = {"auroc": np.mean([area for area, _ in areas], axis=0), "auprc": np.mean([precision for _, precision in areas], axis=0)}
    found |= {"sensitivity": sensitivity, "specificity": specificity, "brier": sums[:, 0] / sums[:, 2], "accuracy": sums[:, 1] / sums[:, 2]}
    found["balanced_accuracy"] = sensitivity if several else (sensitivity + specificity) / 2
    return found if mixed else found | {"patient_auroc": _of_patients(fold, p, chosen)}


def _of_patients(fold: Fold, p: Array, chosen: Sequence[int]) -> Array:
    """AUROC of the patients' mean probabilities."""
    patients, first, place = np.unique(fold.patient, return_index=True, return_inverse=True)
    means = np.column_stack([np.bincount(place, weights=column) for column in p.T]) / np.bincount(place)[:, None]
    areas: Array = np.mean([areas_draws(fold.truth[first, k], means[:, k], fold.weights[:, patients])[0] for k in chosen], axis=0)
    return areas


@dataclass(frozen=True)
class Facts:
    """Patients of mixed labels, patients of the smallest class, patients alone in their fold."""

    mixed: int
    patients: int
    lonely: int


def read_folds(simulation: Simulation, numbers: list[int], draws: int, seed: int) -> tuple[dict[int, Fold], Facts]:
    """Read the test cases of some folds and draw their patients once, for all strategies, rounds and repeats."""
    frames = {fold: simulation.cases(fold) for fold in numbers}
    whole = pd.concat(frames.values(), ignore_index=True)
    drawn = draw(whole, draws, seed)
    weights = np.vstack([np.ones((1, drawn.weights.shape[1])), drawn.weights])
    folds = {}
    for number, frame in frames.items():
        columns, place = np.unique(drawn.columns(frame["patient"]), return_inverse=True)
        truth = np.array([[label == str(name) for name in simulation.asked["classes"]] for label in frame["label"]], dtype=bool)
        folds[number] = Fold(frame, truth, place, np.ascontiguousarray(weights[:, columns]))
    labels = whole.groupby("patient")["label"].nunique()
    mixed = int((labels > 1).sum())
    smallest = min(whole[whole["label"] == str(name)]["patient"].nunique() for name in simulation.asked["classes"])
    return folds, Facts(mixed, smallest, drawn.lonely)
