"""A folder of judged films is read film by film, and a damaged one is told."""

import json

import pytest
from report.quality.made_out import of_values, write_out

from medimg.errors import RunError
from medimg.report.quality.folder import read_out


@pytest.fixture
def small(tmp_path):
    return write_out(tmp_path / "out", of_values(6, tilt=9.0))


def test_every_film_comes_with_its_rules_as_they_were_judged(tmp_path):
    made = of_values(6, tilt=9.0)
    found = {row["film"]: verdict for row, verdict in read_out(write_out(tmp_path / "out", made)).films([])}
    assert len(found) == 6
    for facts, _, verdict, _ in made:
        assert found[facts["film"]] == verdict


def test_rows_of_no_film_are_those_of_studies(small):
    with (small / "rules.csv").open("a") as stream:
        stream.write("study1,S1_views_present,overall,views_present,1.0,count,1,,,,,0.0,0.0,fail,,high,0,1,1,chest-1\n")
    others = []
    assert len(list(read_out(small).films(others))) == 6
    assert [(one.rule, one.verdict, one.limits) for one in others] == [("S1_views_present", "fail", (None, None, 0.0, 0.0))]


@pytest.mark.parametrize("name", ["films.csv", "rules.csv"])
def test_a_missing_table_is_named(small, name):
    (small / name).unlink()
    with pytest.raises(RunError, match=f"there is no {name}"):
        read_out(small)


def test_another_order_of_the_films_is_refused(small):
    head, *rows = (small / "films.csv").read_text().splitlines()
    (small / "films.csv").write_text("\n".join([head, *reversed(rows)]) + "\n")
    with pytest.raises(RunError, match="another order"):
        list(read_out(small).films([]))


@pytest.mark.parametrize(("name", "match"), [("films.csv", "films.csv, line"), ("rules.csv", "rules.csv, line")])
def test_a_table_that_is_cut_short_is_told_with_its_line(small, name, match):
    text = (small / name).read_text()
    (small / name).write_text(text[: text.rindex("\n", 0, -1) + 12])
    with pytest.raises(RunError, match=match):
        list(read_out(small).films([]))


@pytest.mark.parametrize("name", ["films.csv", "rules.csv"])
def test_a_table_without_a_column_is_refused(small, name):
    text = (small / name).read_text()
    (small / name).write_text(text.replace("verdict", "judgement", 1))
    with pytest.raises(RunError, match="no column verdict"):
        list(read_out(small).films([]))


def test_tables_for_excel_are_read_too(small):
    for name in ("films.csv", "rules.csv"):
        (small / name).write_bytes(b"\xef\xbb\xbf" + (small / name).read_bytes())
    assert len(list(read_out(small).films([]))) == 6


def test_reasons_of_skipped_files_are_counted_and_other_files_may_be_missing(small):
    assert read_out(small).skipped == {"not_dicom": 1, "truncated": 2}
    for name in ("skipped.csv", "rules.json", "summary.json"):
        (small / name).unlink()
    found = read_out(small)
    assert (found.skipped, found.rules, found.summary) == ({}, {}, {})
    (small / "summary.json").write_text(json.dumps({})[:-1])
    with pytest.raises(RunError, match=r"summary\.json cannot be read"):
        read_out(small)
