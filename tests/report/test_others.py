"""A run beside others, and a fused run with fewer sequences."""

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.others import against_table, fewer_table, records

ROW = {"level": "patient", "n": 60, "patients": 60}


def run(tmp_path, **tables):
    frames = {name: pd.DataFrame([row]) for name, row in tables.items()}
    return RunFolder(
        tmp_path, tables=frames, metrics={"against": "Better than T2 alone: not shown."}, evaluation={"fused": ["FLAIR", "T2"]}
    )


def test_a_difference_has_its_sign_and_its_interval_and_the_verdict_stands_below(tmp_path):
    row = ROW | {"other": "T2 alone", "a": 0.9, "b": 0.85, "difference": 0.05, "low": -0.01, "high": 0.11, "aggregate": "mean_over_folds"}
    table = against_table(run(tmp_path, against=row))
    assert [cell.text for cell in table.rows[0]] == ["T2 alone", "60", "60", "0.900", "0.850", "+0.050"]
    assert table.rows[0][-1].small == "\u22120.010 to +0.110"
    assert table.note.startswith("Better than T2 alone: not shown.")


def test_fewer_sequences_stand_with_their_own_number_and_the_loss(tmp_path):
    row = ROW | {"sequences": "FLAIR", "level": "image", "estimate": 0.8, "low": 0.7, "high": 0.88, "difference": -0.1}
    table = fewer_table(run(tmp_path, fewer=row | {"difference_low": None, "difference_high": None}))
    assert [cell.text for cell in table.rows[0]] == ["FLAIR", "60", "0.800", "\u22120.100"]
    assert table.head == ["Sequences given", "Places", "AUROC per place", "Difference"]
    assert table.rows[0][-1].small == "no interval"


def test_a_table_without_a_needed_column_has_no_rows(tmp_path):
    some = run(tmp_path, against={"a": 1, "b": 2})
    assert records(some, "against", {"a"}) == records(some, "against") == [{"a": 1, "b": 2}]
    assert records(some, "against", {"a", "c"}) == records(some, "fewer") == []


def test_other_runs_have_no_such_table(tmp_path):
    assert not against_table(RunFolder(tmp_path))
    assert not fewer_table(RunFolder(tmp_path))
