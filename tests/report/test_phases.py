from types import SimpleNamespace

import pandas as pd

from medimg.report.phases import phases_table


def run_of(**tables):
    return SimpleNamespace(tables=tables, unit=lambda level: level)


def test_each_measure_stands_with_both_answers_and_the_signed_difference():
    row = {"shown": "one label", "metric": "exact_match", "n": 40, "patients": 38, "before": 0.5, "after": 0.6, "difference": 0.1}
    table = phases_table(run_of(phases=pd.DataFrame([row | {"low": 0.02, "high": 0.18, "undefined": None}])))
    (line,) = table.rows
    assert [cell.text for cell in line] == ["One label", "Exact match", "40", "38", "0.500", "0.600", "+0.100"]


def test_a_run_of_one_phase_has_no_such_table():
    assert not phases_table(run_of())
