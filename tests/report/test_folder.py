"""Unfinished and damaged runs give a report that says so."""

import shutil
from pathlib import Path

import pytest
import yaml

from medimg.errors import RunError
from medimg.report import write_report
from medimg.report.folder import RunFolder


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (["metrics.json", "tables", "calibration.json"], "the evaluation has not been made"),
        (["split_proof.json"], "the proof that no patient is in two parts"),
        (["explain"], "No images: the explain stage"),
        (["stages"], "training curves"),
        (["flow.json", "environment.json"], "versions, seeds and device"),
        (["evaluation.json", "metrics.json", "tables", "explain", "calibration.json", "predictions", "flow.json"], "No results yet"),
        (["config.yaml", "cases.csv"], "the cohort table"),
    ],
)
def test_an_unfinished_run_gives_a_report_that_says_what_is_missing(run, lost, said):
    for name in lost:
        shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()
    text = write_report(run).read_text()
    assert said in text
    assert ("This run is not complete" in text) == (lost != ["stages"])


@pytest.mark.parametrize(("explain", "missed"), [(0, False), (2, True)])
def test_heat_maps_are_missed_only_where_they_were_asked_for(run, explain, missed):
    shutil.rmtree(run / "explain")
    config = yaml.safe_load((run / "config.yaml").read_text())
    (run / "config.yaml").write_text(yaml.safe_dump(config | {"evaluate": {"explain": explain}}))
    assert ("This run is not complete" in write_report(run).read_text()) is missed


def test_damaged_files_are_said_and_do_not_stop_the_report(run):
    for name in ("metrics.json", "flow.json", "tables/roc.csv", "config.yaml"):
        (run / name).write_text('{"half": [')
    (run / "tables" / "pr.csv").write_text("")
    text = write_report(run).read_text()
    assert text.count("(the file is damaged)") >= 4


def test_a_folder_that_is_no_run_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(RunError, match="not a run folder"):
        write_report(tmp_path)


def test_where_sequences_are_judged_together_an_image_is_a_place():
    assert RunFolder(Path()).unit("image") == "image"
    fused = RunFolder(Path(), evaluation={"fused": ["FLAIR", "T2"]})
    assert (fused.unit("image"), fused.unit("patient")) == ("place", "patient")
