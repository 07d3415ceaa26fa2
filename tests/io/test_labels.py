"""Labels and classes."""

import pandas as pd
import pytest

from medimg.io.labels import choose_labels


def chosen(values, classes=None, multilabel=False):
    faults = []
    found = choose_labels(pd.DataFrame({"label": values}, dtype=str), "label", classes, multilabel, faults)
    return found, faults


def test_labels_are_ordered_by_class_and_listed_once():
    found, faults = chosen(["b|a|b", "", "c"], ["c", "a", "b"], multilabel=True)
    assert found.labels.tolist() == ["a|b", "", "c"]
    assert not faults


def test_rows_of_other_labels_leave():
    found, faults = chosen(["a", "b", "", "a|b"], ["a"])
    assert found.labels.to_dict() == {0: "a", 2: ""}
    assert not faults


def test_faults_name_counts():
    assert chosen(["a", "a", "b"], ["x"])[1] == ["no row has a label of x in column label. Found: a (2), b (1)."]
    assert "listed twice" in chosen(["a"], ["a", "a"])[1][0]
    assert "is empty in all 2 rows" in chosen(["", ""])[1][0]


def test_labels_left_out_are_counted_and_the_class_that_may_be_meant_is_named():
    found, faults = chosen(["glioma", "Gliomma", "encephalitis", "cyst", "cyst", ""], ["encephalitis", "glioma"])
    assert not faults
    assert found.left_out == {"cyst": 2, "Gliomma": 1}
    assert found.told == "3 rows left out, as the label is none of the classes: cyst (2), Gliomma (1; did you mean glioma?)."
    assert chosen(["a", "b"], ["a", "b"])[0].told == ""


@pytest.mark.parametrize("separator", [";", ", ", "/", " + ", "&", "\uff1b", "\u3001"])
def test_labels_joined_by_another_sign_than_the_bar_are_a_fault_that_shows_the_bar(separator):
    joined = f"goitre{separator}nodule"
    values, classes = ["goitre", "nodule", joined, f"{joined}|cyst", "goitre|nodule", "nodule;other"], ["goitre", "nodule", "cyst"]
    (fault,) = chosen(values, classes, multilabel=True)[1]
    assert fault.startswith("several labels that no bar joins in 2 rows")
    assert fault.endswith("Several labels are joined by a bar: goitre|nodule.")
    assert not chosen(values, [*classes, joined], multilabel=True)[1]
    assert not chosen(values, classes[:2])[1]


def test_a_misspelt_part_of_several_labels_is_found():
    found, _ = chosen(["goitre", "nodule|goiter"], ["goitre", "nodule"], multilabel=True)
    assert found.left_out == {"nodule|goiter": 1}
    assert found.meant("nodule|goiter") == "goitre"
