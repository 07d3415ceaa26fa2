"""medimg qc report: which folder, which language, by what; every mistake on one screen."""

import json

import pytest
from report.quality.made_out import of_values, write_out

from medimg.cli.parser import Command
from medimg.cli.quality_report import columns, report
from medimg.errors import ConfigError, RunError


def command(*overrides, by=None, as_json=True):
    return Command(overrides=list(overrides), by=by, json=as_json, names=[], debug=False)


@pytest.fixture
def out(tmp_path):
    return write_out(tmp_path / "out", of_values(6))


def test_the_report_is_written_and_its_place_told(out, capsys):
    assert report(command(f"out={out}", "language=zh", by="station")) == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(out / "report.html"), "exit_code": 0}
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "按机房统计的不合格率" in text
    assert "按技师统计的不合格率" not in text
    assert "偏差指数" in text


def test_labels_of_people_are_taken_along(out, tmp_path, capsys):
    film = (out / "films.csv").read_text().splitlines()[1].split(",")[0]
    (tmp_path / "labels.csv").write_text(f"film,group,verdict,reader\n{film},film,pass,Li\n")
    report(command(f"out={out}", f"human={tmp_path / 'labels.csv'}", as_json=False))
    assert capsys.readouterr().out == f"Report: {out / 'report.html'}\n"
    assert "Li, n = 1" in (out / "report.html").read_text(encoding="utf-8")


def test_what_rates_are_told_by_is_read():
    assert columns(None) == ("StationName", "operator", "view", "month")
    assert columns("month, station,month") == ("month", "StationName")
    with pytest.raises(ConfigError, match="Did you mean station"):
        columns("statoin")


@pytest.mark.parametrize(
    ("overrides", "error", "match"),
    [
        ([], ConfigError, "out= is missing"),
        (["out=nowhere"], RunError, r"nowhere: there is no films\.csv"),
        (["out=.", "lang=zh"], ConfigError, "no key 'lang'. Did you mean language"),
        (["out=.", "language=fr"], ConfigError, "en or zh is needed"),
    ],
)
def test_mistakes_are_told_with_the_way_out(overrides, error, match):
    with pytest.raises(error, match=match):
        report(command(*overrides))


def test_nothing_is_written_into_a_folder_of_other_things(tmp_path):
    (tmp_path / "other.txt").write_text("kept")
    with pytest.raises(RunError, match=r"there is no films\.csv"):
        report(command(f"out={tmp_path}"))
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]
