"""Tables counted from the cases agree with scikit-learn and with the rows of metrics.json."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import evaluate

CLASSES = ("a", "b", "c")


@pytest.fixture
def several(make_run):
    run = make_run(kind="multiclass", classes=CLASSES, patients=90)
    return run, evaluate(run), pd.read_csv(run / "predictions" / "test.csv")


def answers(table):
    return np.array(CLASSES)[table[[f"p_{c}" for c in CLASSES]].to_numpy().argmax(axis=1)]


def test_confusion_counts_every_pair_of_classes(several):
    run, _, table = several
    counts = pd.read_csv(run / "tables" / "confusion.csv").pivot_table(index="true", columns="predicted", values="count")
    assert (counts.to_numpy() == sk.confusion_matrix(table["label"], answers(table), labels=CLASSES)).all()


def test_rows_of_several_classes_equal_scikit_learn(several, pick):
    _, metrics, table = several
    said = answers(table)
    recall, precision, f1 = (f(table["label"], said, average=None) for f in (sk.recall_score, sk.precision_score, sk.f1_score))
    areas = [sk.roc_auc_score(table["label"] == c, table[f"p_{c}"]) for c in CLASSES]
    for name, expected in (("sensitivity", recall), ("precision", precision), ("f1", f1), ("auroc", areas)):
        got = [pick(metrics, name, scope=f"class={c}", aggregate="pooled")["estimate"] for c in CLASSES]
        assert got == pytest.approx(expected, abs=1e-9)
        assert pick(metrics, name, scope="macro", aggregate="pooled")["estimate"] == pytest.approx(np.mean(expected), abs=1e-9)
    kappa = pick(metrics, "kappa", aggregate="pooled")["estimate"]
    assert kappa == pytest.approx(sk.cohen_kappa_score(table["label"], said), abs=1e-9)
    p = table[[f"p_{c}" for c in CLASSES]].to_numpy()
    expected = ((p - (table["label"].to_numpy()[:, None] == np.array(CLASSES))) ** 2).sum(axis=1).mean()
    assert pick(metrics, "brier", aggregate="pooled")["estimate"] == pytest.approx(expected, abs=1e-9)


def test_site_and_subgroup_rows_are_those_cases_alone(make_run, pick):
    run = make_run()
    metrics = evaluate(run)
    table = pd.read_csv(run / "predictions" / "test.csv").merge(pd.read_csv(run / "cases.csv")[["id", "sequence"]], on="id")
    for column, value in (("site", "A"), ("sequence", "FLAIR")):
        part = table[table[column] == value]
        row = pick(metrics, "auroc", scope=f"{column}={value}")
        assert row["estimate"] == pytest.approx(sk.roc_auc_score(part["label"] == "yes", part["p_yes"]), abs=1e-9)
        assert row["n"] == len(part)
    assert set(pd.read_csv(run / "tables" / "per_site.csv")["scope"]) == {"site=A", "site=B"}
    assert set(pd.read_csv(run / "tables" / "per_subgroup.csv")["scope"]) == {"sequence=FLAIR", "sequence=T2"}


def test_a_subgroup_that_no_column_holds_is_named_in_the_notes(make_run):
    metrics = evaluate(make_run(subgroups=["scanner"]))
    assert "Subgroup scanner is no column of cases.csv, so it was not judged." in metrics["notes"]


def test_worst_errors_come_first_and_are_errors(make_run):
    run = make_run(folds=1)
    evaluate(run)
    table = pd.read_csv(run / "tables" / "errors.csv")
    assert (table["label"] != table["predicted"]).all()
    assert table["wrongness"].is_monotonic_decreasing
    truth = pd.read_csv(run / "predictions" / "test.csv").set_index("id").loc[table["id"]]
    assert table["wrongness"].to_numpy() == pytest.approx(np.where(truth["label"] == "yes", truth["p_no"], truth["p_yes"]), abs=1e-8)


def test_the_probability_of_an_error_with_several_labels_names_the_class_it_is_of(make_run):
    run = make_run(kind="multilabel", classes=CLASSES, patients=90, folds=1)
    evaluate(run)
    table = pd.read_csv(run / "tables" / "errors.csv")
    truth = pd.read_csv(run / "predictions" / "test.csv").set_index("id").loc[table["id"]]
    p = [row[f"p_{name}"] for (_, row), name in zip(truth.iterrows(), table["class"], strict=True)]
    assert table["p"].to_numpy() == pytest.approx(p, abs=1e-8)
    assert set(table["class"]) <= set(CLASSES)


def test_several_labels_are_joined_in_the_tables(make_run):
    run = make_run(kind="multilabel", classes=CLASSES, patients=90)
    evaluate(run)
    labels = set(pd.read_csv(run / "tables" / "confusion.csv")["true"])
    assert "a|b" in labels
    assert "a\\|b" in (run / "tables" / "confusion.md").read_text()
    assert set(pd.read_csv(run / "tables" / "per_labels.csv")["scope"]) >= {
        "cases=one_label",
        "cases=two_labels",
        "cases=two_labels,class=a",
    }
    assert "cases" not in "".join(pd.read_csv(run / "tables" / "per_subgroup.csv")["scope"])
