"""What is learned on validation cases and applied to test cases: one temperature, and a threshold for each yes-or-no target."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logsumexp, softmax

from medimg.errors import RunError
from medimg.evaluate.cases import Cases, to_patients
from medimg.evaluate.question import SOFTMAX, Question
from medimg.metrics import Array, Flags
from medimg.words import spaced

SMALLEST = 1e-12
TEMPERATURES = (0.05, 20.0)
Calibration = dict[str, dict[str, Any]]


def logits_of(raw: Array, kind: str) -> Array:
    """Log-odds of yes-or-no targets, log-probabilities of a distribution over classes; 0 and 1 are taken as 1e-12 from there."""
    p = np.clip(raw, SMALLEST, 1 - SMALLEST)
    return np.log(p) if kind in SOFTMAX else np.log(p) - np.log1p(-p)


def heat(raw: Array, temperature: float, kind: str) -> Array:
    """Divide the logits by the temperature: sigmoid for yes-or-no targets, softmax for a distribution over classes."""
    logits = logits_of(raw, kind) / temperature
    return np.asarray(softmax(logits, axis=1) if kind in SOFTMAX else expit(logits), dtype=float)


def log_loss(truth: Flags, logits: Array, kind: str) -> float:
    """Mean negative log-likelihood of the right answers, of which the several of a distribution's case count evenly."""
    if kind in SOFTMAX:
        right = (truth * logits).sum(axis=1) / truth.sum(axis=1)
        return float((logsumexp(logits, axis=1) - right).mean())
    return float(np.logaddexp(0, np.where(truth, -logits, logits)).mean())


def fit_temperature(truth: Flags, raw: Array, kind: str) -> tuple[float, str | None]:
    """Find the temperature of least log-loss; 1 with the reason where the validation cases do not determine one."""
    if not len(truth):
        return 1.0, "no labelled validation case"
    one_sided = truth.all(axis=0) | ~truth.any(axis=0)
    if one_sided.all():
        return 1.0, "validation has one class only"
    temperature, _ = _search(truth, raw, kind)
    if min(abs(np.log(temperature / limit)) for limit in TEMPERATURES) < 1e-3:
        return 1.0, f"the log-loss on validation is least at the limit of the search ({temperature:.3g}), so no temperature was applied"
    return temperature, None


def least_log_loss(truth: Flags, raw: Array, kind: str) -> float:
    """Log-loss at the temperature of the search that makes it least: how well the answers are told apart, not how sure they are."""
    return _search(truth, raw, kind)[1]


def _search(truth: Flags, raw: Array, kind: str) -> tuple[float, float]:
    """Search the temperature of least log-loss; returns both."""
    logits, bounds = logits_of(raw, kind), [float(np.log(limit)) for limit in TEMPERATURES]
    found = minimize_scalar(lambda t: log_loss(truth, logits / np.exp(t), kind), bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x)), float(found.fun)


def youden(truth: Flags, score: Array) -> float:
    """Find the threshold of greatest sensitivity + specificity, half-way to the next score below; of several, nearest to 0.5.

    A case is called positive when its score is at or above the threshold.
    """
    scores, place = np.unique(score, return_inverse=True)
    positive = np.bincount(place, weights=truth)
    negative = np.bincount(place, weights=~truth)
    below = np.r_[0.0, np.cumsum(negative)[:-1]] / negative.sum() + (positive.sum() - np.r_[0.0, np.cumsum(positive)[:-1]]) / positive.sum()
    cuts = (scores + np.r_[scores[0], scores[:-1]]) / 2
    best = np.flatnonzero(below >= below.max() - 1e-12)
    return float(cuts[best[np.argmin(np.abs(cuts[best] - 0.5))]])


def fit(validation: Cases) -> dict[str, Any]:
    """Learn temperature and thresholds from the validation cases of one seed and fold."""
    question = validation.question
    temperature, reason = fit_temperature(validation.truth, validation.raw, question.kind)
    reasons = [] if reason is None else [f"temperature: {reason}"]
    thresholds, one_answer = {}, []
    if question.kind not in SOFTMAX:
        for k, name in enumerate(question.targets):
            truth = validation.truth[:, k]
            one_class = not len(truth) or truth.all() or not truth.any()
            if one_class:
                one_answer.append(spaced(name))
            thresholds[name] = 0.5 if one_class or question.threshold == "half" else youden(truth, validation.raw[:, k])
    if one_answer:
        reasons.append(f"threshold of {', '.join(one_answer)}: 0.5, because validation has one class only")
    return {
        "temperature": temperature,
        "thresholds": thresholds,
        "n": len(validation),
        "patients": int(validation.frame["patient"].nunique()),
        "reason": "; ".join(reasons) or None,
    }


def learn(validation: Cases, pairs: list[tuple[int, int]], mixed: bool) -> Calibration:
    """Learn for each (seed, fold) of the test table, for images and, where patients have one label each, for patients."""
    seeds, folds = validation.frame["seed"].to_numpy(), validation.frame["fold"].to_numpy()
    learned = {}
    for seed, fold in pairs:
        part = validation.where((seeds == seed) & (folds == fold))
        if not len(part):
            raise RunError(f"predictions/val.csv has no case of seed {seed}, fold {fold}, so thresholds cannot be fixed before the test.")
        learned[f"{seed}/{fold}"] = fit(part)
        if not mixed:
            learned[f"{seed}/{fold}"]["patient"] = fit(to_patients(part))
    return learned


def apply(cases: Cases, calibration: Calibration, level: str = "image") -> Cases:
    """Add calibrated probabilities and decisions to test cases, by what their seed and fold learned on validation."""
    question = cases.question
    calibrated, decided = np.empty_like(cases.raw), np.zeros(cases.raw.shape, dtype=bool)
    pairs = cases.frame["seed"].astype(str) + "/" + cases.frame["fold"].astype(str)
    for pair in pairs.unique():
        rows = (pairs == pair).to_numpy()
        known = _entry(calibration, pair, level)
        calibrated[rows] = heat(cases.raw[rows], float(known["temperature"]), question.kind)
        decided[rows] = decide(cases.raw[rows], question, known["thresholds"])
    return replace(cases, calibrated=calibrated, decided=decided)


def _entry(calibration: Calibration, pair: str, level: str) -> dict[str, Any]:
    if pair not in calibration:
        raise RunError(f"calibration.json knows nothing of seed/fold {pair}; copy it from the run whose models were used.")
    entry = calibration[pair]
    return entry["patient"] if level == "patient" and "patient" in entry else entry


def decide(raw: Array, question: Question, thresholds: dict[str, float]) -> Flags:
    """Answer yes or no for each target: the most probable class, by the question's rule, or every target at or above its threshold."""
    if question.rule:
        return question.rule.decide(raw)
    if question.kind == "multiclass":
        return np.asarray(np.arange(raw.shape[1])[None, :] == raw.argmax(axis=1)[:, None], dtype=bool)
    return np.asarray(raw >= np.array([thresholds[name] for name in question.targets])[None, :], dtype=bool)
