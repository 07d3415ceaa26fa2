"""The rows of metrics.json: every measure at every level, scope and aggregate, with its interval or the reason why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from medimg.evaluate.cases import Cases
from medimg.evaluate.draws import Draws, draw
from medimg.evaluate.intervals import Interval, Sampled, Support, interval
from medimg.evaluate.measures import Key, Measured, measure, why
from medimg.evaluate.question import SOFTMAX
from medimg.metrics import Array, Flags
from medimg.words import plural

Row = dict[str, Any]
OF_BOTH = {"auroc", "auprc", "balanced_accuracy", "f1", "kappa", "mcc"}
OF_LABELS = {"sensitivity", "specificity"}  # told label by label of the cases with one label and of those with several


@dataclass(frozen=True)
class Seen:
    """One measure of a set of cases: its value seed by seed, its mean over seeds in draws, or why there is no value."""

    by_seed: Array
    sampled: Sampled
    reason: str | None


def see(cases: Cases, drawn: Draws, over_folds: bool) -> dict[Key, Seen]:
    """Measure each seed (by fold or pooled) as it is, with patients changed and in all draws, and average over seeds."""
    patient, weights, changed = drawn.columns(cases.frame["patient"]), drawn.stacked, drawn.changed
    seeds, folds = cases.frame["seed"].to_numpy(), cases.frame["fold"].to_numpy()
    found: list[list[Measured]] = []
    models: list[tuple[str, Flags]] = []
    for seed in np.unique(seeds):
        parts = [(seeds == seed) & (folds == fold) for fold in np.unique(folds[seeds == seed])] if over_folds else [seeds == seed]
        found.append([measure(cases.where(rows), patient[rows], weights) for rows in parts])
        models += [(f"fold {folds[rows][0]}: " if len(parts) > 1 else "", rows) for rows in parts]
    nothing = np.full(len(weights), np.nan)
    seen = {}
    for key in dict.fromkeys(key for seed_parts in found for part in seed_parts for key in part):
        by_seed = np.array([np.mean([part.get(key, nothing) for part in seed_parts], axis=0) for seed_parts in found])
        flat = [part.get(key, nothing)[0] for seed_parts in found for part in seed_parts]
        lost = [where + why(cases.where(rows), key) for value, (where, rows) in zip(flat, models, strict=True) if np.isnan(value)]
        mean = by_seed.mean(axis=0)
        sampled = Sampled(float(mean[0]), mean[1 + changed :], mean[0] - mean[1 : 1 + changed])
        seen[key] = Seen(by_seed[:, 0], sampled, "; ".join(dict.fromkeys(lost)) or None)
    return seen


def support(cases: Cases, key: Key) -> Support:
    """Count the rows of each patient a measure rests on: one group for a proportion, one for each class that must be told apart."""
    first = cases.where((cases.frame["seed"] == cases.frame["seed"].min()).to_numpy())
    patient, everyone = first.frame["patient"], np.ones(len(first), dtype=bool)
    if key.part == "macro":
        each = [support(first, key._replace(part=f"class={name}")) for name in cases.question.targets]
        return min(each, key=lambda one: one.patients)
    if key.part == "" and cases.question.kind != "binary":
        groups = [column for column in first.truth.T if column.any()] if key.metric in OF_BOTH else [everyone]
    else:
        k = cases.question.targets.index(key.part.removeprefix("class=")) if key.part else 0
        yes = first.truth[:, k]
        groups = [yes, ~yes] if key.metric in OF_BOTH else [everyone]
        groups = {"sensitivity": [yes], "specificity": [~yes], "precision": [first.decided[:, k]]}.get(key.metric, groups)
        if key.metric == "auroc_within_patients":
            both = set(patient[yes]) & set(patient[~yes])
            return Support((np.ones(len(both)),), len(both))
    names = patient.to_numpy(dtype=str)
    return Support(tuple(np.unique(names[rows], return_counts=True)[1].astype(float) for rows in groups), len(set(names)))


def _positives(cases: Cases, key: Key) -> int | None:
    if key.part in ("", "macro") and cases.question.kind != "binary":
        return None
    k = cases.question.targets.index(key.part.removeprefix("class=")) if key.part else 0
    return int(cases.frame["id"][cases.truth[:, k]].nunique())


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def row_of(cases: Cases, key: Key, seen: Seen, lonely: int, over_folds: bool) -> Row:
    """Put one measure into the form of metrics.json, all but level, scope and aggregate."""
    if seen.reason:
        limits = Interval(None, None, "undefined")
    elif key.metric == "ece" and over_folds:
        limits = Interval(None, None, "no interval: chance makes the calibration error of small folds too large; see the pooled row")
    else:
        scale = 2.0 if key.metric == "brier" and key.part == "" and cases.question.kind in SOFTMAX else 1.0
        limits = interval(key.metric, seen.sampled, support(cases, key), scale, lonely)
    return {
        "metric": key.metric,
        "calibrated": key.calibrated,
        "estimate": None if seen.reason else _number(seen.sampled.estimate),
        "low": limits.low,
        "high": limits.high,
        "n": int(cases.frame["id"].nunique()),
        "patients": int(cases.frame["patient"].nunique()),
        "positives": _positives(cases, key),
        "method": limits.method,
        "undefined": seen.reason,
        "seed_sd": _number(seen.by_seed.std(ddof=1)) if len(seen.by_seed) > 1 and not seen.reason else None,
    }


def rows_of(cases: Cases, level: str, scope: str, aggregates: tuple[str, ...]) -> list[Row]:
    """Measure one set of cases in one or two ways; of a part of the cases only the whole and the mean over classes are kept.

    Of the cases with one label, and of those with several, sensitivity and specificity of each label are kept as well.
    """
    drawn = draw(cases.frame, cases.question.draws, cases.question.seed)
    rows = []
    for aggregate in aggregates:
        over_folds = aggregate == "mean_over_folds"
        seen = see(cases, drawn, over_folds)
        for key, value in seen.items():
            if here := _scope(scope, key, whole=key._replace(part="") in seen):
                row = row_of(cases, key, value, drawn.lonely if over_folds else 0, over_folds)
                rows.append({"metric": key.metric, "level": level, "scope": here, "aggregate": aggregate} | row)
    return rows


def whole_row(cases: Cases, level: str, metric: str) -> Row:
    """Measure all cases in the first of their ways: the row of the whole, or of the mean over classes."""
    scope = "all" if cases.question.kind == "binary" else "macro"
    _, ways, _ = next(scopes(cases))
    wanted = (metric, scope, False)
    return next(row for row in rows_of(cases, level, "all", ways[:1]) if (row["metric"], row["scope"], row["calibrated"]) == wanted)


def _scope(scope: str, key: Key, whole: bool) -> str | None:
    """Name what a measure of these cases speaks of; None where it is not kept. `whole`: it has a value of all classes at once."""
    if scope == "all":
        return key.part or "all"
    if key.part.startswith("class="):
        return f"{scope},{key.part}" if scope.startswith("cases=") and key.metric in OF_LABELS else None
    return None if key.part and whole else scope


def scopes(cases: Cases) -> Iterator[tuple[str, tuple[str, ...], Flags]]:
    """Name the sets of cases that are judged, how each is averaged, and its rows."""
    frame, question = cases.frame, cases.question
    folds, seeds = sorted(frame["fold"].unique()), sorted(frame["seed"].unique())
    repeated = bool(frame.duplicated(["seed", "id"]).any())  # an external table judged by the models of several folds
    several = len(folds) > 1
    first = ("mean_over_folds",) if several else ("single",)
    part = first if repeated else ("pooled",) if several else ("single",)
    yield "all", first + (("pooled",) if several and not repeated else ()), np.ones(len(frame), dtype=bool)
    for fold in folds if several else ():
        yield f"fold={fold}", ("single",), (frame["fold"] == fold).to_numpy()
    for seed in seeds if len(seeds) > 1 else ():
        yield f"seed={seed}", first, (frame["seed"] == seed).to_numpy()
    for name in dict.fromkeys(("site", *question.subgroups)):
        values = sorted(set(frame[name]) - {""}) if name in frame else []
        for value in values if len(values) > 1 else ():
            yield f"{name}={value}", part, (frame[name] == value).to_numpy()
    shown = cases.truth.sum(axis=1)
    if question.several and (shown > 1).any():
        kinds: dict[str, Flags] = {"one_label": shown == 1, "two_labels": shown > 1}  # two or more
        yield from ((f"cases={name}", part, keep) for name, keep in kinds.items() if keep.any())


def judge(images: Cases, patients: Cases | None, mixed: int) -> list[Row]:
    """Make all rows; without patients' cases the patient rows say that labels are mixed within patients."""
    rows = [row for scope, aggregates, keep in scopes(images) for row in rows_of(images.where(keep), "image", scope, aggregates)]
    if patients is not None:
        _, aggregates, _ = next(scopes(patients))
        return rows + rows_of(patients, "patient", "all", aggregates)
    whole = [row for row in rows if row["scope"] in ("all", "macro") or row["scope"].startswith("class=")]
    nothing = {"level": "patient", "estimate": None, "low": None, "high": None, "seed_sd": None, "method": "undefined"}
    reason = f"mixed labels: {plural(mixed, 'patient')} with images of more than one label"
    return rows + [row | nothing | {"undefined": reason} for row in whole if row["metric"] != "auroc_within_patients"]
