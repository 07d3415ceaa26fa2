"""What the demonstration of a leak says: one word for a slice, intervals for both runs, and no inflation where none is shown."""

import json
from importlib import import_module
from pathlib import Path

import pytest

import medimg

FOLDER = Path(medimg.__file__).parents[1] / "scripts"


@pytest.fixture
def demo(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module("leak_demo")


def run(folder, name):
    row = {
        "metric": "auroc",
        "scope": "all",
        "calibrated": False,
        "estimate": 0.8,
        "low": None,
        "high": None,
        "aggregate": "mean_over_folds",
    }
    pooled = {"estimate": 0.79, "low": 0.7, "high": 0.88, "aggregate": "pooled"}
    rows = [row | more | {"level": level} for level in ("image", "patient") for more in ({}, pooled)]
    (folder / name).mkdir()
    (folder / name / "metrics.json").write_text(json.dumps({"rows": rows}))
    (folder / name / "evaluation.json").write_text(json.dumps({"kind": "binary"}))
    (folder / name / "report.html").write_text("")
    return folder / name


def test_both_runs_stand_with_intervals(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "refuse_stale", lambda asked: None)
    for name in ("by_patient", "by_image"):
        demo.trained(run(tmp_path, name), [])
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("0.790 (0.700 to 0.880)") for line in lines] == [2, 2]
    assert all("slice AUROC" in line and "image AUROC" not in line for line in lines)


@pytest.mark.parametrize(("low", "shown"), [(-0.01, False), (0.01, True)])
def test_inflation_is_told_only_where_the_interval_is_above_nought(low, shown, demo, tmp_path, monkeypatch):
    row = {"level": "image", "difference": 0.03, "low": low, "high": 0.07, "aggregate": "pooled", "method": "drawn"}
    monkeypatch.setattr(demo, "difference_rows", lambda *_: [row, row | {"level": "patient"}])
    told = demo.inflation(run(tmp_path, "by_image"), run(tmp_path, "by_patient"))
    assert [line.startswith(f"inflation, {name} AUROC: +0.030 (") for line, name in zip(told, ("slice", "patient"), strict=True)] == [
        True
    ] * 2
    assert all(("no inflation shown" in line) is not shown for line in told)
