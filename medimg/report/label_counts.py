"""Cases that show one label beside those that show several: how each kind is answered."""

from medimg.report.folder import Json, RunFolder
from medimg.report.results import methods, pick, scope_of
from medimg.report.table import Cell, Table, count_cell, measure_cell, name_cell
from medimg.report.words import finite, scrub, words
from medimg.words import metric_name

KINDS = {"one_label": "One label", "two_labels": "Several labels"}  # two or more
WHOLE = ("exact_match", "no_decision")
OF_LABEL = ("sensitivity", "specificity")


def label_rows(run: RunFolder, kind: str, name: str | None = None) -> list[Json]:
    """The rows of the cases of a kind, of all labels at once or of the label `name`."""
    wanted = {"cases": kind} | ({} if name is None else {"class": name})
    return [row for row in run.rows if scope_of(row) == wanted and row["metric"] in (WHOLE if name is None else OF_LABEL)]


def label_counts_table(run: RunFolder) -> Table:
    """All cases, those with one label and those with several, one column each; a line for each measure of the whole and of each label."""
    there = {kind: rows for kind in KINDS if (rows := label_rows(run, kind))}
    if not there:
        return Table("", [])
    way = next(iter(there.values()))[0].get("aggregate")
    lines = [_line(run, there, None, metric, way) for metric in WHOLE]
    for name in run.classes:
        lines += [_line(run, there, name, metric, way) for metric in OF_LABEL]
    unit = run.unit("image")
    counted = [
        [name_cell(title), count_cell(_most(run.rows, key)), *(count_cell(_most(rows, key)) for rows in there.values())]
        for title, key in ((f"{unit.capitalize()}s", "n"), ("Patients", "patients"))
    ]
    note = f"Exact match: all labels right. No decision: no label decided. –: none of these {unit}s shows the label, or none lacks it."
    measured = [row for row in run.rows if row["metric"] in (*WHOLE, *OF_LABEL) and row.get("level") == "image"]
    note += f" Below each value its 95 % interval: {scrub(methods(measured))}."
    kept = [line for line in lines if any(cell.text != "–" for cell in line[2:])]
    return Table(f"By number of labels, per {unit}", ["", f"All {unit}s", *(KINDS[kind] for kind in there)], counted + kept, note)


def _line(run: RunFolder, kinds: dict[str, list[Json]], name: str | None, metric: str, way: str | None) -> list[Cell]:
    """One measure of all cases and of each kind; a dash where it has no value."""
    scope = "all" if name is None else f"class={name}"
    sides = [[row for row in run.rows if row.get("scope") == scope and row.get("level") == "image"]]
    sides += [label_rows(run, kind, name) for kind in kinds]
    found = [pick((row for row in side if row["metric"] == metric and finite(row.get("estimate")) is not None), way) for side in sides]
    title = metric_name(metric) if name is None else f"{metric_name(metric)}, {words(name)}"
    return [name_cell(title), *map(measure_cell, found)]


def _most(rows: list[Json], key: str) -> float | None:
    return max((known for row in rows if (known := finite(row.get(key))) is not None), default=None)
