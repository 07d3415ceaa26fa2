"""The results of a run as a table for the terminal."""

from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table as RichTable

from medimg.report.folder import RunFolder, read_run
from medimg.report.results import OVERALL, headline_row, scope_of
from medimg.report.table import measure_cell
from medimg.report.words import AGGREGATES, METRICS, count, finite, metric_name, words

PER_CLASS = ("auroc", "sensitivity", "specificity", "f1")


def results_table(run: Path) -> RichTable:
    """Headline first, then the other measures of all cases, then each class; each with its interval, images and patients."""
    folder = read_run(run)
    table = RichTable(title=_title(folder), title_justify="left", pad_edge=False)
    table.add_column("Measure")
    for name in ("Estimate", "95 % interval", "Images", "Patients"):
        table.add_column(name, justify="right", no_wrap=True)
    whole = headline_row(folder)
    if not whole:
        table.add_row("no results yet: metrics.json is not there", "", "", "", "")
        return table
    _add(table, whole, "bold")
    rest = [row for row in folder.rows if row is not whole and row.get("scope") in OVERALL and _headlike(row, whole)]
    for row in sorted(rest, key=_rank):
        _add(table, row)
    for number, name in enumerate(folder.classes):
        rows = [row for row in folder.rows if scope_of(row) == {"class": name} and row["metric"] in PER_CLASS and _headlike(row, whole)]
        for place, row in enumerate(sorted(rows, key=_rank)):
            if place == 0 and number >= 0:
                table.add_section()
            _add(table, row)
    return table


def _title(folder: RunFolder) -> str:
    title = escape(words(str(folder.evaluation.get("title") or "Results")))
    return f"{title} - built-in cohort: shows the method, not medicine" if folder.cohort.startswith("phantom:") else title


def _headlike(row: dict[str, Any], whole: dict[str, Any]) -> bool:
    way = whole.get("aggregate")
    return not row.get("calibrated") and (row.get("level") == "patient" or way is None or row.get("aggregate") in (way, "single"))


def _rank(row: dict[str, Any]) -> tuple[str, int]:
    known = list(METRICS)
    return str(row.get("level", "")), known.index(row["metric"]) if row["metric"] in known else len(known)


def _add(table: RichTable, row: dict[str, Any], style: str | None = None) -> None:
    cell, scope = measure_cell(row), scope_of(row)
    who = f", {words(scope['class'])}" if "class" in scope else ("" if row.get("scope", "all") == "all" else f", {row['scope']}")
    way = AGGREGATES.get(str(row.get("aggregate")), "")
    name = f"{metric_name(row['metric'])}{who}, per {row.get('level', 'image')}{f', {way}' if style else ''}"
    small = cell.small if finite(row.get("estimate")) is not None else f"({cell.small})"
    table.add_row(escape(name), escape(cell.text), escape(small), count(row.get("n")), count(row.get("patients")), style=style)
