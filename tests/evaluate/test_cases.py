"""Patients get one probability where they have one label."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.errors import NumericError
from medimg.evaluate import evaluate
from medimg.evaluate.cases import to_patients
from medimg.evaluate.question import read_question
from medimg.evaluate.reading import read_test


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


def test_cases_that_say_how_much_they_count_are_pooled_by_the_softmax_of_it(make_run, rewrite):
    run = make_run(patients=4, images=3, folds=1)
    weights = np.tile([0.0, 1.0, -800.0], 4)
    rewrite(run, "test", lambda t: t.assign(log_weight=weights))
    cases = read_test(run, read_question(run))
    pooled = to_patients(cases)
    share = np.array([1, np.e, 0]) / (1 + np.e)
    for k, patient in enumerate(pooled.frame["patient"]):
        assert pooled.raw[k, 0] == pytest.approx(cases.raw[(cases.frame["patient"] == patient).to_numpy(), 0] @ share)
    rewrite(run, "test", lambda t: t.assign(log_weight="much"))
    with pytest.raises(NumericError, match="log_weight that is no finite number"):
        read_test(run, read_question(run))
