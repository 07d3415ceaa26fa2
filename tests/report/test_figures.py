"""Figures for publication, and as parts of a page."""

import shutil

import pandas as pd
import pytest
from PIL import Image

from medimg.report.figures import thin, write_figures

NAMES = {"flow", "training", "roc", "pr", "confusion", "reliability", "forest"}


def test_each_figure_is_written_as_svg_and_as_png_of_300_dpi(runs, tmp_path):
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
