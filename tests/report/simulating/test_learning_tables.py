"""Cells of a simulation's tables: marked only where interval and corrected p-value agree, open where a target is out of reach."""

import pytest

from medimg.report.simulating.learning_tables import answers_table, difference_cell, scores_table, stops_table, targets_table


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


def test_what_is_needed_stands_with_its_share_of_the_pool():
    row = {"estimate": 266.0, "low": 200.0, "high": None, "target": 0.9, "initial": 20.0, "end": 300.0, "reached": 0.9}
    targets = [{"strategy": "random", "axis": axis} | row | {"estimate": need} for axis, need in (("labels", 266.0), ("patients", 51.0))]
    full = [{"metric": "auroc", "labels": 394.0, "patients": 51.0}]
    cells = targets_table({"strategies": ["random"], "targets": targets, "margin": 0.02, "full": full}).rows[0]
    assert [cell.text.replace("\u00a0", " ") for cell in cells[1:3]] == ["266 of 394 (68 %)", "51 of 51 (100 %)"]


def measured(classes):
    metrics = ("auroc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "brier", "patient_auroc")
    row = {"strategy": "random", "round": 0, "labels": 20.0, "estimate": 0.8, "low": 0.7, "high": 0.9, "method": "drawn", "undefined": None}
    return {
        "strategies": ["random"],
        "classes": classes,
        "units": {"rounds_used": 0},
        "full": [],
        "curves": [row | {"metric": m} for m in metrics],
    }


def test_scores_and_answers_are_two_tables_that_fit_a_page():
    tables = [make(measured(["a", "b"])) for make in (scores_table, answers_table)]
    assert [len(table.head) for table in tables] == [4, 5]
    assert "from 0, the best, to 1." in tables[0].note


def test_with_several_classes_no_measure_stands_twice_and_brier_has_its_range():
    assert "Sensitivity" not in answers_table(measured(["a", "b", "c"])).head
    assert "Balanced accuracy" in answers_table(measured(["a", "b", "c"])).head
    assert "from 0, the best, to 2." in scores_table(measured(["a", "b", "c"])).note


def test_only_stop_rules_that_could_stop_or_did_have_a_line():
    row = {
        "strategy": "random",
        "round": 4.0,
        "labels": 60.0,
        "labels_to_the_end": 60.0,
        "lost": 0.0,
        "low": None,
        "high": None,
        "method": "",
    }
    rows = [("stable", True, 0.0), ("max_labels", False, 0.0), ("pool_empty", False, 0.5)]
    table = stops_table({"stops": [row | {"rule": rule, "could": could, "stopped": stopped} for rule, could, stopped in rows]})
    assert [line[1].text for line in table.rows] == ["stable", "pool empty"]
    assert table.note.endswith("and so left out: max labels.")
