"""A table of a report before it is HTML: a caption, a head, rows of cells, a note."""

from dataclasses import dataclass, field
from typing import Any

from medimg.report.words import finite, interval, number, scrub


@dataclass(frozen=True)
class Cell:
    """One cell: the value, a smaller line under it, and how it looks (num, dim, bad, good or blank)."""

    text: str
    small: str = ""
    look: str = ""
    shade: float | None = None


@dataclass(frozen=True)
class Table:
    """One table; an empty one (no rows) is left out of the report."""

    caption: str
    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def name_cell(text: object) -> Cell:
    """A cell that names its row."""
    return Cell(scrub(text))


def count_cell(value: Any) -> Cell:
    """A cell with a count."""
    known = finite(value)
    return Cell("–" if known is None else f"{int(known):,}", look="num")


def measure_cell(row: dict[str, Any] | None) -> Cell:
    """A measure with its interval below; where it is undefined, the reason instead of a number."""
    if row is None:
        return Cell("–", look="num dim")
    if finite(row.get("estimate")) is None:
        return Cell("undefined", scrub(row.get("undefined") or "no reason given"), "num dim")
    method = str(row.get("method") or "")
    small = interval(row) or ("no interval: too few patients" if method.startswith("too few") else method.partition(":")[0])
    if "exact" in method and interval(row):
        small += ", exact"
    spread = finite(row.get("seed_sd"))
    if spread is not None:
        small += f"; seeds ±{number(spread)}"
    return Cell(number(row["estimate"]), small.lstrip("; "), "num")
