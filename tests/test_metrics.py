"""Every measure against scikit-learn, with ties, weights and one class; the draws against the single value."""

import numpy as np
import pytest
from sklearn import metrics as sk

from medimg import metrics
from medimg.metrics import Undefined

DRAWN = range(20)


def case(number):
    """Scores with many ties, some of them exactly at a bin's edge; whole weights with zeros among them."""
    rng = np.random.default_rng(number)
    n = int(rng.integers(5, 120))
    truth = rng.random(n) < rng.uniform(0.2, 0.8)
    truth[:2] = True, False
    score = np.clip(rng.normal(0.4 + 0.2 * truth, 0.25), 0, 1)
    if number % 2:
        score = np.round(score, 1)
    weight = rng.integers(0, 4, n) if number % 3 else np.ones(n, dtype=int)
    weight[:2] = 1
    return truth, score, weight


@pytest.mark.parametrize("number", DRAWN)
def test_areas_equal_scikit_learn(number):
    truth, score, weight = case(number)
    assert metrics.auroc(truth, score, weight) == pytest.approx(sk.roc_auc_score(truth, score, sample_weight=weight), abs=1e-9)
    assert metrics.auprc(truth, score, weight) == pytest.approx(sk.average_precision_score(truth, score, sample_weight=weight), abs=1e-9)


@pytest.mark.parametrize("number", DRAWN)
def test_weights_mean_the_same_as_copies(number):
    truth, score, weight = case(number)
    copied = np.repeat(np.arange(len(truth)), weight)
    for function in (metrics.auroc, metrics.auprc, metrics.brier, metrics.ece):
        assert function(truth, score, weight) == pytest.approx(function(truth[copied], score[copied]), abs=1e-12)


@pytest.mark.parametrize("number", DRAWN)
def test_counted_measures_equal_scikit_learn(number):
    truth, score, weight = case(number)
    decided = score >= 0.5
    decided[:2] = True, False
    matrix = metrics.confusion(truth, decided, 2, weight)
    assert matrix == pytest.approx(sk.confusion_matrix(truth, decided, sample_weight=weight))
    answers = {
        "accuracy": sk.accuracy_score(truth, decided, sample_weight=weight),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, decided, sample_weight=weight),
        "sensitivity": sk.recall_score(truth, decided, sample_weight=weight),
        "specificity": sk.recall_score(~truth, ~decided, sample_weight=weight),
        "precision": sk.precision_score(truth, decided, sample_weight=weight),
        "f1": sk.f1_score(truth, decided, sample_weight=weight),
        "kappa": sk.cohen_kappa_score(truth, decided, sample_weight=weight),
        "mcc": sk.matthews_corrcoef(truth, decided, sample_weight=weight),
    }
    assert set(answers) == set(metrics.OF_MATRIX)
    assert {name: metrics.of_matrix(name, matrix) for name in answers} == pytest.approx(answers, abs=1e-9)


@pytest.mark.parametrize("number", DRAWN)
def test_measures_of_several_classes_equal_scikit_learn(number):
    rng = np.random.default_rng(number)
    truth, decided, weight = np.r_[:4, rng.integers(0, 4, 60)], np.r_[:4, rng.integers(0, 4, 60)], np.r_[np.ones(4), rng.integers(0, 3, 60)]
    matrix = metrics.confusion(truth, decided, 4, weight)
    answers = {
        "accuracy": sk.accuracy_score(truth, decided, sample_weight=weight),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, decided, sample_weight=weight),
        "kappa": sk.cohen_kappa_score(truth, decided, sample_weight=weight),
        "mcc": sk.matthews_corrcoef(truth, decided, sample_weight=weight),
    }
    assert {name: metrics.of_matrix(name, matrix) for name in answers} == pytest.approx(answers, abs=1e-9)


@pytest.mark.parametrize("number", DRAWN)
def test_brier_equals_scikit_learn_for_one_column_and_for_several_classes(number):
    truth, score, weight = case(number)
    assert metrics.brier(truth, score, weight) == pytest.approx(sk.brier_score_loss(truth, score, sample_weight=weight), abs=1e-9)
    rng = np.random.default_rng(number)
    label, p = np.r_[:3, rng.integers(0, 3, 40)], rng.dirichlet(np.ones(3), 43)
    assert metrics.brier(np.eye(3)[label], p) == pytest.approx(sk.brier_score_loss(label, p, scale_by_half=False), abs=1e-9)


@pytest.mark.parametrize("number", DRAWN)
def test_exact_match_equals_scikit_learn(number):
    rng = np.random.default_rng(number)
    truth, decided, weight = rng.random((30, 3)) < 0.4, rng.random((30, 3)) < 0.4, rng.integers(0, 3, 30)
    answer = sk.accuracy_score(truth.astype(int), decided.astype(int), sample_weight=weight)
    assert metrics.exact_match(truth, decided, weight) == pytest.approx(answer, abs=1e-9)


def test_ece_is_the_weighted_distance_of_each_bin_from_the_diagonal():
    truth = np.array([0, 1, 1, 1, 0, 1])
    p = np.array([0.05, 0.05, 0.95, 1.0, 0.62, 0.68])
    by_hand = (2 * abs(0.05 - 0.5) + 2 * abs(0.975 - 1) + 2 * abs(0.65 - 0.5)) / 6
    assert metrics.ece(truth, p) == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("number", DRAWN)
def test_draws_are_the_single_value_of_each_weighting(number):
    truth, score, weight = case(number)
    weights = np.vstack([weight, np.ones_like(weight), np.zeros_like(weight), truth.astype(int)])
    area, precision = metrics.areas_draws(truth, score, weights)
    assert area[:2] == pytest.approx([metrics.auroc(truth, score, row) for row in weights[:2]], abs=1e-12)
    assert precision[:2] == pytest.approx([metrics.auprc(truth, score, row) for row in weights[:2]], abs=1e-12)
    assert np.isnan(area[2:]).all()
    assert np.isnan(precision[2])


def test_weights_of_patients_mean_the_same_as_weights_of_their_rows():
    truth, score, _ = case(3)
    patient = np.arange(len(truth)) % 4
    weights = np.random.default_rng(0).integers(0, 3, (10, 4)) + 1
    for by_patient, by_row in zip(
        metrics.areas_draws(truth, score, weights, patient), metrics.areas_draws(truth, score, weights[:, patient]), strict=True
    ):
        assert by_patient == pytest.approx(by_row, abs=1e-12)


def test_one_class_or_no_case_is_undefined_with_the_reason():
    score = np.array([0.2, 0.7])
    assert metrics.auroc([1, 1], score) == Undefined("one class only: no negative case")
    assert metrics.auroc([0, 0], score) == Undefined("one class only: no positive case")
    assert metrics.auroc([0, 1], score, [1, 0]) == Undefined("one class only: no positive case")
    assert metrics.auprc([0, 0], score) == Undefined("one class only: no positive case")
    assert metrics.auprc([1, 1], score) == pytest.approx(1.0)
    for empty in (
        metrics.auroc([], []),
        metrics.auprc([], []),
        metrics.brier([], []),
        metrics.ece([], []),
        metrics.of_matrix("f1", [[0, 0], [0, 0]]),
    ):
        assert empty == Undefined("no cases")
    assert metrics.exact_match(np.zeros((0, 2)), np.zeros((0, 2))) == Undefined("no cases")


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("sensitivity", [[3, 1], [0, 0]]),
        ("specificity", [[0, 0], [1, 3]]),
        ("precision", [[3, 0], [1, 0]]),
        ("f1", [[3, 0], [0, 0]]),
        ("kappa", [[3, 0], [0, 0]]),
        ("mcc", [[3, 0], [1, 0]]),
        ("balanced_accuracy", [[3, 1], [0, 0]]),
    ],
)
def test_a_quotient_of_nothing_is_undefined_and_never_a_number(name, matrix):
    value = metrics.of_matrix(name, matrix)
    assert isinstance(value, Undefined)
    assert value.reason == metrics.OF_MATRIX[name][1]


def test_nan_and_infinity_are_refused():
    for broken in (np.nan, np.inf):
        for function in (metrics.auroc, metrics.auprc, metrics.brier, metrics.ece):
            with pytest.raises(ValueError, match="not a finite number"):
                function([0, 1], [0.5, broken])
        with pytest.raises(ValueError, match="weight"):
            metrics.auroc([0, 1], [0.5, 0.6], [1, broken])
    with pytest.raises(ValueError, match="weight"):
        metrics.auroc([0, 1], [0.5, 0.6], [1, -1])
    with pytest.raises(ValueError, match="do not fit"):
        metrics.auroc([0, 1], [0.5, 0.6], [1, 1, 1])
