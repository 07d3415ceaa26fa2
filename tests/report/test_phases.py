from types import SimpleNamespace

import pandas as pd

from medimg.report.phases import phases_table, phases_told


def run_of(**tables):
    return SimpleNamespace(tables=tables, unit=lambda level: level, classes=["reduced_uptake"], evaluation={})


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


def test_a_second_phase_that_changed_nothing_is_one_sentence():
    same = {"metric": "exact_match", "before": 0.5, "after": 0.5, "difference": 0.0}
    rows = [same | {"shown": "one label", "n": 40, "patients": 38}, same | {"shown": "all", "n": 49, "patients": 47}]
    lost = rows[0] | {"metric": "auroc", "before": None, "after": None, "difference": None, "undefined": "no value for c"}
    run = run_of(phases=pd.DataFrame([*rows, lost]))
    run.evaluation["notes"] = ["Phases: the second kept its start.", "Generated images: none."]
    assert not phases_table(run)
    assert phases_told(run) == [
        "Phases: the second kept its start.",
        "Every measure at the end is what it was after the first phase, on 49 test images of 47 patients.",
    ]
    changed = run_of(phases=pd.DataFrame([*rows, rows[0] | {"after": 0.6, "difference": 0.1}]))
    assert len(phases_table(changed).rows) == 3
    assert not phases_told(changed)
