"""The workbook says what the tables say: numbers as numbers, everything else as text."""

import csv

import pytest

from medimg.recipes.films import workbook
from medimg.recipes.films.workbook import write_workbook

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl (medimg[chest]) is not installed")
TABLES = {
    "films": [
        ["film", "StationName", "age", "kvp"],
        ["0123456789012345", "=HYPERLINK(1)", "50.5", ""],
        ["12e4567890123456", "#REF!", "", "x"],
    ],
    "rules": [["film", "rule", "value", "fail_lo"], *([str(n), "C1_apex_margin", repr(n / 7), ""] for n in range(5))],
    "studies": [["study", "films", "verdict"], ["s", "2", "不合格"]],
    "skipped": [["path", "reason", "detail"], ["a\x07.dcm", "not_dicom", ""]],
}


@pytest.fixture
def out(tmp_path):
    for name, rows in TABLES.items():
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8-sig") as stream:
            csv.writer(stream).writerows(rows)
    return tmp_path


def sheets(out):
    book = openpyxl.load_workbook(write_workbook(out))
    return {sheet.title: [[cell.value for cell in row] for row in sheet] for sheet in book}, book


def test_cells_are_those_of_the_tables(out):
    found, book = sheets(out)
    assert list(found) == list(TABLES)
    assert found["films"][1:] == [["0123456789012345", "=HYPERLINK(1)", 50.5, None], ["12e4567890123456", "#REF!", None, "x"]]
    assert [book["films"][place].data_type for place in ("B2", "B3")] == ["s", "s"]
    assert [row[2] for row in found["rules"][1:]] == pytest.approx([n / 7 for n in range(5)], rel=1e-15)  # Excel keeps 15 digits
    assert found["studies"][1] == ["s", 2, "不合格"]
    assert found["skipped"][1][0] == "a\N{REPLACEMENT CHARACTER}.dcm"


def test_a_table_longer_than_a_sheet_goes_on_on_the_next(out, monkeypatch):
    monkeypatch.setattr(workbook, "MOST", 2)
    found, _ = sheets(out)
    assert list(found) == ["films", "rules", "rules 2", "rules 3", "studies", "skipped"]
    assert [len(found[name]) for name in ("films", "rules", "rules 2", "rules 3", "skipped")] == [3, 3, 3, 2, 2]
    assert [row[0] for name in ("rules", "rules 2", "rules 3") for row in found[name][1:]] == list("01234")


def test_without_openpyxl_or_wish_there_is_none_and_no_older_one_stays(out, monkeypatch):
    assert write_workbook(out).is_file()
    assert write_workbook(out, wanted=False) is None
    assert not (out / "report.xlsx").exists()
    monkeypatch.setattr(workbook, "find_spec", lambda name: None)
    assert write_workbook(out) is None
