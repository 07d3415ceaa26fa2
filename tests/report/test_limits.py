"""What a reader must know is derived from the run."""

import json

import pandas as pd

from medimg.report.cohort import judged_cases
from medimg.report.folder import RunFolder, read_run
from medimg.report.limits import limits


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


def test_a_note_that_brings_its_heading_stands_under_it(run):
    metrics = json.loads((run / "metrics.json").read_text())
    told = ["Phases, fold 1: one, as told.", "Generated images: none of a.", "Seed/fold 1/0: few cases."]
    (run / "metrics.json").write_text(json.dumps(metrics | {"notes": told}))
    assert limits(read_run(run))[-3:] == [("Phases, fold 1", "One, as told."), ("Generated images", "None of a."), ("Note", told[2])]


def test_a_run_without_anything_has_no_limits_made_up(tmp_path):
    assert limits(RunFolder(tmp_path)) == []
