"""Cells and tables."""

import pytest

from medimg.report.table import Cell, Table, count_cell, drop_empty, measure_cell


@pytest.mark.parametrize(
    ("row", "text", "small"),
    [
        (None, "–", ""),
        ({"estimate": 0.5, "low": 0.4, "high": 0.6}, "0.500", "0.400 to 0.600"),
        ({"estimate": 0.5, "low": 0.4, "high": 0.6, "method": "exact on patients"}, "0.500", "0.400 to 0.600\u00b9"),
        ({"estimate": 0.5, "method": "too few patients in a class"}, "0.500", "too few patients"),
        ({"estimate": None, "undefined": "one class"}, "undefined", "one class"),
        ({"estimate": float("nan")}, "undefined", "no reason given"),
    ],
)
def test_a_measure_is_printed_with_its_interval_or_the_reason_for_none(row, text, small):
    cell = measure_cell(row)
    assert (cell.text, cell.small) == (text, small)


def test_the_spread_over_seeds_is_printed_where_asked():
    row = {"estimate": 0.5, "seed_sd": 0.01}
    assert measure_cell(row, spread=True).more == "seeds ±0.010"
    assert measure_cell(row).more == ""


def test_columns_without_any_value_are_dropped():
    table = drop_empty(Table("t", ["a", "b", "c"], [[Cell("x"), Cell("–"), count_cell(1200)], [Cell("y"), Cell(""), count_cell(None)]]))
    assert table.head == ["a", "c"]
    assert [[cell.text for cell in line] for line in table.rows] == [["x", "1,200"], ["y", "–"]]
    assert not Table("", [])


def test_reasons_are_footnotes_counted_after_the_mark_of_exact_intervals():
    few, other = measure_cell({"estimate": None, "undefined": "few"}), measure_cell({"estimate": None, "undefined": "other"})
    known = measure_cell({"estimate": 0.5, "low": 0.4, "high": 0.6})
    table = Table("t", ["a", "b"], [[few, known], [other, few]])
    assert table.reasons == {"few": "²", "other": "³"}
    assert [[table.mark(cell) for cell in row] for row in table.rows] == [["²", ""], ["³", "²"]]
    assert Table("t", ["a"], [[measure_cell({"estimate": None, "undefined": f"r{n}"})] for n in range(9)]).reasons["r8"] == "¹⁰"
