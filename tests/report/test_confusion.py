"""Which class is taken for which."""

import pandas as pd

from medimg.report.confusion import confusion_counts, confusion_table, mixups_table
from medimg.report.folder import read_run
from medimg.report.results import overall_table


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


def test_a_fused_run_counts_places_and_says_what_they_are(runs):
    run = read_run(runs["binary"])
    assert "Images of the first seed" in confusion_table(run).note
    assert "A place is" not in overall_table(run).note
    run.evaluation["fused"] = ["FLAIR", "T2"]
    assert "Places of the first seed" in confusion_table(run).note
    assert "A place is one position in a patient" in overall_table(run).note
