"""Means over folds and seeds, and what happens where one of them has no value."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import evaluate


def test_headline_is_the_mean_of_the_folds_own_auroc(make_run, pick):
    run = make_run(patients=120)
    row = pick(evaluate(run), "auroc", aggregate="mean_over_folds")
    table = pd.read_csv(run / "predictions" / "test.csv")
    folds = [sk.roc_auc_score(part["label"] == "yes", part["p_yes"]) for _, part in table.groupby("fold")]
    assert row["estimate"] == pytest.approx(np.mean(folds), abs=1e-9)
    assert row["low"] < row["estimate"] < row["high"]


def test_seeds_are_averaged_and_their_spread_stands_beside(make_run, pick):
    run = make_run(folds=1, seeds=(1, 2, 3))
    metrics = evaluate(run)
    table = pd.read_csv(run / "predictions" / "test.csv")
    each = [sk.roc_auc_score(part["label"] == "yes", part["p_yes"]) for _, part in table.groupby("seed")]
    row = pick(metrics, "auroc")
    assert (row["estimate"], row["seed_sd"]) == (pytest.approx(np.mean(each), abs=1e-9), pytest.approx(np.std(each, ddof=1), abs=1e-9))
    assert [pick(metrics, "auroc", scope=f"seed={seed}")["estimate"] for seed in (1, 2, 3)] == pytest.approx(each, abs=1e-9)


def test_a_fold_of_one_class_makes_the_mean_undefined_and_the_headline_pooled(make_run, rewrite, pick):
    run = make_run()
    rewrite(run, "test", lambda t: t.assign(label=t["label"].where(t["fold"] != "1", "no")))
    metrics = evaluate(run)
    row = pick(metrics, "auroc", aggregate="mean_over_folds")
    assert (row["estimate"], row["low"], row["undefined"]) == (None, None, "fold 1: one class only: no positive case")
    assert metrics["headline"]["aggregate"] == "pooled"
    assert "fold 1" in metrics["headline"]["text"]


def test_leave_one_patient_out_is_judged_pooled(make_run, rewrite, pick):
    run = make_run(patients=24, images=6)
    rewrite(run, "test", lambda t: t.assign(fold=t["patient"].str.extract(r"p(\d+)$")[0]))
    rewrite(run, "val", lambda t: pd.concat([t.drop_duplicates("id").assign(fold=fold) for fold in range(24)]))
    metrics = evaluate(run)
    assert metrics["headline"]["aggregate"] == "pooled"
    row = pick(metrics, "auroc", aggregate="pooled")
    assert row["low"] < row["estimate"] < row["high"]
