"""Readers who sort the same images into classes: raw agreement and Cohen's kappa of two, Krippendorff's alpha of any number."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.evaluate.draws import WITHIN, Draws, draw
from medimg.evaluate.intervals import Interval, Sampled, Support, interval
from medimg.metrics import OF_MATRIX, Array, Flags, ratio

Row = dict[str, Any]
GREY = 30  # images below which a figure is greyed out, as for verdicts on films
ONE_CLASS = "one and the same class throughout: chance agreement is complete"


def pair(frame: pd.DataFrame, classes: Sequence[str], draws: int = 2000, seed: int = 0) -> list[Row]:
    """Compare two readings of the same images: columns id, patient, first, second (classes), one row an image.

    Rows accuracy (the share of images on which both agree) and kappa (Cohen), with estimate, low, high, n, patients, grey, method and
    undefined; the interval draws patients.
    """
    if not len(frame):
        return [_row(name, None, Interval(None, None, "undefined"), 0, 0, "no images in common") for name in ("accuracy", "kappa")]
    first, second = (_codes(frame[name], classes) for name in ("first", "second"))
    drawn, patient = _drawn(frame, draws, seed)
    cells = np.zeros((len(drawn.place), len(classes) ** 2))
    np.add.at(cells, (patient, first * len(classes) + second), 1.0)
    matrices = (drawn.stacked @ cells).reshape(-1, len(classes), len(classes))
    of_class = [first == k for k in range(len(classes)) if ((first == k) | (second == k)).any()]
    accuracy = _measured("accuracy", OF_MATRIX["accuracy"][0](matrices), [np.ones(len(frame), dtype=bool)], patient, drawn, "no images")
    return [accuracy, _measured("kappa", OF_MATRIX["kappa"][0](matrices), of_class, patient, drawn, ONE_CLASS)]


def alpha(frame: pd.DataFrame, classes: Sequence[str], draws: int = 2000, seed: int = 0) -> Row:
    """Krippendorff's nominal alpha of any number of readers, each of whom may have read some images only.

    Columns id, patient, label, one row a reading; images with one reading say nothing and are left out. Source: Krippendorff, Computing
    Krippendorff's alpha-reliability (2011). The interval draws patients, by the rule of kappa.
    """
    frame = frame[frame.groupby("id")["label"].transform("size") > 1]
    if frame.empty:
        return _row("alpha", None, Interval(None, None, "undefined"), 0, 0, "no image was read twice")
    counts = frame.pivot_table(index=["id", "patient"], columns="label", aggfunc="size", fill_value=0).reindex(
        columns=list(classes), fill_value=0
    )
    units = counts.index.to_frame(index=False)
    drawn, patient = _drawn(units, draws, seed)
    per_patient = np.zeros((len(drawn.place), len(classes) ** 2))
    np.add.at(per_patient, patient, coincidences(counts.to_numpy()).reshape(len(units), -1))
    values = alpha_of((drawn.stacked @ per_patient).reshape(-1, len(classes), len(classes)))
    given = counts.to_numpy() > 0
    return _measured("alpha", values, [column for column in given.T if column.any()], patient, drawn, ONE_CLASS)


def coincidences(counts: NDArray[Any]) -> Array:
    """Pairs of readings within each image, (n, K) counts of classes -> (n, K, K), each image weighted by 1 / (its readings - 1)."""
    readings = counts.sum(axis=1)[:, None, None]
    same = np.eye(counts.shape[1]) * counts[:, None, :]
    return np.asarray((counts[:, :, None] * counts[:, None, :] - same) / (readings - 1))


def alpha_of(matrices: Array) -> Array:
    """Alpha of (..., K, K) sums of coincidences: 1 - observed / expected disagreement; NaN where only one class occurs.

    >>> alpha_of(np.array([[8.0, 2.0], [2.0, 8.0]])).round(3)
    array(0.62)
    """
    margins = matrices.sum(axis=-1)
    total = margins.sum(axis=-1)
    agreed = np.trace(matrices, axis1=-2, axis2=-1)
    return np.asarray(1 - ratio((total - 1) * (total - agreed), total**2 - (margins**2).sum(axis=-1)))


def _codes(labels: pd.Series, classes: Sequence[str]) -> NDArray[np.intp]:
    place = {name: k for k, name in enumerate(classes)}
    return np.array([place[label] for label in labels], dtype=np.intp)


def _drawn(frame: pd.DataFrame, draws: int, seed: int) -> tuple[Draws, NDArray[np.int_]]:
    """Patients drawn whatever their classes: no reader is the reference, so how common a class is is as uncertain as the rest."""
    told = {"id": frame["id"].to_numpy(), "patient": frame["patient"].to_numpy(), "fold": 0, "label": ""}
    drawn = draw(pd.DataFrame(told), draws, seed)
    return drawn, drawn.columns(frame["patient"])


def _measured(name: str, values: Array, groups: list[Flags], patient: NDArray[np.int_], drawn: Draws, why: str) -> Row:
    n, patients = len(patient), len(drawn.place)
    if np.isnan(values[0]):
        return _row(name, None, Interval(None, None, "undefined"), n, patients, why)
    support = Support(tuple(np.unique(patient[group], return_counts=True)[1].astype(float) for group in groups), patients)
    sampled = Sampled(float(values[0]), values[1 + drawn.changed :], values[0] - values[1 : 1 + drawn.changed])
    found = interval("accuracy" if name == "accuracy" else "kappa", sampled, support)
    return _row(name, sampled.estimate, replace(found, method=found.method.replace(f" {WITHIN}", "")), n, patients, None)


def _row(name: str, estimate: float | None, found: Interval, n: int, patients: int, undefined: str | None) -> Row:
    told = {"low": found.low, "high": found.high, "method": found.method, "n": n, "patients": patients, "grey": n < GREY}
    return {"metric": name, "estimate": estimate} | told | {"undefined": undefined}
