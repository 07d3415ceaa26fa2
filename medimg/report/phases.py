"""What a second phase of training changed, on the cases with one label and on those with several."""

from medimg.report.folder import Json, RunFolder
from medimg.report.others import records, signed_cell
from medimg.report.table import Cell, Table, count_cell, name_cell
from medimg.report.words import finite, number, scrub, words
from medimg.words import metric_name, plural


def phases_told(run: RunFolder) -> list[str]:
    """What the recipe notes of its phases, and whether the second one changed any measure."""
    notes = [scrub(note) for note in run.evaluation.get("notes") or () if str(note).startswith("Phases")]
    rows = records(run, "phases")
    same = f"Every measure at the end is what it was after the first phase, on {_counted(rows)}." if _unchanged(rows) else ""
    return [*notes, *filter(None, [same])]


def _unchanged(rows: list[Json]) -> bool:
    return {finite(row.get("difference")) for row in rows} - {None} == {0.0}


def _counted(rows: list[Json]) -> str:
    most = max(rows, key=lambda row: int(row["n"]))
    return f"{plural(int(most['n']), 'test image')} of {plural(int(most['patients']), 'patient')}"


def phases_table(run: RunFolder) -> Table:
    """Answers after the first phase and at the end, on the same test cases, and the paired difference; empty where nothing differs."""
    lines, rows = [], records(run, "phases")
    for row in rows if not _unchanged(rows) else ():
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
