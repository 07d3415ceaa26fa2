"""A table of a report before it is HTML: a caption, a head, rows of cells, a note."""

from dataclasses import dataclass, field
from typing import Any

from medimg.report.words import finite, interval, number, scrub

EXACT = "\u00b9"  # marks an interval that was not drawn by bootstrap; footnotes of a table are counted from the mark after it
EXACT_NOTE = f"{EXACT} exact interval: counts patients, not images (Clopper-Pearson; of an AUROC of 0 or 1: pairs of patients)"
RAISED = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
UNDEFINED = "undefined"


@dataclass(frozen=True)
class Cell:
    """One cell: the value, smaller lines under it, and how it looks (num, dim, bad, good or blank)."""

    text: str
    small: str = ""
    look: str = ""
    shade: float | None = None
    more: str = ""


@dataclass(frozen=True)
class Table:
    """One table; an empty one (no rows) is left out of the report."""

    caption: str
    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def reasons(self) -> dict[str, str]:
        """Why cells are undefined, each reason once with its mark: in a cell, a sentence would be a tall and narrow column."""
        told = dict.fromkeys(cell.small for row in self.rows for cell in row if cell.text == UNDEFINED and cell.small)
        return {reason: str(number).translate(RAISED) for number, reason in enumerate(told, start=2)}

    def mark(self, cell: Cell) -> str:
        """The mark of the footnote with a cell's reason; empty where the cell is not undefined."""
        return self.reasons.get(cell.small, "") if cell.text == UNDEFINED else ""


def drop_empty(table: Table) -> Table:
    """The table without columns in which no line has a value."""
    keep = [n for n in range(len(table.head)) if any(line[n].text not in ("–", "") for line in table.rows)]
    return Table(table.caption, [table.head[n] for n in keep], [[line[n] for n in keep] for line in table.rows], table.note)


def name_cell(text: object) -> Cell:
    """A cell that names its row."""
    return Cell(scrub(text))


def count_cell(value: Any) -> Cell:
    """A cell with a count."""
    known = finite(value)
    return Cell("–" if known is None else f"{round(known):,}", look="num")


def measure_cell(row: dict[str, Any] | None, spread: bool = False) -> Cell:
    """A measure with its interval below and, if asked, its spread over seeds; where it is undefined, the reason instead of a number."""
    if row is None:
        return Cell("–", look="num dim")
    if finite(row.get("estimate")) is None:
        return Cell(UNDEFINED, scrub(row.get("undefined") or "no reason given"), "num dim")
    small = interval(row) + (EXACT if "exact" in str(row.get("method")) else "") if interval(row) else no_interval(row)
    seeds = finite(row.get("seed_sd")) if spread else None
    return Cell(number(row["estimate"]), small, "num", more="" if seeds is None else f"seeds ±{number(seeds)}")


def no_interval(row: dict[str, Any]) -> str:
    """Why a number stands without an interval, in few words."""
    return "too few patients" if str(row.get("method")).startswith("too few") else "no interval"
