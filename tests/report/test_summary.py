"""The top of a report."""

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
    assert dict(tiles(read_run(runs["external"])))["Design"] == "external test"
