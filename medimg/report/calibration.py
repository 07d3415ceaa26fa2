"""How far the probabilities can be believed, and what was fixed on validation: temperature and thresholds."""

from typing import Any

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.results import CALIBRATION, OVERALL, headline_row, pick
from medimg.report.table import Cell, Table, count_cell, measure_cell, name_cell
from medimg.report.words import finite, metric_name, number, scrub, words


def calibration_table(run: RunFolder) -> Table:
    """Brier score and calibration error, before and after temperature scaling."""
    rows = [row for row in run.rows if row["metric"] in CALIBRATION and row.get("scope") in OVERALL and not row.get("undefined")]
    lines = []
    for level, scope, metric in dict.fromkeys((row.get("level"), row["scope"], row["metric"]) for row in rows):
        same = [row for row in rows if (row.get("level"), row["scope"], row["metric"]) == (level, scope, metric)]
        sides = [[row for row in same if bool(row.get("calibrated")) == after] for after in (False, True)]
        cells = [measure_cell(pick(side, headline_row(run).get("aggregate"))) for side in sides]
        mean = ", mean of classes" if scope == "macro" else ""
        lines.append([name_cell(f"{metric_name(metric)}{mean}, per {level}"), *cells])
    head = ["Measure (0 is best)", "As the model says", "After temperature scaling"]
    return Table("How far the probabilities can be believed", head, lines)


def threshold_table(calibration: dict[str, Any]) -> Table:
    """Temperature and thresholds, each fixed on validation only, per seed and fold."""
    lines = []
    for key, entry in calibration.items():
        for level in ("image", "patient"):
            part = entry if level == "image" else entry.get("patient") if isinstance(entry, dict) else None
            if isinstance(part, dict):
                seed, _, fold = str(key).partition("/")
                lines.append([name_cell(seed), name_cell(fold or "–"), name_cell(level), *_fixed(part)])
    lines.sort(key=lambda line: line[2].text)
    head = ["Seed", "Fold", "Per", "Validation cases", "Temperature", "Thresholds", "Remark"]
    return Table("Fixed on validation", head, lines)


def _fixed(part: dict[str, Any]) -> list[Cell]:
    cuts = part.get("thresholds") or {}
    shown = ", ".join(f"{words(name)} {number(value)}" for name, value in cuts.items()) if isinstance(cuts, dict) else number(cuts)
    heat = Cell(number(part.get("temperature")), look="num")
    return [count_cell(part.get("n")), heat, Cell(shown or "most probable class"), Cell(scrub(part.get("reason") or ""), look="dim")]


def spread(calibration: dict[str, Any]) -> list[float]:
    """Lowest, median and highest temperature; empty without any."""
    values = [finite(entry.get("temperature")) for entry in calibration.values() if isinstance(entry, dict)]
    known = sorted(value for value in values if value is not None)
    return [known[0], float(pd.Series(known).median()), known[-1]] if known else []
