"""Figures for publication, and as parts of a page."""

import shutil

import pandas as pd
import pytest
from PIL import Image

from medimg.report import figures
from medimg.report.figures import draw_figures, thin, write_figures
from medimg.report.folder import read_run

NAMES = {"flow", "training", "roc", "pr", "confusion", "reliability", "forest"}


def test_each_figure_is_written_as_svg_and_as_png_of_300_dpi(runs, tmp_path, dpi, monkeypatch):
    monkeypatch.setattr(figures, "DPI", dpi)
    run = shutil.copytree(runs["binary"], tmp_path / "run", ignore=shutil.ignore_patterns("figures"))
    written = write_figures(run)
    assert {path.stem for path in written} == NAMES
    assert {path.suffix for path in written} == {".svg", ".png"}
    for path in (run / "figures").glob("*.png"):
        assert Image.open(path).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert not list((run / "figures").glob(".*"))


def test_a_long_curve_keeps_its_ends():
    table = thin(pd.DataFrame({"x": range(10_001)}))
    assert len(table) <= 402
    assert list(table["x"].iloc[[0, -1]]) == [0, 10_000]


def test_the_number_over_a_curve_is_that_of_the_pooled_curve_and_the_mean_is_named(runs):
    figures = draw_figures(read_run(runs["multiclass"]))
    rows = [row for row in read_run(runs["multiclass"]).rows if row["scope"] == "class=goitre" and row["level"] == "image"]
    for kind, metric in (("roc", "auroc"), ("pr", "auprc")):
        pooled, mean = (
            next(row["estimate"] for row in rows if (row["metric"], row["aggregate"]) == (metric, way))
            for way in ("pooled", "mean_over_folds")
        )
        (text,) = [axis.texts[0].get_text() for axis in figures[kind].axes if axis.get_title(loc="left") == "goitre"]
        own, over_folds = text.split("\n")
        assert f"{pooled:.2f} pooled" in own
        assert over_folds.startswith(f"mean over folds {mean:.2f}")
