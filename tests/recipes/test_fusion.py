"""Sequences judged together, through the real program."""

import json

import fakes
import numpy as np
import pandas as pd
import PIL.Image
import pytest
from command import medimg, refused

from .conftest import FUSED, cases, fused_words, made, newest, table


def test_each_place_is_judged_once_and_says_how_much_it_counts(fused):
    places = pd.read_csv(fused / "places.csv", dtype=str, keep_default_na=False)
    assert len(places) == 60
    assert set(places["sequences"]) == {"FLAIR+T1CE+T2", "FLAIR+T1CE"}
    assert sorted(row["id"] for row in cases(fused)) == sorted(places["id"])
    assert all(np.isfinite(float(row["log_weight"])) for row in cases(fused))


def test_the_split_is_that_of_the_images_and_of_the_single_sequence(brain, fused):
    split = pd.read_csv(fused / "split.csv", dtype=str)
    assert split["id"].nunique() == pd.read_csv(brain[1]).shape[0]
    single = pd.read_csv(newest(brain[0] / "single") / "split.csv", dtype=str)
    assert len(single.merge(split, on=["id", "fold", "member", "part"])) == len(single)


def test_numbers_are_told_by_the_sequences_that_are_there_and_with_fewer_given(fused):
    metrics = json.loads((fused / "metrics.json").read_text())
    assert {"sequences=FLAIR+T1CE+T2", "sequences=FLAIR+T1CE"} <= {row["scope"] for row in metrics["rows"]}
    assert any("judged together" in note for note in metrics["notes"])
    fewer = pd.read_csv(fused / "tables" / "fewer.csv")
    assert list(dict.fromkeys(fewer["sequences"])) == ["FLAIR", "T1CE", "T2", "FLAIR+T1CE", "FLAIR+T2", "T1CE+T2"]
    assert int(fewer.set_index(["sequences", "level"]).loc[("T2", "image"), "n"]) == 48


def test_the_report_says_whether_it_is_better_than_the_single_sequence(fused):
    told = json.loads((fused / "metrics.json").read_text())["against"]
    assert told.startswith("Better than T2 alone: ")
    page = (fused / "report.html").read_text()
    assert told.split(".")[0] in page
    assert "With fewer sequences" in page
    assert "Beside other runs" in page
    against = pd.read_csv(fused / "tables" / "against.csv").set_index("level")
    assert against.loc["image", "n"] == 48


def test_heat_maps_show_the_sequences_side_by_side(fused):
    told = json.loads((fused / "explain" / "explain.json").read_text())
    assert told
    for name in (name for case in told for name in (case["image"], case["overlay"]) if name):  # where nothing speaks there is no overlay
        assert PIL.Image.open(fused / "explain" / name).size == (3 * 32, 32)


@pytest.mark.usefixtures("without_figures")
def test_a_run_judged_again_has_the_same_table_and_goes_on_when_called_again(here, fused):
    assert medimg("train", f"resume={fused}").code == 0
    answer = medimg("eval", fused, f"runs={here[0] / 'again'}")
    assert answer.code == 0, answer
    assert table(made(here[0] / "again")) == table(fused)
    assert json.loads((made(here[0] / "again") / "metrics.json").read_text())["against"]


@pytest.mark.usefixtures("without_figures")
def test_another_manifest_is_judged_by_place_with_what_it_has(here, fused):
    manifest = fakes.brain(here[0] / "other", patients=6, first=50, sequences=("FLAIR", "T2"), seed=9)
    answer = medimg("eval", fused, f"data.manifest={manifest}", f"runs={here[0] / 'elsewhere'}")
    assert answer.code == 0, answer
    run = made(here[0] / "elsewhere")
    assert len({row["id"] for row in cases(run)}) == 18
    assert sorted(path.stem for path in (run / "predictions" / "fewer").iterdir()) == [
        "FLAIR", "FLAIR+T1CE", "FLAIR+T2", "T1CE+T2", "T2",
    ]  # fmt: skip
    assert json.loads((run / "metrics.json").read_text())["rows"]


def test_places_that_lack_a_sequence_are_refused_when_asked(here, tmp_path):
    said = refused("train", *fused_words(here[1], tmp_path, *FUSED, "data.missing=refuse"))
    assert "one of FLAIR, T1CE, T2 is not there at 12 of 60 places, in 4 patients" in said


def test_check_tries_the_fused_network(here, tmp_path):
    answer = medimg("check", *fused_words(here[1], tmp_path, *FUSED))
    assert answer.code == 0, answer


@pytest.mark.slow
def test_a_fused_network_learns_and_each_set_of_its_sequences_tells_the_classes_apart(tmp_path):
    manifest = fakes.brain(tmp_path / "cohort", patients=40)
    answer = medimg(
        "train", f"data.manifest={manifest}", f"runs={tmp_path / 'runs'}", "data.fuse=[FLAIR,T1CE,T2]", "data.size=32", "data.folds=2",
        "model.name=resnet10t", "augment=light", "augment.sequence_dropout=0.2", "task.lr=0.002", "task.ema=null", "trainer=cpu",
        "model.encoders=shared", "trainer.epochs=25", "trainer.batch_size=8", "trainer.threads=1", "evaluate.draws=200",
        "evaluate.explain=0",
    )  # fmt: skip
    assert answer.code == 0, answer
    run = newest(tmp_path / "runs")
    assert json.loads((run / "metrics.json").read_text())["headline"]["estimate"] > 0.95
    assert pd.read_csv(run / "tables" / "fewer.csv")["low"].min() > 0.5
