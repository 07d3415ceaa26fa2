"""Cells of a simulation's tables: marked only where interval and corrected p-value agree, open where a target is out of reach."""

import pytest

from medimg.report.simulating.learning_tables import difference_cell, targets_table


@pytest.mark.parametrize(
    ("low", "high", "p", "look"),
    [(0.01, 0.03, 0.01, "num good"), (0.01, 0.03, 0.2, "num"), (-0.03, -0.01, 0.01, "num bad"), (-0.01, 0.03, 0.01, "num")],
)
def test_a_difference_is_coloured_only_where_interval_and_p_agree(low, high, p, look):
    assert difference_cell({"estimate": (low + high) / 2, "low": low, "high": high, "p_holm": p}).look == look


def test_one_repeat_of_a_fold_gives_neither_colour_nor_p():
    cell = difference_cell({"estimate": 0.02, "low": 0.01, "high": 0.03, "p_holm": 0.01}, alone=True)
    assert (cell.look, cell.more, cell.small) == ("num", "", "+0.010 to +0.030")


def test_a_difference_without_interval_says_so():
    assert difference_cell({"estimate": 0.1, "low": None, "high": None, "p_holm": None}).small == "no interval"
    assert difference_cell(None).text == "–"


def test_a_target_out_of_reach_is_more_than_the_last_value():
    row = {
        "estimate": None,
        "low": 55.0,
        "high": None,
        "target": 0.9,
        "initial": 20.0,
        "end": 60.0,
        "reached": 0.1,
        "fewer_than_random": None,
    }
    targets = [{"strategy": "random", "axis": axis} | row for axis in ("labels", "patients")]
    table = targets_table({"strategies": ["random"], "targets": targets, "margin": 0.02})
    assert (table.rows[0][1].text, table.rows[0][1].small) == ("not reached", "55 to more than 60")
    assert table.rows[0][3].text == "10 %"
