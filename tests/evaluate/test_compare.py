"""Differences of two runs on the same cases, patients drawn once for both."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.errors import RunError
from medimg.evaluate import compare, evaluate
from medimg.evaluate.compare import limits


def one(result, metric, level="image"):
    rows = [row for row in result["rows"] if (row["metric"], row["level"], row["scope"]) == (metric, level, "all")]
    return next(row for row in rows if not row["calibrated"])


def test_difference_is_that_of_the_two_runs_own_numbers(make_run, pick):
    good, bad = make_run(name="good", skill=2.0), make_run(name="bad", skill=0.7)
    ours, theirs = evaluate(good), evaluate(bad)
    result = compare(good, bad)
    assert json.loads((good / "comparison.json").read_text()) == result
    for metric in ("auroc", "accuracy", "kappa", "brier"):
        values = [pick(m, metric, aggregate="mean_over_folds")["estimate"] for m in (ours, theirs)]
        assert one(result, metric)["difference"] == pytest.approx(values[0] - values[1], abs=1e-9)
    row = one(result, "auroc")
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert row["p"] < 0.01


def test_patients_are_compared_beside_their_images(make_run, pick):
    good, bad = make_run(name="good", skill=2.0), make_run(name="bad", skill=0.7)
    values = [pick(evaluate(run), "accuracy", level="patient", aggregate="mean_over_folds")["estimate"] for run in (good, bad)]
    row = one(compare(good, bad), "accuracy", "patient")
    assert row["difference"] == pytest.approx(values[0] - values[1], abs=1e-9)
    assert row["low"] < row["difference"] < row["high"]


def test_patients_of_several_labels_have_no_difference(make_run):
    runs = [make_run(name=name, mixed=True) for name in "ab"]
    for run in runs:
        evaluate(run)
    assert {row["level"] for row in compare(*runs)["rows"]} == {"image"}


def test_a_run_against_itself_has_no_difference_and_no_interval(make_run):
    run = make_run()
    evaluate(run)
    row = one(compare(run, run), "auroc")
    assert (row["difference"], row["low"]) == (0.0, None)
    assert "every draw gives the same" in row["method"]


def test_draws_that_differ_by_rounding_alone_give_no_interval():
    row = limits(3e-17, np.array([1e-17, 3e-17, 5e-17]), patients=40)
    assert "low" not in row
    assert "every draw gives the same" in row["method"]
    assert limits(0.1, np.array([0.05, 0.1, 0.15]), patients=40)["high"] > 0.1


@pytest.mark.parametrize("patients", [3, 40])
def test_draws_without_a_value_leave_no_interval_and_no_warning_of_numpy(patients):
    draws = np.full(200, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = limits(0.1, draws, patients)
        draws[0] = 0.1
        assert "low" not in limits(0.1, draws, patients)
    assert "low" not in found
    assert found["method"].endswith("at least 10 are needed" if patients < 10 else "200 of 200 draws have no value")


def test_pairing_makes_the_interval_shorter_than_two_apart(make_run, rewrite, pick):
    a, b = make_run(name="a", patients=120), make_run(name="b", patients=120)
    rng = np.random.default_rng(0)

    def nudge(table):
        p = np.clip(table["p_yes"].astype(float) + 0.05 * rng.normal(size=len(table)), 0, 1)
        return table.assign(p_yes=p, p_no=1 - p)

    rewrite(b, "test", nudge)
    width = [row["high"] - row["low"] for row in (pick(evaluate(run), "auroc", aggregate="mean_over_folds") for run in (a, b))]
    row = one(compare(a, b), "auroc")
    assert row["high"] - row["low"] < 0.5 * np.hypot(*width)


def test_other_folds_are_compared_pooled(make_run, rewrite):
    a, b = make_run(name="a"), make_run(name="b")
    rewrite(b, "test", lambda t: t.assign(fold=(t["fold"].astype(int) + 1) % 3))
    evaluate(a)
    evaluate(b)
    result = compare(a, b)
    table = [pd.read_csv(run / "predictions" / "test.csv") for run in (a, b)]
    values = [sk.roc_auc_score(t["label"] == "yes", t["p_yes"]) for t in table]
    assert one(result, "auroc")["aggregate"] == "pooled"
    assert one(result, "auroc")["difference"] == pytest.approx(values[0] - values[1], abs=1e-9)


def test_other_cases_or_another_question_are_refused(make_run, rewrite):
    a, b, c = make_run(name="a"), make_run(name="b"), make_run(name="c", kind="multiclass", classes=("a", "b", "c"))
    with pytest.raises(RunError, match="judge the run first"):
        compare(a, b)
    rewrite(b, "test", lambda t: t[t["id"] != "test000003"])
    for run in (a, b, c):
        evaluate(run)
    with pytest.raises(RunError, match="1 differ, for example test000003"):
        compare(a, b)
    with pytest.raises(RunError, match="different questions"):
        compare(a, c)


def test_two_ways_to_decide_the_same_labels_are_compared_but_for_what_their_probabilities_mean(make_run, pick):
    a, b = (make_run(kind=kind, classes=("a", "b", "c"), name=kind) for kind in ("multilabel", "distribution"))
    ours, theirs = evaluate(a), evaluate(b)
    result = compare(a, b)
    for metric in ("exact_match", "no_decision"):
        values = [pick(m, metric, aggregate="mean_over_folds")["estimate"] for m in (ours, theirs)]
        assert one(result, metric)["difference"] == pytest.approx(values[0] - values[1], abs=1e-9)
    assert not {"brier", "ece"} & {row["metric"] for row in result["rows"]}
