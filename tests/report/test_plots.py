"""What the figures show."""

import numpy as np
import pandas as pd

from medimg.report import plots


def test_a_curve_has_its_band_and_its_score_outside_the_plane():
    table = pd.DataFrame({"class": "a", "fpr": [0, 0.5, 1], "tpr": [0, 0.8, 1], "low": [0, 0.7, 1], "high": [0, 0.9, 1]})
    (axis,) = plots.curves(table, ["a"], "roc", {"a": "AUROC 0.80"}, {}).axes
    assert len(axis.collections) == 1
    (text,) = axis.texts
    assert text.get_text() == "AUROC 0.80"
    assert text.get_position()[1] > 1


def test_the_confusion_matrix_is_written_out_in_numbers():
    counts = pd.DataFrame([[9, 1], [2, 1000]], index=["a", "b"], columns=["a", "b"])
    (axis,) = plots.confusion(counts).axes
    assert [text.get_text() for text in axis.texts] == ["9", "1", "2", "1,000"]


def test_a_group_without_an_interval_is_a_hollow_point():
    row = {"estimate": 0.8, "low": 0.7, "high": 0.9, "name": "north"}
    figure = plots.forest([("site", [row, row | {"low": None, "high": None, "name": "south"}])], row, "auroc")
    (axis,) = figure.axes
    points = [line for line in axis.lines if line.get_marker() == "o"]
    assert [point.get_markerfacecolor() == "white" for point in points] == [False, True]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["north", "south"]
    assert np.allclose(axis.get_ylim(), sorted(axis.get_ylim(), reverse=True))


def test_long_names_leave_the_plane_wide_enough_for_its_label():
    row = {"estimate": 0.8, "low": 0.7, "high": 0.9, "name": "class " + "a very long name " * 8}
    figure = plots.forest([("class", [row, row])], row, "balanced_accuracy")
    figure.draw_without_rendering()
    (axis,) = figure.axes
    box, page = axis.xaxis.label.get_window_extent(), figure.bbox
    assert page.x0 <= box.x0 < box.x1 <= page.x1
    assert page.y0 <= box.y0


def test_the_key_of_reliability_stands_outside_the_planes():
    table = pd.DataFrame({"class": "a", "mean_p": [0.1, 0.9], "observed": [0.2, 1.0], "calibrated": [False, True], "n": 5})
    figure = plots.reliability(table, ["a"])
    (axis,) = figure.axes
    assert axis.get_legend() is None
    assert [text.get_text() for text in figure.legends[0].texts] == ["ideal", "as stated", "after scaling"]
