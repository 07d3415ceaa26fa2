"""All measures of a table at once equal those made one by one."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import evaluate
from medimg.evaluate.cases import Cases
from medimg.evaluate.measures import measure
from medimg.evaluate.question import read_question

CLASSES = ("a", "b", "c")
KINDS = ("multilabel", "distribution")


@pytest.fixture
def several(request, make_run):
    """A run of one fold, its metrics, and of its test cases the truth, the probabilities and what is decided, worked out here."""
    run = make_run(kind=request.param, classes=CLASSES, patients=90, folds=1)
    metrics = evaluate(run)
    table = pd.read_csv(run / "predictions" / "test.csv")
    p = table[[f"p_{name}" for name in CLASSES]].to_numpy()
    truth = np.array([[name in label.split("|") for name in CLASSES] for label in table["label"]])
    if request.param == "multilabel":
        cuts = json.loads((run / "calibration.json").read_text())["0/0"]["thresholds"]
        return metrics, truth, p, p >= np.array([cuts[name] for name in CLASSES])
    ranked = np.sort(p, axis=1)
    both = ranked[:, -2] > 0.45
    return metrics, truth, p, np.where(both[:, None], p >= ranked[:, [-2]], p > 0.90)


@pytest.mark.parametrize("several", KINDS, indirect=True)
def test_whole_cases_and_those_of_one_and_two_labels_equal_scikit_learn(several, pick):
    metrics, truth, _, decided = several
    shown = truth.sum(axis=1)
    for scope, rows in (("all", shown > 0), ("cases=one_label", shown == 1), ("cases=two_labels", shown == 2)):
        row = pick(metrics, "exact_match", scope=scope)
        assert (row["n"], row["estimate"]) == (rows.sum(), pytest.approx(sk.accuracy_score(truth[rows], decided[rows]), abs=1e-9))
        assert row["low"] <= row["estimate"] <= row["high"]
        of_label = "{}" if scope == "all" else f"{scope},{{}}"
        for k, name in enumerate(CLASSES):
            row = pick(metrics, "sensitivity", scope=of_label.format(f"class={name}"))
            expected = sk.recall_score(truth[rows, k], decided[rows, k])
            assert (row["positives"], row["estimate"]) == (truth[rows, k].sum(), pytest.approx(expected, abs=1e-9))
            expected = sk.recall_score(~truth[rows, k], ~decided[rows, k])
            assert pick(metrics, "specificity", scope=of_label.format(f"class={name}"))["estimate"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("several", KINDS, indirect=True)
def test_the_share_without_a_decision_is_counted_in_each_kind_of_case(several, pick):
    metrics, truth, _, decided = several
    shown, none = truth.sum(axis=1), decided.sum(axis=1) == 0
    for scope, rows in (("all", shown > 0), ("cases=one_label", shown == 1), ("cases=two_labels", shown == 2)):
        row = pick(metrics, "no_decision", scope=scope)
        assert (row["estimate"], row["n"]) == (pytest.approx(none[rows].sum() / rows.sum()), rows.sum())
        assert row["low"] <= row["estimate"] <= row["high"]
        assert ("exact" in row["method"]) == (not none[rows].any())


@pytest.mark.parametrize("several", ["distribution"], indirect=True)
def test_a_distribution_is_measured_against_the_shares_of_the_labels(several, pick):
    metrics, truth, p, _ = several
    error = (p - truth / truth.sum(axis=1, keepdims=True)) ** 2
    assert pick(metrics, "brier")["estimate"] == pytest.approx(error.sum(axis=1).mean(), abs=1e-9)
    assert pick(metrics, "brier", scope="class=b")["estimate"] == pytest.approx(error[:, 1].mean(), abs=1e-9)
    areas = [sk.roc_auc_score(truth[:, k], p[:, k]) for k in range(3)]
    assert pick(metrics, "auroc", scope="macro")["estimate"] == pytest.approx(np.mean(areas), abs=1e-9)
    assert metrics["headline"]["metric"] == "auroc"
    assert any("section 3.2" in note and "before temperature scaling" in note for note in metrics["notes"])


def test_without_two_labels_on_any_case_there_is_nothing_to_tell_apart(make_run, rewrite):
    run = make_run(kind="multilabel", classes=CLASSES, patients=30, folds=1)
    rewrite(run, "test", lambda t: t.assign(label=t["label"].str.split("|").str[0]))
    assert not [row for row in evaluate(run)["rows"] if row["scope"].startswith("cases=")]
    assert not (run / "tables" / "per_labels.csv").exists()


def test_cases_of_three_labels_are_among_those_of_several(make_run, rewrite, pick):
    run = make_run(kind="multilabel", classes=CLASSES, patients=30, folds=1)
    rewrite(run, "test", lambda t: t.assign(label=t["label"].where(t["label"] != "a|b", "a|b|c")))
    metrics = evaluate(run)
    shown = pd.read_csv(run / "predictions" / "test.csv")["label"].str.count(r"\|") + 1
    assert (shown == 3).any()
    counts = [pick(metrics, "exact_match", scope=f"cases={kind}")["n"] for kind in ("one_label", "two_labels")]
    assert counts == [(shown == 1).sum(), (shown > 1).sum()]
    assert sum(counts) == pick(metrics, "exact_match")["n"]


def test_measures_of_patients_drawn_twice_or_not_at_all_equal_those_of_copied_rows(make_run):
    question = read_question(make_run(kind="multiclass", classes=("a", "b", "c"), patients=30))
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(30), 4)
    label = patient % 3
    p = rng.dirichlet(np.ones(3), 120)
    frame = pd.DataFrame({"id": [f"{k}" for k in range(120)], "patient": patient.astype(str), "label": np.array(list("abc"))[label]})
    cases = Cases(question, frame, np.eye(3, dtype=bool)[label], p, p, np.eye(3, dtype=bool)[p.argmax(axis=1)])
    weight = rng.integers(0, 3, 30)
    rows = np.repeat(np.arange(120), weight[patient])
    copies = Cases(question, frame.iloc[rows], cases.truth[rows], p[rows], p[rows], cases.decided[rows])
    weighted, copied = measure(cases, patient, weight[None].astype(float)), measure(copies, patient[rows], np.ones((1, 30)))
    assert set(weighted) == set(copied)
    assert {key: value[0] for key, value in weighted.items()} == pytest.approx({key: value[0] for key, value in copied.items()}, abs=1e-12)
