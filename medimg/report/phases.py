"""What a second phase of training changed, on the cases with one label and on those with several."""

from medimg.report.folder import RunFolder
from medimg.report.others import records, signed_cell
from medimg.report.table import Cell, Table, count_cell, name_cell
from medimg.report.words import number, words
from medimg.words import metric_name


def phases_table(run: RunFolder) -> Table:
    """Answers after the first phase and at the end, on the same test cases, and the paired difference."""
    lines = []
    for row in records(run, "phases"):
        change = {"estimate": row.get("difference")} | {name: row.get(name) for name in ("low", "high", "method", "undefined")}
        label = words(str(row["label"])) if row.get("label") in run.classes else ""
        measure = metric_name(str(row["metric"])) + (f", {label}" if label else "")
        names = [name_cell(str(row["shown"]).capitalize()), name_cell(measure)]
        counts = [count_cell(row.get(key)) for key in ("n", "patients")]
        both = [Cell(number(row.get(key)), look="num") for key in ("before", "after")]
        lines.append([*names, *counts, *both, signed_cell(change)])
    note = "What the first phase knew of single labels must not be lost in the second; thresholds are each phase's own, from validation."
    head = ["Cases with", "Measure", f"{run.unit('image').capitalize()}s", "Patients", "After the first phase", "At the end", "Difference"]
    return Table("Two phases of training", head, lines, note) if lines else Table("", [])
