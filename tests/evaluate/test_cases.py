"""Patients get one probability where they have one label."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import evaluate


def test_mixed_labels_leave_patient_numbers_undefined_and_add_the_auroc_within_patients(make_run, pick):
    run = make_run(mixed=True)
    metrics = evaluate(run)
    row = pick(metrics, "auroc", level="patient", aggregate="pooled")
    assert row["estimate"] is None
    assert "mixed labels" in row["undefined"]
    table = pd.read_csv(run / "predictions" / "test.csv")
    each = [sk.roc_auc_score(p["label"] == "yes", p["p_yes"]) for _, p in table.groupby("patient") if p["label"].nunique() == 2]
    row = pick(metrics, "auroc_within_patients", aggregate="pooled")
    assert row["estimate"] == pytest.approx(np.mean(each), abs=1e-9)


def test_patient_numbers_use_the_mean_probability_of_the_images(make_run, pick):
    run = make_run(folds=1)
    table = pd.read_csv(run / "predictions" / "test.csv").groupby("patient").agg({"label": "first", "p_yes": "mean"})
    row = pick(evaluate(run), "auroc", level="patient")
    assert row["estimate"] == pytest.approx(sk.roc_auc_score(table["label"] == "yes", table["p_yes"]), abs=1e-9)
    assert (row["n"], row["patients"]) == (60, 60)
