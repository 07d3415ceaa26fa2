"""The tables of a run: picked from the rows of metrics.json, or counted from the cases."""

from typing import Any

import numpy as np
import pandas as pd

from medimg.evaluate.calibration import Calibration
from medimg.evaluate.cases import Cases
from medimg.evaluate.question import Question
from medimg.evaluate.rows import Row
from medimg.metrics import Flags

COLUMNS = ["metric", "level", "scope", "aggregate", "calibrated", "estimate", "low", "high", "seed_sd", "n", "patients", "positives"]
WORST = 50


def _pick(rows: list[Row], keep: Any) -> pd.DataFrame:
    return pd.DataFrame([row for row in rows if keep(row)], columns=[*COLUMNS, "method", "undefined"])


def of_rows(rows: list[Row]) -> dict[str, pd.DataFrame]:
    """Deal the rows into the tables results, per_class, per_site, per_subgroup and per_fold, and per_labels where cases have several."""
    plain = {"all", "macro"}
    counted = _pick(rows, lambda row: row["scope"].startswith("cases="))
    return ({"per_labels": counted} if len(counted) else {}) | {
        "results": _pick(rows, lambda row: row["scope"] in plain),
        "per_class": _pick(rows, lambda row: row["scope"].startswith("class=") or row["scope"] == "macro"),
        "per_site": _pick(rows, lambda row: row["scope"].startswith("site=")),
        "per_subgroup": _pick(
            rows, lambda row: row["scope"] not in plain and row["scope"].split("=")[0] not in ("class", "site", "fold", "seed", "cases")
        ),
        "per_fold": _pick(rows, lambda row: row["scope"].split("=")[0] in ("fold", "seed")),
    }


def _names(flags: Flags, question: Question) -> list[str]:
    """Write each row of yes-or-no answers as a label."""
    if question.kind == "binary":
        return [question.classes[int(row[0])] for row in flags]
    return ["|".join(name for name, yes in zip(question.classes, row, strict=True) if yes) or "none" for row in flags]


def confusion(cases: Cases) -> pd.DataFrame:
    """Count (true, predicted) of the first seed's test cases, every pair of classes or, for several labels, every pair that occurs."""
    seeds = cases.frame["seed"].to_numpy()
    cases = cases.where(seeds == seeds.min())
    pairs = pd.DataFrame({"true": _names(cases.truth, cases.question), "predicted": _names(cases.decided, cases.question)})
    counts: pd.Series = pairs.value_counts().rename("count")
    if not cases.question.several:
        every = pd.MultiIndex.from_product([cases.question.classes, cases.question.classes], names=["true", "predicted"])
        counts = counts.reindex(every, fill_value=0)
    table: pd.DataFrame = counts.sort_index().reset_index()
    return table


def errors(cases: Cases) -> pd.DataFrame:
    """List the worst errors of the first seed: wrongness is how far the probability of the truth is from 1 (or of a wrong label from 0).

    `p` is the probability of the answer; where cases have several labels, that of the one furthest from the truth, which `class` names.
    """
    seeds = cases.frame["seed"].to_numpy()
    cases = cases.where(seeds == seeds.min())
    kind = cases.question.kind
    far = np.abs(cases.share - cases.raw)
    wrongness = (far * cases.truth).sum(axis=1) if kind == "multiclass" else far.max(axis=1)
    target = far.argmax(axis=1) if kind != "multiclass" else cases.raw.argmax(axis=1)
    p = cases.raw[np.arange(len(cases)), target]
    if kind == "binary":
        p = np.where(cases.decided[:, 0], p, 1 - p)
    table = pd.DataFrame(
        {
            "id": cases.frame["id"],
            "label": cases.frame["label"],
            "predicted": _names(cases.decided, cases.question),
            "p": p,
            "wrongness": wrongness,
        }
    )
    if cases.question.several:
        table.insert(3, "class", np.array(cases.question.targets)[target])
    wrong = (cases.truth != cases.decided).any(axis=1)
    worst: pd.DataFrame = table[wrong].sort_values(["wrongness", "id"], ascending=[False, True]).head(WORST).reset_index(drop=True)
    return worst


def thresholds(calibration: Calibration) -> pd.DataFrame:
    """Lay out what validation fixed: temperature and thresholds by seed, fold and level."""
    rows = []
    for pair, learned in calibration.items():
        seed, fold = pair.split("/")
        for level, part in (("image", learned), ("patient", learned.get("patient"))):
            if part:
                facts = {"n": part["n"], "temperature": part["temperature"], "reason": part["reason"] or ""}
                names = part["thresholds"] or {"": None}
                rows += [{"seed": seed, "fold": fold, "level": level, "class": n, "threshold": t, **facts} for n, t in names.items()]
    return pd.DataFrame(rows, columns=["seed", "fold", "level", "class", "threshold", "temperature", "n", "reason"])


def paper(rows: list[Row], question: Question) -> pd.DataFrame:
    """Put the paper's numbers beside ours of the same measure and row; numbers above 1 are percentages."""
    table = []
    for line in question.paper:
        named = (str(line["row"]), f"class={line['row']}")
        ours = next((row for row in rows if row["metric"] == line["metric"] and row["scope"] in named and row["level"] == "image"), None)
        if ours is None:
            usual = ("all", "macro") if str(line["row"]) not in question.classes else ()
            ours = next((r for r in rows if r["metric"] == line["metric"] and r["scope"] in usual and r["level"] == "image"), {})
        value = float(line["value"])
        table.append(
            {"row": line["row"], "metric": line["metric"], "paper": value / 100 if value > 1 else value}
            | {"ours": ours.get("estimate"), "low": ours.get("low"), "high": ours.get("high"), "method": ours.get("method")}
            | {"undefined": ours.get("undefined", "not measured"), "scope": ours.get("scope", "not measured")}
            | {"source": line.get("source", "")}
        )
    return pd.DataFrame(table, columns=["row", "metric", "paper", "ours", "low", "high", "method", "undefined", "scope", "source"])
