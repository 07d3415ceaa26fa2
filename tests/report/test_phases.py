from types import SimpleNamespace

import pandas as pd

from medimg.report.phases import phases_table


def run_of(**tables):
    return SimpleNamespace(tables=tables, unit=lambda level: level, classes=["reduced_uptake"])


def test_each_measure_stands_with_both_answers_and_the_signed_difference():
    row = {"shown": "one label", "metric": "exact_match", "n": 40, "patients": 38, "before": 0.5, "after": 0.6, "difference": 0.1}
    table = phases_table(run_of(phases=pd.DataFrame([row | {"low": 0.02, "high": 0.18, "undefined": None}])))
    (line,) = table.rows
    assert [cell.text for cell in line] == ["One label", "Exact match", "40", "38", "0.500", "0.600", "+0.100"]


def test_a_difference_of_too_few_patients_says_so_where_its_interval_would_stand():
    row = {"shown": "several labels", "metric": "auroc", "n": 9, "patients": 9, "before": 0.5, "after": 0.6, "difference": 0.1}
    few = {"low": None, "high": None, "method": "too few patients for an interval: 9, at least 10 are needed", "undefined": None}
    assert phases_table(run_of(phases=pd.DataFrame([row | few]))).rows[0][-1].small == "too few patients"


def test_the_sensitivity_of_a_label_names_it():
    row = {"shown": "one label", "metric": "sensitivity", "n": 40, "patients": 38, "before": 0.5, "after": 0.4, "difference": -0.1}
    lines = phases_table(run_of(phases=pd.DataFrame([row | {"label": "reduced_uptake"}, row | {"metric": "auroc", "label": ""}]))).rows
    assert [line[1].text for line in lines] == ["Sensitivity, reduced uptake", "AUROC"]


def test_a_run_of_one_phase_has_no_such_table():
    assert not phases_table(run_of())


def test_a_measure_without_a_value_has_its_reason():
    row = {"shown": "several labels", "metric": "auroc", "n": 9, "patients": 9, "before": None, "after": None, "difference": None}
    table = phases_table(run_of(phases=pd.DataFrame([row | {"low": None, "high": None, "undefined": "no value for c"}])))
    assert [cell.text for cell in table.rows[0]][-3:] == ["–", "–", "undefined"]
    assert table.rows[0][-1].small == "no value for c"
