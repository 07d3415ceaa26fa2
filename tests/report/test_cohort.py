"""Patients, parts, flow and limits agree with the tables they come from."""

import json

import pandas as pd

from medimg.report.cohort import cohort_table, judged_cases, parts, parts_table, sizes
from medimg.report.flow import left_out, part_lines
from medimg.report.folder import read_run
from medimg.report.limits import limits


def test_counts_of_the_cohort_add_up(runs):
    run = read_run(runs["binary"])
    images, patients = sizes(run)
    blocks = [line for line in cohort_table(run).rows if line[1].text in ("glioma", "encephalitis")]
    assert sum(int(line[3].text) for line in blocks) == images == len(run.cases)
    assert sum(int(line[2].text) for line in blocks) == patients == 40


def test_parts_come_from_the_split_where_the_flow_does_not_tell(run):
    told = parts(read_run(run))
    flow = json.loads((run / "flow.json").read_text())
    (run / "flow.json").write_text(json.dumps(flow | {"parts": None}))
    assert parts(read_run(run)) == told
    assert len(parts_table(read_run(run)).rows) == 5


def test_each_image_left_out_is_told_once(run):
    flow = {"found": 100, "excluded_where": 5, "excluded_withdrawn": 1, "excluded_label": 0, "withdrawn_unknown": 2}
    (run / "flow.json").write_text(json.dumps(flow | {"refused": 3, "duplicate": 2, "excluded": 6, "used": 89, "unlabelled": 7}))
    assert sum(amount for _, amount in left_out(read_run(run))) == 11
    assert len(part_lines(read_run(run))) == 3


def test_limits_speak_of_the_patients_tested_and_not_of_those_trained_on(runs):
    run = read_run(runs["multilabel"])
    test = pd.read_csv(runs["multilabel"] / "predictions" / "test.csv")
    assert set(judged_cases(run)["id"]) == set(test["id"])
    assert f"{test['patient'].nunique()} test patients with {len(test)} images" in dict(limits(run))["Few patients"]


def test_a_site_wholly_below_the_rest_is_named(run):
    metrics = json.loads((run / "metrics.json").read_text())
    for row in metrics["rows"]:
        if row["scope"] == "site=east" and row["metric"] == "auroc":
            row |= {"estimate": 0.5, "low": 0.4, "high": 0.6}
    (run / "metrics.json").write_text(json.dumps(metrics))
    assert "site east: AUROC 0.400 to 0.600, wholly below" in dict(limits(read_run(run)))["Unequal groups"]
