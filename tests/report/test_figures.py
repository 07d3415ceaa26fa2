"""Figures for publication, and as parts of a page."""

import shutil

import pandas as pd
import pytest
from PIL import Image

from medimg.report.confusion import confusion_counts, confusion_table, mixups_table
from medimg.report.figures import thin, write_figures
from medimg.report.folder import read_run
from medimg.report.svg import inline_svg

NAMES = {"flow", "training", "roc", "pr", "confusion", "reliability", "forest"}


def test_each_figure_is_written_as_svg_and_as_png_of_300_dpi(runs, tmp_path):
    run = shutil.copytree(runs["binary"], tmp_path / "run", ignore=shutil.ignore_patterns("figures"))
    written = write_figures(run)
    assert {path.stem for path in written} == NAMES
    assert {path.suffix for path in written} == {".svg", ".png"}
    for path in (run / "figures").glob("*.png"):
        assert Image.open(path).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert not list((run / "figures").glob(".*"))


def test_an_inline_svg_has_no_address_no_style_sheet_and_ids_of_its_own():
    text = (
        '<?xml version="1.0"?><!DOCTYPE svg "http://a/b"><svg xmlns="http://a" xmlns:xlink="http://b" width="10pt" height="5pt">'
        '<metadata>http://c</metadata><style type="text/css">*{x:y}</style><path id="p"/><use xlink:href="#p" clip-path="url(#p)"/></svg>'
    )
    body = inline_svg("roc", text, 'a "b" <c>')
    assert "http" not in body
    assert "<style" not in body
    assert '<svg role="img" aria-label="a &quot;b&quot; &lt;c>" width="10pt">' in body
    assert '<path id="roc-p"/><use xlink:href="#roc-p" clip-path="url(#roc-p)"/>' in body


def test_a_long_curve_keeps_its_ends():
    table = thin(pd.DataFrame({"x": range(10_001)}))
    assert len(table) <= 402
    assert list(table["x"].iloc[[0, -1]]) == [0, 10_000]


def test_the_confusion_matrix_has_the_order_of_the_classes_and_all_images(runs):
    run = read_run(runs["multiclass"])
    counts = confusion_counts(run)
    assert list(counts.index) == [name for name in run.classes if name in counts.index]
    first = pd.read_csv(runs["multiclass"] / "predictions" / "test.csv")
    assert counts.to_numpy().sum() == first["id"].nunique()
    assert len(confusion_table(run).rows) == len(counts)


def test_several_labels_give_found_and_missed_per_class(runs):
    run = read_run(runs["multilabel"])
    table, cases = confusion_table(run), pd.read_csv(runs["multilabel"] / "predictions" / "test.csv")
    for line, name in zip(table.rows, run.classes, strict=True):
        found, missed, *absent = (int(cell.text.replace(",", "")) for cell in line[1:])
        assert found + missed == cases["label"].str.split("|").map(lambda labels, name=name: name in labels).sum()
        assert found + missed + sum(absent) == len(cases)
    assert mixups_table(run)
