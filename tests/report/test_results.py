"""Which lines and columns the results have."""

import json

import pytest

from medimg.report.folder import RunFolder, read_run
from medimg.report.results import fixed_counts, group_table, headline_row, levels, overall_table
from medimg.report.terminal import results_table


@pytest.fixture
def alone(run):
    """A run whose patients have one image each."""
    metrics = json.loads((run / "metrics.json").read_text())
    for row in [metrics["headline"], *metrics["rows"]]:
        row["n"] = row.get("patients", row.get("n"))
    (run / "metrics.json").write_text(json.dumps(metrics))
    return read_run(run)


def test_the_measure_of_the_headline_comes_first(runs):
    for name in ("binary", "multilabel"):
        folder = read_run(runs[name])
        first = overall_table(folder).rows[0]
        assert any(cell.text == f"{headline_row(folder)['estimate']:.3f}" for cell in first[1:])


def test_images_and_patients_stand_apart_only_where_they_differ(runs, alone):
    both = read_run(runs["binary"])
    assert levels(both) == ("image", "patient")
    assert any(name.startswith("Per patient") for name in overall_table(both).head)
    table = overall_table(alone)
    assert not any(name.startswith("Per patient") for name in table.head)
    assert "one image" in table.note
    assert "one image" in str(results_table(alone.path).caption)
    assert "one image" not in str(results_table(both.path).caption)


def test_class_counts_held_fixed_are_told_where_the_method_says_so(runs):
    folder = read_run(runs["binary"])
    assert "take the numbers of patients in each class as given" in overall_table(folder).note
    assert "accuracy rests on all patients" in overall_table(folder).note
    assert fixed_counts([row | {"method": "exact, 12 patients"} for row in folder.rows]) == ""


def test_means_over_classes_that_lack_different_ones_share_a_footnote(tmp_path):
    row = {"metric": "f1", "level": "image", "aggregate": "pooled", "estimate": None, "n": 3, "patients": 3}
    lost = {"A": "no value for a, so none for the mean of classes", "B": "no value for a, b, so none for the mean of classes"}
    rows = [row | {"scope": f"site={site}", "undefined": why} for site, why in lost.items()]
    rows += [row | {"scope": "site=C", "estimate": 0.5, "undefined": None}]
    table = group_table(RunFolder(tmp_path, metrics={"headline": row | {"scope": "macro"}, "rows": rows}), "site", "image")
    assert list(table.reasons) == ["no value for some class, so none for the mean of classes"]
    alone = RunFolder(tmp_path, metrics={"headline": row | {"scope": "macro"}, "rows": rows[1:]})
    assert list(group_table(alone, "site", "image").reasons) == [lost["B"]]
