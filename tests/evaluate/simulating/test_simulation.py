"""Units of a simulation: found, chosen so that all strategies stand on the same ones, and refused where they contradict."""

import json

import pandas as pd
import pytest
from simulations import make_simulation

from medimg.errors import RunError
from medimg.evaluate.simulating.grid import measure_all
from medimg.evaluate.simulating.learning import evaluate_simulation
from medimg.evaluate.simulating.simulation import read_simulation


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


def test_pools_that_run_out_at_different_rounds_are_complete_and_stay_in_the_mean(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=2, rounds=9, pools=[38, 55])
    simulation = read_simulation(run)
    assert [simulation.rounds_of((0, fold), "random") for fold in (0, 1)] == [2, 4]
    assert simulation.planned == len(simulation.units) == 2 * (2 + 3 * 2 + 2 + 3 * 4)
    assert simulation.unit((0, 0), "random", 4) is simulation.unit((0, 0), "random", 2)
    assert simulation.comparable() == ([(0, 0), (1, 0), (0, 1), (1, 1)], 4)
    result = evaluate_simulation(run)
    assert result["units"]["complete"]
    assert result["rounds"] == 4
    assert not [note for note in result["notes"] if "in no number" in note]
    assert [note for note in result["notes"] if "run out at different rounds" in note]
    labels = [row["labels"] for row in result["curves"] if (row["strategy"], row["metric"]) == ("random", "auroc")]
    assert labels == [20, 30, 39, 44, 46.5]
    assert {row["train_total"] for row in result["seconds"]} == {2.0 * 3}


def test_a_pool_that_has_not_run_out_is_planned_by_what_is_open(tmp_path):
    run = make_simulation(tmp_path / "run", folds=1, repeats=1, rounds=9, pools=[55], keep=lambda unit: unit["round"] != 3)
    simulation = read_simulation(run)
    assert simulation.planned == 2 + 3 * 4
    assert simulation.depth((0, 0)) == 2
    assert not evaluate_simulation(run)["units"]["complete"]


def test_one_fold_of_many_is_found_by_its_number(tmp_path):
    run = make_simulation(tmp_path / "run", folds=2, repeats=1, keep=lambda unit: unit["fold"] == 1)
    asked = json.loads((run / "simulation.json").read_text())
    (run / "simulation.json").write_text(json.dumps(asked | {"folds": 1, "parts": {"1": asked["parts"]["1"]}}))
    assert read_simulation(run).comparable() == ([(0, 1)], 4)
