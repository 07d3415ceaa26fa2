"""One model's measures under drawn patients: those of a table in which each patient's rows stand as often as drawn."""

import numpy as np
import pytest
from simulations import make_simulation
from sklearn import metrics as sk

from medimg.evaluate.simulating.fold import measure, read_folds
from medimg.evaluate.simulating.simulation import read_simulation


@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_every_draw_is_the_measure_of_the_weighted_table(tmp_path, threshold):
    simulation = read_simulation(make_simulation(tmp_path / "run", repeats=1, folds=1, rounds=1, patients=20))
    folds, facts = read_folds(simulation, [0], 30, 0)
    p = simulation.probabilities(simulation.unit((0, 0), "random", 1), folds[0].frame)
    found, truth, said = measure(folds[0], p, threshold, facts.mixed), folds[0].truth[:, 1], p[:, 1] >= threshold
    for draw in (0, 1, 17, 30):
        weight = folds[0].weights[draw, folds[0].patient]
        assert found["auroc"][draw] == pytest.approx(sk.roc_auc_score(truth, p[:, 1], sample_weight=weight), abs=1e-9)
        assert found["auprc"][draw] == pytest.approx(sk.average_precision_score(truth, p[:, 1], sample_weight=weight), abs=1e-9)
        assert found["sensitivity"][draw] == pytest.approx(sk.recall_score(truth, said, sample_weight=weight), abs=1e-9)
        assert found["brier"][draw] == pytest.approx(sk.brier_score_loss(truth, p[:, 1], sample_weight=weight), abs=1e-9)


def test_patients_are_counted_and_drawn_once_for_all_folds(tmp_path):
    simulation = read_simulation(make_simulation(tmp_path / "run", repeats=1, folds=2, rounds=1, patients=20))
    folds, facts = read_folds(simulation, [0, 1], 30, 0)
    assert (facts.mixed, facts.patients, facts.lonely) == (0, 20, 0)
    assert all(np.allclose(fold.weights.mean(axis=1), 1) for fold in folds.values())
