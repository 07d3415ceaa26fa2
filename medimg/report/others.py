"""A run beside others on the same cases, and a fused run beside itself with fewer sequences."""

from collections.abc import Collection
from typing import Any

from medimg.report.folder import RunFolder
from medimg.report.table import Cell, Table, measure_cell, no_interval
from medimg.report.words import finite, number, scrub, signed, words
from medimg.words import AGGREGATES


def against_table(run: RunFolder) -> Table:
    """This run and others on the same cases, and the paired difference."""
    lines = []
    for row in records(run, "against"):
        within = {"estimate": row.get("difference"), "low": row.get("low"), "high": row.get("high"), "method": row.get("method")}
        name = Cell(words(str(row["other"])), f"per {run.unit(row['level'])}, {AGGREGATES.get(str(row.get('aggregate')), 'not compared')}")
        counts = [Cell(f"{int(row[key]):,}", look="num") for key in ("n", "patients")]
        both = [Cell(number(row.get(key)), look="num") for key in ("a", "b")]
        lines.append([name, *counts, *both, signed_cell(within | {"undefined": row.get("undefined")})])
    note = f"{scrub(run.metrics.get('against') or '')} On the cases that both have judged; patients drawn once for both."
    head = ["Other run", "Cases", "Patients", "AUROC here", "AUROC there", "Difference"]
    return Table("This run beside others", head, lines, note)


def fewer_table(run: RunFolder) -> Table:
    """The same networks with only some of the sequences given, by place and, where each patient has one label, by patient."""
    rows = records(run, "fewer")
    units = list(dict.fromkeys(str(row["level"]) for row in rows))
    lines = []
    for given in dict.fromkeys(str(row["sequences"]) for row in rows):
        line = [Cell(words(given))]
        for level in units:
            row = next((row for row in rows if (row["sequences"], row["level"]) == (given, level)), {})
            change = {"estimate": row.get("difference"), "low": row.get("difference_low"), "high": row.get("difference_high")}
            line += [Cell(f"{int(row.get('n', 0)):,}", look="num"), measure_cell(row), signed_cell(change)]
        lines.append(line)
    note = "The trained networks, given these sequences alone; the difference is from all that each place has, on the same places."
    head = [name for level in units for name in (f"{run.unit(level).capitalize()}s", f"AUROC per {run.unit(level)}", "Difference")]
    return Table("With fewer sequences", ["Sequences given", *head], lines, note)


def records(run: RunFolder, name: str, needed: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows of one table of a run; none where it has no such table, or lacks a `needed` column."""
    table = run.tables.get(name)
    if table is None or not {*needed} <= set(table):
        return []
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def signed_cell(row: dict[str, Any]) -> Cell:
    """A difference with its sign and its interval below."""
    cell = measure_cell(row)
    if finite(row.get("estimate")) is None:
        return cell
    low, high = finite(row.get("low")), finite(row.get("high"))
    small = f"{signed(low)} to {signed(high)}" if low is not None and high is not None else no_interval(row)
    return Cell(signed(row["estimate"]), small, "num")
