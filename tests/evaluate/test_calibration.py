"""Temperature and thresholds are learned on validation only, and say why where they cannot be."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.evaluate import calibration, evaluate
from medimg.evaluate.rule import PAPER


def truth_and_probability(kind, temperature, n=20_000):
    rng = np.random.default_rng(0)
    logits = 1.5 * rng.normal(size=(n, 3 if kind == "multiclass" else 1))
    p = calibration.heat(1 / (1 + np.exp(-logits)), 1.0, kind)
    if kind == "multiclass":
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        label = (p.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
        truth = np.eye(3, dtype=bool)[label]
    else:
        truth = rng.random(p.shape) < p
    return truth, calibration.heat(p, 1 / temperature, kind)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_temperature_undoes_a_known_sharpening(kind, temperature):
    truth, p = truth_and_probability(kind, temperature)
    found, reason = calibration.fit_temperature(truth, p, kind)
    assert (found, reason) == (pytest.approx(temperature, rel=0.05), None)


def test_heated_softmax_adds_up_to_one_and_keeps_the_order():
    p = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    hot = calibration.heat(p, 3.0, "multiclass")
    assert hot.sum(axis=1) == pytest.approx(np.ones(50))
    assert (hot.argsort(axis=1) == p.argsort(axis=1)).all()
    assert np.isfinite(calibration.heat(np.array([[0.0], [1.0]]), 0.5, "binary")).all()


def test_youden_finds_the_best_cut_of_scikit_learn():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        truth = np.r_[True, False, rng.random(80) < 0.4]
        score = np.round(rng.normal(truth * 0.5, 0.5), 1)
        fpr, tpr, _ = sk.roc_curve(truth, score)
        cut = calibration.youden(truth, score)
        decided = score >= cut
        assert decided[truth].mean() - decided[~truth].mean() == pytest.approx((tpr - fpr).max())


def test_threshold_lies_halfway_between_the_scores_it_parts():
    assert calibration.youden(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.6, 0.9])) == pytest.approx(0.4)


def test_perfect_separation_has_no_temperature_and_says_so():
    truth = np.array([[False], [True]] * 10)
    found, reason = calibration.fit_temperature(truth, np.where(truth, 0.9, 0.1), "binary")
    assert found == 1.0
    assert "limit of the search" in reason


def test_thresholds_do_not_look_at_the_test_cases(make_run, rewrite):
    run = make_run()
    evaluate(run)
    first = (run / "calibration.json").read_text()
    rewrite(run, "test", lambda t: t.assign(label=np.where(t["label"] == "yes", "no", "yes")))
    evaluate(run)
    assert (run / "calibration.json").read_text() == first


def test_members_validation_cases_are_pooled(make_run):
    run = make_run(members=2, folds=1)
    evaluate(run)
    learned = json.loads((run / "calibration.json").read_text())["0/0"]
    table = pd.read_csv(run / "predictions" / "val.csv")
    assert learned["n"] == len(table)
    assert learned["thresholds"]["yes"] == pytest.approx(
        calibration.youden((table["label"] == "yes").to_numpy(), table["p_yes"].to_numpy())
    )


def test_patients_have_a_threshold_of_their_own(make_run):
    run = make_run(folds=1)
    evaluate(run)
    learned = json.loads((run / "calibration.json").read_text())["0/0"]
    assert learned["patient"]["n"] == learned["patients"] == 30
    assert learned["n"] == 120


def test_temperature_of_a_distribution_makes_the_log_loss_of_shared_targets_least():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 500)
    truth = p >= np.sort(p, axis=1)[:, [-2]] * np.where(np.arange(500) % 2, 1, 1e9)[:, None]  # two labels of every other case
    truth |= np.eye(4, dtype=bool)[[rng.choice(4, p=row) for row in p]]
    sure = calibration.heat(p, 0.4, "distribution")
    share = truth / truth.sum(axis=1, keepdims=True)
    found, reason = calibration.fit_temperature(truth, sure, "distribution")
    losses = [-(share * np.log(calibration.heat(sure, t, "distribution"))).sum(axis=1).mean() for t in (found / 1.02, found, found * 1.02)]
    assert (np.argmin(losses), reason) == (1, None)
    assert calibration.log_loss(truth, calibration.logits_of(sure, "distribution") / found, "distribution") == pytest.approx(losses[1])


def test_the_papers_rule_looks_at_the_networks_own_probabilities_and_nothing_of_it_is_fitted(make_run):
    run = make_run(kind="distribution", classes=("a", "b", "c"), patients=30, folds=1)
    evaluate(run)
    learned = json.loads((run / "calibration.json").read_text())["0/0"]
    assert learned["temperature"] != pytest.approx(1, abs=0.05)
    assert learned["thresholds"] == {}
    decided = PAPER.decide(pd.read_csv(run / "predictions" / "test.csv")[["p_a", "p_b", "p_c"]].to_numpy())
    counts = pd.read_csv(run / "tables" / "confusion.csv").groupby("predicted")["count"].sum()
    for name, row in (("none", [0, 0, 0]), ("a", [1, 0, 0]), ("a|b", [1, 1, 0])):
        assert counts.get(name, 0) == (decided == np.array(row, dtype=bool)).all(axis=1).sum()
    assert counts["none"]
