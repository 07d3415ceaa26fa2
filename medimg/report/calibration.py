"""How far the probabilities can be believed, and what was fixed on validation: temperature and thresholds."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.results import CALIBRATION, LEVELS, OVERALL, headline_row, levels, pick
from medimg.report.table import Cell, Table, count_cell, measure_cell, name_cell
from medimg.report.words import finite, number, scrub, words
from medimg.words import metric_name

PROBABLE = "most probable class"


def calibration_table(run: RunFolder) -> Table:
    """Brier score and calibration error, before and after temperature scaling."""
    rows = [row for row in run.rows if row["metric"] in CALIBRATION and row.get("scope") in OVERALL and not row.get("undefined")]
    units, lines = levels(run), []
    for level, scope, metric in dict.fromkeys((row.get("level"), row["scope"], row["metric"]) for row in rows):
        if level not in units:
            continue
        same = [row for row in rows if (row.get("level"), row["scope"], row["metric"]) == (level, scope, metric)]
        sides = [[row for row in same if bool(row.get("calibrated")) == after] for after in (False, True)]
        cells = [measure_cell(pick(side, headline_row(run).get("aggregate"))) for side in sides]
        mean = ", mean of classes" if scope == "macro" else ""
        lines.append([name_cell(f"{metric_name(metric)}{mean}, per {run.unit(str(level))}"), *cells])
    head = ["Measure (0 is best)", "As the model says", "After temperature scaling"]
    note = "The interval of the calibration error is corrected for its bias with few cases, so it may lie below the value."
    return Table("How far the probabilities can be believed", head, lines, note if any(row["metric"] == "ece" for row in rows) else "")


def threshold_table(calibration: dict[str, Any], units: Sequence[str] = LEVELS, answer: str = PROBABLE) -> Table:
    """Temperature and thresholds, each fixed on validation only: one line per seed and fold, images and then patients if in `units`.

    Of one training neither seed nor fold is named.
    `answer` stands where there is no threshold, and says how a case is decided.
    """
    entries = {str(key): entry for key, entry in calibration.items() if isinstance(entry, dict)}
    twice = "patient" in units and any(isinstance(entry.get("patient"), dict) for entry in entries.values())
    shown = ["image", *(["patient"] if twice else [])]
    lines, remarks = [], []
    for key, entry in entries.items():
        seed, _, fold = key.partition("/")
        parts = [entry if level == "image" else entry.get("patient") or {} for level in shown]
        lines.append([name_cell(seed), name_cell(fold or "–"), *(cell for part in parts for cell in _fixed(part, answer))])
        remarks += [f"per {level}, {part['reason']}" for level, part in zip(shown, parts, strict=True) if part.get("reason")]
    told = [f"{remarks.count(text)} of {len(entries)}: {scrub(text)}." for text in dict.fromkeys(remarks)]
    names = {"image": "Images", "patient": "Patients"}
    columns = [f"{names[level]}{what}" for level in shown for what in ("", ": temperature", ": threshold")]
    head = ["Seed", "Fold", *columns]
    if len(entries) == 1:  # of one training there is nothing to tell apart
        head, lines, told = columns, [line[2:] for line in lines], [f"{scrub(text[:1].upper() + text[1:])}." for text in remarks]
    return Table("Fixed on validation", head, lines, " ".join(told))


def _fixed(part: dict[str, Any], answer: str) -> list[Cell]:
    cuts = part.get("thresholds") or {}
    named = len(cuts) > 1
    shown = ", ".join(f"{words(name)} {number(value)}".replace(" ", "\u00a0") if named else number(value) for name, value in cuts.items())
    return [count_cell(part.get("n")), Cell(number(part.get("temperature")), look="num"), Cell(shown or answer, look="num")]


def answer(run: RunFolder) -> str:
    """How a case is decided where no threshold is: the most probable class, or by the rule that was given."""
    rule = run.evaluation.get("rule")
    return f"one above {rule['one']:.2f}, two above {rule['two']:.2f}; given, not fitted" if rule else PROBABLE


def spread(calibration: dict[str, Any]) -> list[float]:
    """Lowest, median and highest temperature; empty without any."""
    values = [finite(entry.get("temperature")) for entry in calibration.values() if isinstance(entry, dict)]
    known = sorted(value for value in values if value is not None)
    return [known[0], float(pd.Series(known).median()), known[-1]] if known else []
