"""Curves pass through scikit-learn's points; reliability counts every case once."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import curves, evaluate


def case(seed):
    rng = np.random.default_rng(seed)
    truth = np.r_[True, False, rng.random(100) < 0.4]
    return truth, np.round(rng.normal(truth * 1.0, 1.0), 1)


@pytest.mark.parametrize("seed", range(5))
def test_roc_is_scikit_learns_between_and_at_its_steps(seed):
    truth, score = case(seed)
    fpr, tpr, _ = sk.roc_curve(truth, score, drop_intermediate=False)
    line = curves.roc_at(truth, score, np.ones((1, len(truth))))[0]
    for place, value in zip(curves.GRID, line, strict=True):
        at = np.isclose(fpr, place, atol=1e-12)
        before, after = np.flatnonzero(fpr < place + 1e-12)[-1], np.flatnonzero(fpr > place - 1e-12)[0]
        part = 0 if at.any() else (place - fpr[before]) / (fpr[after] - fpr[before])
        assert value == pytest.approx(tpr[at].max() if at.any() else tpr[before] + part * (tpr[after] - tpr[before]), abs=1e-6)


@pytest.mark.parametrize("negatives", [3, 7, 30, 100, 200])
def test_the_line_that_is_drawn_has_the_area_of_its_caption(negatives):
    rng = np.random.default_rng(negatives)
    truth = np.r_[np.ones(40, dtype=bool), np.zeros(negatives, dtype=bool)]
    score = rng.normal(truth * 1.0, 1.0)
    line = curves.roc_at(truth, score, np.ones((1, len(truth))))[0]
    assert sk.auc(curves.GRID, line) == pytest.approx(sk.roc_auc_score(truth, score), abs=0.5 / 100)  # half a step of the grid


@pytest.mark.parametrize("seed", range(5))
def test_precision_is_that_of_the_first_threshold_with_the_recall(seed):
    truth, score = case(seed)
    precision, recall, _ = sk.precision_recall_curve(truth, score)
    line = curves.pr_at(truth, score, np.ones((1, len(truth))))[0]
    for target, value in zip(curves.GRID[1:], line[1:], strict=True):
        reached = recall[:-1] >= target - 1e-9
        assert value == pytest.approx(precision[:-1][reached][-1], abs=1e-12)


def test_bands_hold_the_curve_and_reliability_holds_every_case(make_run):
    run = make_run(patients=120, folds=1)
    evaluate(run)
    roc = pd.read_csv(run / "tables" / "roc.csv")
    assert list(roc.columns) == ["class", "fpr", "tpr", "low", "high", "area"]
    inner = roc[(roc["fpr"] > 0.05) & (roc["fpr"] < 0.6)]
    assert ((inner["low"] <= inner["tpr"]) & (inner["tpr"] <= inner["high"])).all()
    assert list(pd.read_csv(run / "tables" / "pr.csv").columns) == ["class", "recall", "precision", "low", "high", "area"]
    rows = json.loads((run / "metrics.json").read_text())["rows"]
    whole = next(row for row in rows if (row["metric"], row["scope"], row["level"]) == ("auroc", "all", "image"))
    assert roc["area"].unique() == pytest.approx([whole["estimate"]], abs=1e-8)
    table = pd.read_csv(run / "tables" / "reliability.csv")
    assert list(table.groupby("calibrated")["n"].sum()) == [480, 480]
    test = pd.read_csv(run / "predictions" / "test.csv")
    raw = table[~table["calibrated"]]
    row = raw[np.isclose(raw["bin_low"], 0.5)].iloc[0]
    here = test[(test["p_yes"] >= 0.5) & (test["p_yes"] < 0.6)]
    assert (row["n"], row["observed"]) == (len(here), pytest.approx((here["label"] == "yes").mean(), abs=1e-8))


def test_few_patients_have_a_curve_but_no_band(make_run):
    run = make_run(patients=12, folds=1)
    evaluate(run)
    assert pd.read_csv(run / "tables" / "roc.csv")[["low", "high"]].isna().all().all()
