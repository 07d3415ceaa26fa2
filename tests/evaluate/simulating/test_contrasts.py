"""Comparisons of strategies: corrected by hand values, paired in their draws, censored where a target is out of reach."""

import numpy as np
import pytest
from simulations import make_simulation

from medimg.evaluate.simulating import contrasts
from medimg.evaluate.simulating.grid import measure_all
from medimg.evaluate.simulating.simulation import read_simulation


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    run = make_simulation(tmp_path_factory.mktemp("sim") / "run", gain={"diverse": 0.8}, repeats=4)
    return measure_all(read_simulation(run))


def test_holm_by_hand():
    assert contrasts.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert contrasts.holm([0.5, 0.9, 0.02]) == pytest.approx([1.0, 1.0, 0.06])
    assert contrasts.holm([]) == []


def test_areas_are_those_of_each_cell_averaged_over_folds(grid):
    values, drawn = contrasts.areas(grid, "labels")
    cost, score = grid.fact("labels"), grid.values["auroc"]
    brute = np.trapezoid(score, cost, axis=1) / (cost[:, -1] - cost[:, 0])
    assert values == pytest.approx(brute)
    assert drawn.shape == (*values.shape, 300)
    row = next(row for row in contrasts.area_rows(grid) if (row["strategy"], row["axis"]) == ("diverse", "labels"))
    assert row["estimate"] == pytest.approx(brute[2].mean())  # as many repeats in every fold
    assert row["low"] < row["estimate"] < row["high"]


def test_patients_axis_ends_where_the_most_sparing_strategy_does(grid):
    row = next(row for row in contrasts.area_rows(grid) if (row["strategy"], row["axis"]) == ("random", "patients"))
    assert (row["from"], row["to"]) == (4, 16)


def test_draws_are_paired_so_a_difference_varies_less_than_its_parts(grid):
    values, drawn = contrasts.areas(grid, "labels")
    apart = [grid.sampler.mean(values[s], drawn[s])[1].std() for s in (0, 2)]
    together = grid.sampler.mean(values[2] - values[0], drawn[2] - drawn[0])[1].std()
    assert together < 0.7 * np.hypot(*apart)


def test_planted_strategy_differs_and_holm_is_within_each_family(grid):
    rows = contrasts.difference_rows(grid)
    assert all(row["against"] == "random" for row in rows)
    for what, axis, size in (("area", "labels", 2), ("area", "patients", 2), ("round", None, 8)):
        family = [row for row in rows if (row["what"], row["axis"]) == (what, axis)]
        assert len(family) == size
        assert [row["p_holm"] for row in family] == pytest.approx(contrasts.holm([row["p"] for row in family]))
    best = next(row for row in rows if (row["strategy"], row["what"], row["axis"]) == ("diverse", "area", "labels"))
    assert best["low"] > 0
    assert best["p_holm"] < 0.05


def test_target_out_of_reach_is_censored_and_not_a_number(grid):
    rows = {(row["strategy"], row["axis"]): row for row in contrasts.target_rows(grid, -0.4)}
    assert rows["random", "labels"]["estimate"] is None
    assert rows["random", "labels"]["reached"] == 0
    near = {(row["strategy"], row["axis"]): row for row in contrasts.target_rows(grid, 0.02)}
    assert near["diverse", "labels"]["estimate"] < near["random", "labels"]["end"]
    assert near["diverse", "labels"]["fewer_than_random"] > 0.9


def test_within_the_margin_needs_all_later_rounds_too(grid):
    rows = contrasts.full_rows(grid, 0.05)
    for name in grid.strategies:
        flags = [row["within"] for row in rows if row["strategy"] == name]
        assert flags == sorted(flags)
    assert any(row["within"] for row in rows)
    assert all(row["low"] > -0.05 for row in rows if row["within"])


def test_wins_ties_and_losses_add_up_and_mirror(grid):
    rows = {(row["strategy"], row["against"]): row for row in contrasts.win_rows(grid)}
    assert {row["wins"] + row["ties"] + row["losses"] for row in rows.values()} == {8}
    assert all(row["wins"] == rows[pair[::-1]]["losses"] for pair, row in rows.items())
    assert rows["diverse", "random"]["wins"] >= 7
