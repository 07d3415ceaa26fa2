"""The top of a report."""

import pandas as pd

from medimg.report.checklists import checklist
from medimg.report.folder import RunFolder, read_run
from medimg.report.summary import tiles, verdict


def test_a_run_without_results_says_so(tmp_path):
    assert verdict(RunFolder(tmp_path)) == ["No results yet: this run has not been evaluated."]


def test_the_size_of_a_run_stands_in_its_tiles(runs):
    run = read_run(runs["binary"])
    shown = dict(tiles(run))
    assert shown["Patients"] == "40"
    assert shown["Images"] == str(len(run.cases))
    assert shown["Design"] == "5-fold cross-validation"
    assert shown["Seeds"] == "2"
    assert shown["Network"] == "resnet18, 32 px"
    assert dict(tiles(read_run(runs["external"])))["Design"] == "external test"


def test_the_sequences_of_a_run_stand_in_its_tiles_where_it_has_some(tmp_path):
    cases = pd.DataFrame({"id": ["a", "b", "c"], "patient": ["p", "p", "q"], "sequence": ["T2", "FLAIR", ""]})
    assert dict(tiles(RunFolder(tmp_path, cases=cases)))["Sequences"] == "FLAIR, T2"
    assert "Sequences" not in dict(tiles(RunFolder(tmp_path, cases=cases.assign(sequence=""))))


def test_a_cross_validation_of_which_some_folds_were_trained_is_not_told_as_whole(runs):
    run = read_run(runs["binary"])
    run.config["data"]["fold"] = [0, 3]
    assert dict(tiles(run))["Design"] == "2 of 5 folds"
    assert "By patient, 2 of 5 folds, a pure function of images and seed; see Split and its proof." in [
        item.answer for item in checklist("CLAIM", run)
    ]


def test_an_area_whose_interval_holds_that_of_guessing_is_not_shown_to_be_better(tmp_path):
    row = {
        "metric": "auroc",
        "scope": "all",
        "level": "image",
        "aggregate": "single",
        "estimate": 0.61,
        "high": 0.8,
        "n": 20,
        "patients": 10,
    }
    for low, said in ((0.45, True), (0.55, False)):
        run = RunFolder(tmp_path, metrics={"headline": row | {"low": low}, "rows": [row | {"low": low}]})
        assert ("0.61" in verdict(run)[0], "not shown better than guessing" in verdict(run)[0]) == (True, said)
