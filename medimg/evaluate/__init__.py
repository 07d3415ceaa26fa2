"""From per-case tables in a run folder to every number that is published; needs nothing but the folder."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.errors import RunError
from medimg.evaluate import against, calibration, curves, fewer, tables
from medimg.evaluate.against import against_rows, verdict
from medimg.evaluate.cases import Cases, mixed_patients, to_patients
from medimg.evaluate.compare import compare
from medimg.evaluate.fewer import fewer_rows
from medimg.evaluate.files import write_json, write_table
from medimg.evaluate.question import Question, read_question
from medimg.evaluate.reading import read_test, read_validation
from medimg.evaluate.rows import Row, judge
from medimg.words import AGGREGATES, metric_name, plural

__all__ = ["compare", "evaluate"]

HEADINGS = {
    "results": "Results",
    "per_class": "By class, one against the rest",
    "per_site": "By site",
    "per_subgroup": "By subgroup",
    "per_fold": "By fold and seed",
    "per_labels": "Cases with one label, and with several",
    "confusion": "True and predicted labels, counts of images of the first seed",
    "roc": "ROC curves",
    "pr": "Precision and recall",
    "reliability": "Probability against observed share",
    "errors": "The worst errors",
    "thresholds": "Fixed on validation",
    "paper": "The paper's numbers beside ours",
    "against": "Other runs on the same cases, this run minus the other",
    "fewer": "With some of the sequences only, minus all that each place has",
}


def evaluate(run: Path) -> dict[str, Any]:
    """Judge the test cases of a run folder: writes calibration.json, metrics.json and tables/, and returns the metrics."""
    run = Path(run)
    images, learned = settle(run)
    question, mixed = images.question, mixed_patients(images)
    patients = None if mixed else calibration.apply(to_patients(images), learned, "patient")
    rows = judge(images, patients, mixed)
    metrics = {
        "schema": 1,
        "kind": question.kind,
        "classes": list(question.classes),
        "positive": question.positive,
        "headline": headline(rows, question),
        "rows": rows,
        "notes": _notes(images, learned, mixed),
    }
    _write_tables(run, images, rows, learned)
    beside = against_rows(run, images)
    _write_beside(run, beside, fewer_rows(run, images, learned))
    metrics["against"] = verdict(beside)
    write_json(run / "metrics.json", metrics)
    return metrics


def settle(run: Path) -> tuple[Cases, calibration.Calibration]:
    """Learn what validation fixes, write calibration.json, and give the test cases as decided by it."""
    images = read_test(run, read_question(run))
    learned = _calibration(run, images, mixed_patients(images))
    return calibration.apply(images, learned), learned


def _calibration(run: Path, images: Cases, mixed: int) -> calibration.Calibration:
    """Learn from the validation cases; for external cases take what was learned before."""
    path = run / "calibration.json"
    if images.question.external:
        if not path.is_file():
            raise RunError("calibration.json is missing: an external evaluation uses the thresholds of the run that is judged.")
        known: calibration.Calibration = json.loads(path.read_text())
        return known
    validation = read_validation(run, images.question)
    pairs = images.frame[["seed", "fold"]].drop_duplicates().sort_values(["seed", "fold"])
    learned = calibration.learn(validation, [(int(seed), int(fold)) for seed, fold in pairs.itertuples(index=False)], bool(mixed))
    write_json(path, learned)
    return learned


def headline(rows: list[Row], question: Question) -> dict[str, Any]:
    """Choose the number on top: the mean over folds, or, where a fold has no value, the pooled one with the reason."""
    scope = "all" if question.kind == "binary" or question.headline in ("exact_match", "accuracy", "kappa", "mcc") else "macro"
    found = [row for row in rows if (row["metric"], row["level"], row["scope"]) == (question.headline, "image", scope)]
    found = [row for row in found if not row["calibrated"]]
    if not found:
        raise RunError(f"evaluation.json: headline {question.headline!r} is not measured for a {question.kind} question.")
    chosen = next((row for row in found if row["estimate"] is not None), found[0])
    return {key: chosen[key] for key in ("metric", "scope", "aggregate", "estimate", "low", "high")} | {"text": _text(chosen, found[0])}


def _text(row: Row, first: Row) -> str:
    name = metric_name(row["metric"]) + (", mean of classes," if row["scope"] == "macro" else "")
    if row["estimate"] is None:
        return f"{name.rstrip(',')} is undefined ({row['undefined']})"
    limits = f"95 % interval {row['low']:.3f} to {row['high']:.3f}" if row["low"] is not None else row["method"]
    spread = f", sd over seeds {row['seed_sd']:.3f}" if row["seed_sd"] is not None else ""
    how = "" if row["aggregate"] == "single" else f", {AGGREGATES[row['aggregate']]}"
    text = f"{name} {row['estimate']:.3f} ({limits}{spread}; {plural(row['n'], 'image')} of {plural(row['patients'], 'patient')}{how})"
    return text if row is first else f"{text}; no mean over folds: {first['undefined']}"


def _notes(images: Cases, learned: calibration.Calibration, mixed: int) -> list[str]:
    notes = [*images.question.notes, *images.notes]
    if images.question.fused:
        notes.append(
            f"A case is a place in the body: its slices of {', '.join(images.question.fused)} judged together, as many as there are."
        )
    if images.unlabelled:
        notes.append(f"{plural(images.unlabelled, 'test case')} without a label, in no number.")
    if mixed:
        notes.append(f"{plural(mixed, 'patient')} with images of more than one label, so patient-level numbers are undefined.")
    notes += [
        f"{f'Seed/fold {pair}' if len(learned) > 1 else 'Validation'}: {part['reason']}."
        for pair, part in learned.items()
        if part["reason"]
    ]
    if images.question.kind == "multiclass":
        notes.append("The most probable class is the answer; no threshold is used.")
    if len(set(images.frame["fold"])) > 1:
        notes.append("Pooled numbers put the probabilities of the folds' different models on one scale; the mean over folds does not.")
    if images.question.rule:
        told = f"Decided by a rule that is given ({images.question.rule.source}), on the probabilities before temperature scaling"
        notes.append(f"{told}: {images.question.rule.text}.")
    if images.question.several:
        notes.append("A case without any label decided counts as answered no for each of them.")
    return notes


def _write_beside(run: Path, others: list[Row], sets: list[Row]) -> None:
    """Write the tables that only some runs have: others taken along, and sequences held back."""
    for name, rows, columns in (("against", others, against.COLUMNS), ("fewer", sets, fewer.COLUMNS)):
        if rows:
            write_table(run / "tables", name, pd.DataFrame(rows, columns=columns), HEADINGS[name])


def _write_tables(run: Path, images: Cases, rows: list[Row], learned: calibration.Calibration) -> None:
    made = tables.of_rows(rows) | {
        "confusion": tables.confusion(images),
        "roc": curves.curve(images, "roc"),
        "pr": curves.curve(images, "pr"),
        "reliability": curves.reliability(images),
        "errors": tables.errors(images),
        "thresholds": tables.thresholds(learned),
    }
    if images.question.paper:
        made["paper"] = tables.paper(rows, images.question)
    for name, table in made.items():
        write_table(run / "tables", name, table, HEADINGS[name])
