"""Units of a simulation: found, chosen so that all strategies stand on the same ones, and refused where they contradict."""

import json

import pandas as pd
import pytest
from simulations import make_simulation

from medimg.errors import RunError
from medimg.evaluate.grid import measure_all
from medimg.evaluate.simulation import read_simulation


def test_planned_units_share_the_initial_training(tmp_path):
    simulation = read_simulation(make_simulation(tmp_path / "run", rounds=3))
    assert simulation.planned == len(simulation.units) == 3 * 2 * (2 + 3 * 3)
    assert simulation.unit((0, 0), "diverse", 0) is simulation.unit((0, 0), "random", 0)


def test_a_gap_ends_a_curve(tmp_path):
    gap = {"repeat": 0, "fold": 0, "strategy": "entropy", "round": 2}
    simulation = read_simulation(make_simulation(tmp_path / "run", repeats=2, folds=1, keep=lambda unit: unit != gap))
    assert [simulation.depth(cell) for cell in ((0, 0), (1, 0))] == [1, 4]
    assert simulation.comparable() == ([(1, 0)], 4)


def test_a_fold_with_other_test_cases_is_refused(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=2, folds=1, rounds=1)
    path = run / "sim" / "r1_f0_random_n01.csv"
    pd.read_csv(path).iloc[1:].to_csv(path, index=False)
    with pytest.raises(RunError, match="same test cases throughout"):
        measure_all(read_simulation(run))


def test_faults_come_in_one_list(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=1, folds=1, rounds=1)
    asked = json.loads((run / "simulation.json").read_text())
    del asked["margin"]
    (run / "simulation.json").write_text(json.dumps(asked))
    (run / "sim" / "r0_f0_initial_n00.json").write_text("{")
    with pytest.raises(RunError) as caught:
        read_simulation(run)
    assert "margin is missing" in str(caught.value)
    assert "r0_f0_initial_n00.json cannot be read" in str(caught.value)


def test_a_probability_that_is_no_number_is_refused(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=1, folds=1, rounds=1)
    path = run / "sim" / "r0_f0_random_n01.csv"
    table = pd.read_csv(path)
    table.loc[3, "p_yes"] = float("nan")
    table.to_csv(path, index=False)
    with pytest.raises(RunError, match="not a finite number"):
        measure_all(read_simulation(run))
