"""The recipe in stages, through the real program, small."""

import csv
import json
import random
import shutil
import signal
import time
from types import SimpleNamespace

import fakes
import numpy as np
import pandas as pd
import pytest
from command import medimg, refused

from medimg.recipes.thyroid import generator_inputs, single_signs, with_replay
from medimg.settings import Generate, Settings

from .conftest import cases, newest, process, table

SMALL = [
    "experiment=thyroid_spect", "profile=smoke", "trainer=cpu", "trainer.threads=1", "data.classes=[a,b,c]", "data.normalise=percentile",
    "data.field_mm=null", "generate.to=30", "generate.to_cross=30", "data.test_share=0.34", "data.val_share=0.34", "evaluate.explain=1",
    "logger.tensorboard=false",
]  # fmt: skip


def manifest_of(folder, crossed=True):
    """Four images of each of 30 patients with signs a, b or c; every fifth patient shows a and b at once."""
    manifest = fakes.cohort(folder, patients=30, images=4, size=24, classes=("a", "b", "c"), multilabel=True)
    rows = list(csv.DictReader(manifest.open()))
    for row in rows:
        number = int(row["patient_id"][1:])
        row["label"] = "a|b" if crossed and number % 5 == 0 else "abc"[number % 3]
    return fakes.table(manifest, rows)


def words(manifest, runs, *more):
    said = {word.partition("=")[0]: word for word in (*SMALL, *more)}
    return [f"data.manifest={manifest}", f"runs={runs}", *said.values()]


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("thyroid")
    manifest = manifest_of(folder / "cohort")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        answer = medimg("train", *words(manifest, folder / "runs"))
    assert answer.code == 0, answer
    return folder, manifest, newest(folder / "runs")


@pytest.fixture
def here(staged, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(staged[0] / "home"))
    return staged


def test_every_stage_is_there_and_done(here):
    stages = {path.parent.name.partition("_seed")[0] for path in (here[2] / "stages").glob("*/done.json")}
    assert stages == {
        "0_2_dcgan", *(f"0_3_dcgan{k}" for k in range(4)), "0_4_srgan", "0_5_extend", "0_6_single", "0_7_by_real", "0_7_by_generated",
        "0_7_by_both", "0_8_judged", "1_train",
    }  # fmt: skip


def test_each_generated_picture_names_those_who_stand_behind_it_and_none_of_them_is_tested(here):
    run = here[2]
    pictures, donors = pd.read_csv(run / "generated.csv"), pd.read_csv(run / "donors.csv")
    split, facts = pd.read_csv(run / "split.csv"), pd.read_csv(run / "cases.csv")
    parts = split.merge(facts[["id", "patient"]], on="id").groupby("patient")["part"].agg(set)
    assert set(pictures["label"]) == {"a", "b", "c", "a|b"}
    assert set(pictures["donors"]) == set(donors["donors"])
    assert all(parts[patient] == {"train"} for patient in donors["patient"])
    assert set(cases_ids(run)) == set(split["id"][split["part"] == "test"])


def cases_ids(run):
    return [row["id"] for row in cases(run)]


def test_a_fold_that_its_generated_pictures_have_seen_is_judged_by_nobody(here, tmp_path):
    _, _, run = here
    copy = shutil.copytree(run, tmp_path / "copy")
    facts, split = pd.read_csv(copy / "cases.csv"), pd.read_csv(copy / "split.csv")
    tested = facts["patient"][facts["id"].isin(split["id"][split["part"] == "test"])].iloc[0]
    donors = pd.read_csv(copy / "donors.csv")
    pd.concat([donors, donors.iloc[:1].assign(patient=tested)]).to_csv(copy / "donors.csv", index=False)
    answer = medimg("eval", copy, f"runs={tmp_path / 'again'}")
    assert answer.code == 5, answer
    assert f"{tested} (fold 0)" in answer.err


def test_a_run_judged_again_has_the_same_table(here, tmp_path):
    assert medimg("eval", here[2], f"runs={tmp_path}").code == 0
    (again,) = (path.parent for path in tmp_path.rglob("metrics.json"))
    assert table(again) == table(here[2])


def test_the_report_shows_what_was_generated_and_what_the_second_phase_changed(here):
    run = here[2]
    page = (run / "report.html").read_text()
    assert "Generated images" in page
    assert "After the first phase" in page
    phases = pd.read_csv(run / "tables" / "phases.csv")
    assert set(phases["shown"]) == {"one label", "several labels", "all"}
    assert set(pd.read_csv(run / "tables" / "real_test.csv")["trained_on"]) == {"real", "generated", "both"}
    assert len(list((run / "generated").glob("*.png"))) == 4
    shown = pd.read_csv(run / "tables" / "generated_test.csv").set_index("class")["shown"]
    assert shown.to_dict() == {"a": 2, "b": 2, "c": 2, "a|b": 2, "all": 8}
    assert "Not evidence" in page


def test_without_pictures_of_several_signs_there_is_one_phase_and_a_word_about_it(here, tmp_path):
    manifest = manifest_of(tmp_path / "cohort", crossed=False)
    answer = medimg("train", *words(manifest, tmp_path / "runs"))
    assert answer.code == 0, answer
    run = newest(tmp_path / "runs")
    assert not list((run / "stages").glob("0_6_single*"))
    assert any("one phase" in note for note in json.loads((run / "metrics.json").read_text())["notes"])


def test_nothing_is_generated_where_nothing_is_asked_for(here, tmp_path):
    answer = medimg("train", *words(here[1], tmp_path, "generate.to=0", "generate.to_cross=0", "phases.count=1"))
    assert answer.code == 0, answer
    run = newest(tmp_path)
    assert [path.name.partition("_seed")[0] for path in (run / "stages").iterdir()] == ["1_train"]
    assert not (run / "generated.csv").exists()


def test_fused_sequences_are_refused(here, tmp_path):
    assert "data.fuse" in refused("train", *words(here[1], tmp_path, "data.fuse=[FLAIR,T2]"))


def test_generators_depend_neither_on_how_many_pictures_are_drawn_nor_on_their_judges():
    cohort = SimpleNamespace(split_sha256="a", cache=SimpleNamespace(prepare=SimpleNamespace(spec={"size": 32, "crop": "none"})))

    def inputs(**how):
        return generator_inputs(Settings(generate=Generate(**how)), cohort, (1, 0, 0))

    assert inputs() == inputs(to=5, to_cross=0, test=3, judge=False, judge_epochs=2, enlarge=False)
    assert all(inputs() != inputs(**how) for how in ({"size": 16}, {"width": 8}, {"latent": 10}, {"sr_width": 8}, {"sr_blocks": 2}))


def test_the_second_phase_sees_all_of_several_signs_and_as_many_of_one_as_asked():
    labels = pd.Series(["a", "b", "a|b", "c", "b|c", "a"])
    assert list(single_signs(labels)) == [True, True, False, True, False, True]
    for replay, count in ((0, 2), (1, 4), (0.5, 3), (50, 6)):
        kept = with_replay(labels, replay=replay, seed=1)
        assert kept.sum() == count
        assert kept[[2, 4]].all()
    several = [tuple(np.flatnonzero(with_replay(labels, replay=1, seed=seed))) for seed in range(20)]
    assert len(set(several)) > 3


@pytest.mark.slow
def test_a_run_killed_in_any_stage_and_continued_ends_with_the_same_bits(here, tmp_path):
    _, manifest, run = here
    moments, target, kills = random.Random(time.time_ns()), tmp_path / "runs" / "own" / "killed", 0
    for _ in range(10):
        resumes = (target / "config.yaml").exists()
        command = [f"resume={target}"] if resumes else words(manifest, tmp_path / "runs", "trainer.checkpoint_steps=1")
        started = process("train", *command, **({} if resumes else {"MEDIMG_RUN": str(target)}))
        try:
            started.wait(moments.uniform(8, 25))
        except Exception:
            started.kill()
        kills += started.wait() == -signal.SIGKILL
    answer = medimg("train", f"resume={target}")
    assert answer.code == 0, answer
    assert kills
    for part in ("val", "test"):
        assert table(target, part) == table(run, part)
    (ours,), (theirs,) = ([*each.glob("stages/0_5_extend*/pictures.npy")] for each in (target, run))
    assert ours.read_bytes() == theirs.read_bytes()
