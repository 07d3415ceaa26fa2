"""All measures of one model's cases at once, for any number of weightings of the patients."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medimg import metrics
from medimg.evaluate.cases import Cases
from medimg.evaluate.question import SOFTMAX
from medimg.metrics import Array, Flags
from medimg.words import spaced

BINS = 10
BY_TARGET = ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision", "f1", "kappa", "mcc")
OF_CLASSES = ("accuracy", "balanced_accuracy", "kappa", "mcc")
ONE_VS_REST = ("sensitivity", "specificity", "precision", "f1")


class Key(NamedTuple):
    """What is measured: metric, part ("" the whole, "class=x", "macro"), and whether on calibrated probabilities."""

    metric: str
    part: str = ""
    calibrated: bool = False


Measured = dict[Key, Array]


def _per_patient(values: Array, patient: NDArray[np.int_], patients: int) -> Array:
    """Sum (rows, k) over the rows of each patient -> (patients, k)."""
    total = np.zeros((patients, values.shape[1]))
    np.add.at(total, patient, values)
    return total


def _matrices(truth: Flags, decided: Flags, patient: NDArray[np.int_], weights: Array) -> Array:
    """Confusion matrices (draws, classes, classes) of one-hot truth and decision, or of one column as (no, yes)."""
    if truth.shape[1] == 1:
        truth, decided = np.hstack([~truth, truth]), np.hstack([~decided, decided])
    k = truth.shape[1]
    cells = (truth[:, :, None] & decided[:, None, :]).reshape(len(truth), k * k).astype(float)
    return (weights @ _per_patient(cells, patient, weights.shape[1])).reshape(len(weights), k, k)


def _ece(truth: Array, p: Array, patient: NDArray[np.int_], weights: Array) -> Array:
    place, excess = metrics.bin_terms(truth, p, BINS)
    terms = np.zeros((len(p), BINS))
    terms[np.arange(len(p)), place] = excess
    rows = _per_patient(np.ones((len(p), 1)), patient, weights.shape[1])
    return metrics.ratio(np.abs(weights @ _per_patient(terms, patient, weights.shape[1])).sum(axis=1), (weights @ rows)[:, 0])


def _mean(terms: Array, patient: NDArray[np.int_], weights: Array) -> Array:
    sums = weights @ _per_patient(np.column_stack([terms, np.ones(len(terms))]), patient, weights.shape[1])
    return metrics.ratio(sums[:, 0], sums[:, 1])


def within_patients(cases: Cases, patient: NDArray[np.int_], patients: int, k: int) -> Array:
    """AUROC of target k within each patient who has both answers, else NaN: (patients,)."""
    value = np.full(patients, np.nan)
    for number in np.unique(patient):
        rows = patient == number
        if cases.truth[rows, k].any() and not cases.truth[rows, k].all():
            area = metrics.auroc(cases.truth[rows, k], cases.raw[rows, k])
            value[number] = area if isinstance(area, float) else np.nan
    return value


def _target(cases: Cases, patient: NDArray[np.int_], weights: Array, k: int, part: str, names: tuple[str, ...]) -> Measured:
    """Measure one yes-or-no target."""
    truth = cases.truth[:, k]
    area, precision = metrics.areas_draws(truth, cases.raw[:, k], weights, patient)
    found = {Key("auroc", part): area, Key("auprc", part): precision}
    matrices = _matrices(truth[:, None], cases.decided[:, [k]], patient, weights)
    found |= {Key(name, part): metrics.OF_MATRIX[name][0](matrices) for name in names}
    share = cases.share[:, k]
    for calibrated, p in ((False, cases.raw[:, k]), (True, cases.calibrated[:, k])):
        found[Key("brier", part, calibrated)] = _mean(metrics.brier_terms(share, p), patient, weights)
        found[Key("ece", part, calibrated)] = _ece(share, p, patient, weights)
    value = within_patients(cases, patient, weights.shape[1], k)
    both = np.isfinite(value)
    if both.any():
        found[Key("auroc_within_patients", part)] = metrics.ratio(weights @ np.where(both, value, 0.0), weights @ both.astype(float))
    return found


def _whole(cases: Cases, patient: NDArray[np.int_], weights: Array) -> Measured:
    """Measure what concerns all classes at once."""
    found: Measured = {}
    several = cases.question.several
    if several:
        same, none = (cases.truth == cases.decided).all(axis=1), ~cases.decided.any(axis=1)
        found[Key("exact_match")] = _mean(same.astype(float), patient, weights)
        found[Key("no_decision")] = _mean(np.asarray(none, dtype=float), patient, weights)
    else:
        matrices = _matrices(cases.truth, cases.decided, patient, weights)
        found |= {Key(name): metrics.OF_MATRIX[name][0](matrices) for name in OF_CLASSES}
    for calibrated, p in ((False, cases.raw), (True, cases.calibrated)) if cases.question.kind in SOFTMAX else ():
        found[Key("brier", "", calibrated)] = _mean(metrics.brier_terms(cases.share, p), patient, weights)
        if not several:  # of two labels the most probable one is right at a probability of a half
            right = cases.truth[np.arange(len(p)), p.argmax(axis=1)].astype(float)
            found[Key("ece", "", calibrated)] = _ece(right, p.max(axis=1), patient, weights)
    return found


def measure(cases: Cases, patient: NDArray[np.int_], weights: Array) -> Measured:
    """Measure decided and calibrated cases: patient numbers (rows,) and weights (draws, patients) -> (draws,) for each measure."""
    kind = cases.question.kind
    if kind == "binary":
        return _target(cases, patient, weights, 0, "", BY_TARGET)
    found: Measured = {}
    names = BY_TARGET if cases.question.several else ONE_VS_REST
    for k, name in enumerate(cases.question.targets):
        found |= _target(cases, patient, weights, k, f"class={name}", names)
    for metric, calibrated in dict.fromkeys((key.metric, key.calibrated) for key in found):
        parts = [found.get(Key(metric, f"class={name}", calibrated)) for name in cases.question.targets]
        if metric != "auroc_within_patients" and all(part is not None for part in parts):
            found[Key(metric, "macro", calibrated)] = np.mean([part for part in parts if part is not None], axis=0)
    return found | _whole(cases, patient, weights)


def why(cases: Cases, key: Key) -> str:
    """Say why a measure of these cases does not exist."""
    if not len(cases):
        return "no cases"
    targets = cases.question.targets
    if key.part == "macro":
        missing = [name for k, name in enumerate(targets) if _why_target(cases, key.metric, k)]
        return f"no value for {', '.join(map(spaced, missing))}, so none for the mean of classes" if missing else "no number"
    if key.part.startswith("class="):
        return _why_target(cases, key.metric, targets.index(key.part.removeprefix("class="))) or "no number"
    if cases.question.kind == "binary":
        return _why_target(cases, key.metric, 0) or "no number"
    return metrics.OF_MATRIX[key.metric][1] if key.metric in metrics.OF_MATRIX else "no number"


def _why_target(cases: Cases, metric: str, k: int) -> str | None:
    """Measure one target at all its cases' weight, for the reason only."""
    truth = cases.truth[:, k]
    if metric in ("auroc", "auprc"):
        function = metrics.auroc if metric == "auroc" else metrics.auprc
        value = function(truth, cases.raw[:, k])
    elif metric == "auroc_within_patients":
        return "no patient has images of both answers"
    elif metric in metrics.OF_MATRIX:
        value = metrics.of_matrix(metric, metrics.confusion(truth, cases.decided[:, k], 2))
    else:
        return None
    return value.reason if isinstance(value, metrics.Undefined) else None
