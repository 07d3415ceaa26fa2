"""Two raters' verdicts on the same films -> their 2x2 table and every figure of agreement with a 95 % interval that draws patients."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from medimg.evaluate.compare import limits
from medimg.evaluate.draws import WITHIN, Draws, draw
from medimg.evaluate.intervals import Interval, Sampled, Support, interval
from medimg.metrics import OF_MATRIX, Array, Flags, ratio

Row = dict[str, Any]
GREY = 30  # cases below which a figure is greyed out: 3 of 30 may be 3.5 to 25.6 %
FEW = 25  # discordant cases below which McNemar's test is exact


def _npv(matrix: Array) -> Array:
    return ratio(matrix[..., 0, 0], matrix[..., :, 0].sum(axis=-1))


def _pabak(matrix: Array) -> Array:
    return 2 * OF_MATRIX["accuracy"][0](matrix) - 1


def _ac1(matrix: Array) -> Array:
    """Gwet's AC1: chance agreement is 2 q (1 - q), q the mean of both raters' shares of fails (Br J Math Stat Psychol 2008;61:29)."""
    seen = OF_MATRIX["accuracy"][0](matrix)
    q = (
        ratio(matrix[..., 1, :].sum(axis=-1), matrix.sum(axis=(-2, -1))) + ratio(matrix[..., 1].sum(axis=-1), matrix.sum(axis=(-2, -1)))
    ) / 2
    chance = 2 * q * (1 - q)
    return (seen - chance) / (1 - chance)


# name -> function of (..., reference, answer) tables, whose interval it shares, why it may not exist
FIGURES: dict[str, tuple[Callable[[Array], Array], str, str]] = {
    "accuracy": (OF_MATRIX["accuracy"][0], "accuracy", "no cases"),
    "sensitivity": (OF_MATRIX["sensitivity"][0], "sensitivity", "the reference fails no case"),
    "specificity": (OF_MATRIX["specificity"][0], "specificity", "the reference passes no case"),
    "ppv": (OF_MATRIX["precision"][0], "precision", "no case was failed"),
    "npv": (_npv, "precision", "no case was passed"),
    "kappa": (OF_MATRIX["kappa"][0], "kappa", "both give one and the same verdict throughout: chance agreement is complete"),
    "pabak": (_pabak, "accuracy", "no cases"),
    "ac1": (_ac1, "kappa", "no cases"),
}
# drawn within the reference's fails and passes; the others rest on the reference's fail rate too, which is as uncertain as ours
GIVEN_REFERENCE = ("sensitivity", "specificity")


def table(reference: Flags, answer: Flags) -> Array:
    """Count (reference, answer), pass before fail: (n,) flags of fails twice -> (2, 2)."""
    cell = 2 * np.asarray(reference, dtype=int) + np.asarray(answer, dtype=int)
    return np.bincount(cell, minlength=4).astype(float).reshape(2, 2)


def figure(name: str, counts: Array) -> float:
    """One figure of a (2, 2) table [[both pass, answer alone fails], [reference alone fails, both fail]]; NaN where it does not exist.

    >>> round(figure("kappa", np.array([[70.0, 10.0], [5.0, 15.0]])), 2)
    0.57
    """
    return float(FIGURES[name][0](np.asarray(counts, dtype=float)))


def mcnemar(counts: Array) -> tuple[float, str]:
    """Two-sided p of equal fail rates, and how: exact below 25 discordant cases, else chi-square with Edwards' correction."""
    answer_only, reference_only = int(counts[0, 1]), int(counts[1, 0])
    discordant = answer_only + reference_only
    if discordant < FEW:
        p = float(stats.binomtest(answer_only, discordant).pvalue) if discordant else 1.0
        return p, f"exact, {discordant} discordant cases"
    chi2 = max(abs(answer_only - reference_only) - 1, 0) ** 2 / discordant
    return float(stats.chi2.sf(chi2, 1)), f"chi-square with continuity correction, {discordant} discordant cases"


def agreement(frame: pd.DataFrame, draws: int = 2000, seed: int = 0) -> list[Row]:
    """Measure agreement of `answer` with `reference`, flags of fails; columns id, patient, reference, answer, one row a case.

    Rows have metric, estimate, low, high, method, n (cases it is a share of), patients, grey (fewer than 30), p (McNemar only) and
    undefined. The last row is the difference of the fail rates, answer minus reference, with McNemar's p.
    """
    reference, answer = frame["reference"].to_numpy(dtype=bool), frame["answer"].to_numpy(dtype=bool)
    counts = table(reference, answer)
    if not len(frame):
        return [_row(name, None, Interval(None, None, "undefined"), 0, 0, "no cases") for name in (*FIGURES, "fail_rate_difference")]
    within, across = _matrices(frame, reference.astype(str), draws, seed), _matrices(frame, "", draws, seed)
    rows = [_figure(name, *(within if name in GIVEN_REFERENCE else across), reference, answer, frame["patient"]) for name in FIGURES]
    return [*rows, _difference(counts, *across)]


def _matrices(frame: pd.DataFrame, label: Any, draws: int, seed: int) -> tuple[Array, Draws]:
    """(weightings, 2, 2) tables of patients drawn within their labels."""
    drawn = draw(pd.DataFrame({"id": frame["id"], "patient": frame["patient"], "fold": 0, "label": label}), draws, seed)
    cells = np.zeros((len(drawn.place), 4))
    np.add.at(cells, (drawn.columns(frame["patient"]), 2 * frame["reference"].astype(int) + frame["answer"].astype(int)), 1.0)
    return (drawn.stacked @ cells).reshape(-1, 2, 2), drawn


def _figure(name: str, matrices: Array, drawn: Draws, reference: Flags, answer: Flags, patients_of: "pd.Series[str]") -> Row:
    function, rule, why = FIGURES[name]
    patient = drawn.columns(patients_of)
    everyone = np.ones(len(reference), dtype=bool)
    groups = {"sensitivity": [reference], "specificity": [~reference], "ppv": [answer], "npv": [~answer], "kappa": [reference, ~reference]}
    rests = groups.get(name, [everyone])
    n, patients = sum(int(group.sum()) for group in rests), len(drawn.place)
    values = (function(matrices) + 1) / 2 if name == "pabak" else function(matrices)  # its interval is that of the accuracy, stretched
    if np.isnan(values[0]):
        return _row(name, None, Interval(None, None, "undefined"), n, patients, why)
    support = Support(tuple(np.unique(patient[group], return_counts=True)[1].astype(float) for group in rests), patients)
    sampled = Sampled(float(values[0]), values[1 + drawn.changed :], values[0] - values[1 : 1 + drawn.changed])
    found = interval(rule, sampled, support)
    if name not in GIVEN_REFERENCE:
        found = replace(found, method=found.method.replace(f" {WITHIN}", ""))
    if name == "pabak":
        low, high = (None if limit is None else 2 * limit - 1 for limit in (found.low, found.high))
        return _row(name, 2 * sampled.estimate - 1, Interval(low, high, found.method), n, patients, None)
    return _row(name, sampled.estimate, found, n, patients, None)


def _difference(counts: Array, matrices: Array, drawn: Draws) -> Row:
    total = matrices.sum(axis=(1, 2))
    values = ratio(matrices[:, 0, 1] - matrices[:, 1, 0], total)
    found = limits(float(values[0]), values[1 + drawn.changed :], len(drawn.place))
    p, how = mcnemar(counts)
    if counts.sum() > len(drawn.place):
        how += ", cases of one patient taken as independent"
    spread = Interval(found.get("low"), found.get("high"), f"{found['method']}; p by McNemar, {how}")
    return _row("fail_rate_difference", float(values[0]), spread, int(counts.sum()), len(drawn.place), None) | {"p": p}


def _row(name: str, estimate: float | None, found: Interval, n: int, patients: int, undefined: str | None) -> Row:
    return {
        "metric": name,
        "estimate": estimate,
        "low": found.low,
        "high": found.high,
        "n": n,
        "patients": patients,
        "grey": n < GREY,
        "p": None,
        "method": found.method,
        "undefined": undefined,
    }
