"""The grid of all units: the start shared, the draws shared, the full data at its own fold."""

import numpy as np
from simulations import make_simulation

from medimg.evaluate.simulating.grid import measure_all
from medimg.evaluate.simulating.simulation import read_simulation


def grid_of(folder, **asked):
    return measure_all(read_simulation(make_simulation(folder, draws=200, rounds=2, **asked)))


def test_all_strategies_begin_with_the_same_numbers_in_every_draw(tmp_path):
    grid = grid_of(tmp_path / "run")
    assert grid.values["auroc"].shape == (3, 3, 6)
    assert (grid.drawn["auroc"][0, 0] == grid.drawn["auroc"][2, 0]).all()
    assert (grid.drawn["auroc"][0, 1] != grid.drawn["auroc"][2, 1]).any()


def test_equal_predictions_of_two_strategies_differ_in_no_draw(tmp_path):
    run = make_simulation(tmp_path / "run", draws=200, rounds=1)
    for path in (run / "sim").glob("*_entropy_n01.csv"):
        path.write_text(path.with_name(path.name.replace("entropy", "random")).read_text())
    grid = measure_all(read_simulation(run))
    assert (grid.drawn["auroc"][0] == grid.drawn["auroc"][1]).all()


def test_a_full_training_of_one_repeat_stands_for_its_fold(tmp_path):
    grid = grid_of(tmp_path / "run", keep=lambda unit: unit["strategy"] != "full" or unit["repeat"] == 0)
    by_fold = [set(grid.full["auroc"][[cell[1] == fold for cell in grid.cells]]) for fold in (0, 1)]
    assert [len(values) for values in by_fold] == [1, 1]
    assert not grid_of(tmp_path / "none", keep=lambda unit: unit["strategy"] != "full" or unit["fold"] == 0).full


def test_facts_are_laid_out_like_the_measures(tmp_path):
    grid = grid_of(tmp_path / "run")
    assert np.array_equal(grid.fact("labels")[1, :, 0], [20, 30, 40])
