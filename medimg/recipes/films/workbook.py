"""report.xlsx: the tables of a results folder as one workbook, where openpyxl is installed."""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any

from medimg.io.files import write_atomically

NAME = "report.xlsx"
TABLES = ("films", "rules", "studies", "skipped")
NUMBERS = {
    "value", "fail_lo", "warn_lo", "warn_hi", "fail_hi", "age", "kvp", "exposure_index", "target_index", "deviation_index", "films",
}  # fmt: skip
MOST = 2**20 - 1  # rows of a sheet below its header


def write_workbook(out: Path, wanted: bool = True) -> Path | None:
    """Write the tables of a results folder as sheets, a long one on several; no older workbook stays where there is to be none.

    Without openpyxl there is none. Memory does not grow with the number of rows.
    """
    if not wanted or find_spec("openpyxl") is None:
        (out / NAME).unlink(missing_ok=True)
        return None
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name in TABLES:
        with (out / f"{name}.csv").open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            _write(book, name, next(reader), reader)
    write_atomically(out / NAME, book.save)
    return out / NAME


def _write(book: Any, name: str, header: list[str], rows: Iterator[list[str]]) -> None:
    numeric, sheet = [column in NUMBERS for column in header], _sheet(book, name, header)
    for place, row in enumerate(rows):
        if place and place % MOST == 0:
            sheet = _sheet(book, f"{name} {place // MOST + 1}", header)
        sheet.append([_cell(sheet, text, number) for text, number in zip(row, numeric, strict=True)])


def _sheet(book: Any, title: str, header: list[str]) -> Any:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(header)
    return sheet


def _cell(sheet: Any, text: str, number: bool) -> Any:
    """A number where the column has numbers, else text: never a formula, whatever a file says its station is called."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if number and text:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if isfinite(value):
            return value
    text = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
    if text[:1] in ("=", "#"):
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"
        return cell
    return text or None
