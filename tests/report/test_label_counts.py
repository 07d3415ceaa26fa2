"""Cases that show one label beside those that show several."""

import pandas as pd
import pytest

from medimg.report.folder import read_run
from medimg.report.label_counts import label_counts_table, label_rows


def row_of(run, metric, scope):
    return next(row for row in run.rows if (row["metric"], row["scope"], row["level"]) == (metric, scope, "image"))


@pytest.mark.parametrize("kind", ["multilabel", "distribution"])
def test_all_cases_those_of_one_label_and_those_of_two_stand_side_by_side(runs, kind):
    run = read_run(runs[kind])
    table = label_counts_table(run)
    assert table.head == ["", "All images", "One label", "Several labels"]
    lines = {line[0].text: line[1:] for line in table.rows}
    test = pd.read_csv(runs[kind] / "predictions" / "test.csv").drop_duplicates("id")
    two = test["label"].str.contains("|", regex=False)
    assert [cell.text for cell in lines["Images"]] == [f"{len(test):,}", f"{(~two).sum():,}", f"{two.sum():,}"]
    for metric, name in (("exact_match", "Exact match"), ("no_decision", "No decision")):
        assert lines[name][2].text == f"{row_of(run, metric, 'cases=two_labels')['estimate']:.3f}"
        assert " to " in lines[name][2].small
    wanted = row_of(run, "sensitivity", "cases=two_labels,class=goitre")
    assert lines["Sensitivity, goitre"][2].text == f"{wanted['estimate']:.3f}"


def test_a_label_that_no_case_of_two_shows_has_a_dash_there(runs):
    lines = {line[0].text: line[1:] for line in label_counts_table(read_run(runs["multilabel"])).rows}
    assert lines["Sensitivity, nodule"][2].text == "–"
    assert lines["Specificity, goitre"][2].text == "–"  # each image of two labels shows it
    assert lines["Specificity, nodule"][2].text != "–"


def test_with_several_folds_all_columns_are_pooled_alike(runs):
    run = read_run(runs["distribution"])
    pooled = next(row for row in run.rows if (row["metric"], row["scope"], row["aggregate"]) == ("exact_match", "all", "pooled"))
    lines = {line[0].text: line[1:] for line in label_counts_table(run).rows}
    assert lines["Exact match"][0].text == f"{pooled['estimate']:.3f}"


def test_images_of_one_label_each_need_no_such_table(runs):
    for name in ("binary", "multiclass"):
        assert not label_counts_table(read_run(runs[name]))
        assert not label_rows(read_run(runs[name]), "two_labels")


def test_the_table_stands_in_the_report_where_it_has_a_meaning(pages):
    told = "Images with one label and with several"
    assert {name for name in pages if told in pages[name]} == {"multilabel", "distribution"}
