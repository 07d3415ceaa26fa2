"""The recipe in stages, through the real program, small."""

import csv
import json
import shutil
import signal
import time

import fakes
import numpy as np
import pandas as pd
import pytest
import torch
from command import medimg, refused
from safetensors.torch import save_file

from .conftest import cases, made, newest, process, table

SMALL = [
    "experiment=thyroid_spect", "profile=smoke", "model.name=test_resnet", "trainer=cpu", "trainer.threads=1", "data.classes=[a,b,c]",
    "data.normalise=percentile", "data.field_mm=null", "generate.to=30", "generate.to_cross=30", "data.test_share=0.34",
    "data.val_share=0.25", "evaluate.explain=1", "logger.tensorboard=false",
]  # fmt: skip


def manifest_of(folder):
    """Three images of each of 36 patients with signs a, b or c; three of ten patients show a and b at once."""
    manifest = fakes.cohort(folder, patients=36, images=3, size=24, classes=("a", "b", "c"), multilabel=True)
    rows = list(csv.DictReader(manifest.open()))
    for row in rows:
        number = int(row["patient_id"][1:])
        row["label"] = "a|b" if number % 10 in (0, 3, 6) else "abc"[number % 3]
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
    (folder / "said.txt").write_text(answer.err)
    return folder, manifest, newest(folder / "runs")


@pytest.fixture
def here(staged, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(staged[0] / "home"))
    return staged


def test_every_stage_is_there_and_done(here):
    stages = {path.parent.name.partition("_seed")[0] for path in (here[2] / "stages").glob("*/done.json")}
    assert stages == {
        "0_2_dcgan", *(f"0_3_dcgan{k}" for k in range(4)), "0_4_srgan", "0_5_extend", "0_6_single", "0_7_by_real", "0_7_by_generated",
        "0_7_by_both", "0_8_judged", "0_9_montages", "1_train",
    }  # fmt: skip


def test_the_progress_of_each_training_says_which_it_is(here):
    told = [line.partition(": ")[0] for line in (here[0] / "said.txt").read_text().splitlines() if " of " in line]
    judges = {f"judge taught by {what} images" for what in ("real", "real and generated")}
    assert {"single signs", "several signs", *judges, "drawing, all", "enlarging"} <= {*told}
    assert "training" not in told
    page = (here[2] / "report.html").read_text()
    assert all(f">{name}</th>" in page for name in ("drawing, all", "drawing, a + b", "enlarging", "first phase", "second phase"))
    assert 'id="figure-generators"' in page


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


@pytest.mark.usefixtures("without_figures")
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


@pytest.mark.usefixtures("without_figures")
@pytest.mark.slow
def test_a_run_whose_generated_pictures_nobody_knows_any_more_is_judged_when_they_were_drawn_again(here, tmp_path):
    copy = shutil.copytree(here[2], tmp_path / "copy")
    (stage,) = copy.glob("stages/0_5_extend*")
    pixels = (stage / "pictures.npy").read_bytes()
    for path in (copy / "generated.csv", stage / "generated.csv"):
        path.unlink()
    told = refused("eval", copy, f"runs={tmp_path / 'again'}", code=5)
    assert "has no generated.csv" in told
    assert "resume=RUN" in told
    shutil.rmtree(stage)
    for command in (["train", f"resume={copy}"], ["eval", copy, f"runs={tmp_path / 'again'}"]):
        answer = medimg(*command)
        assert answer.code == 0, answer
    assert (stage / "pictures.npy").read_bytes() == pixels


@pytest.mark.usefixtures("without_figures")
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


FIVE = ("hyperthyroid", "subacute_thyroiditis", "reduced_uptake", "goitre", "normal")


def own_images(folder, kind):
    """A hospital's manifest without a column it need not have: five of the six classes, eight patients each, more images of goitre."""
    random, rows = np.random.default_rng(0), []
    y, x = np.mgrid[:24, :24] / 24
    for p in range(8 * len(FIVE)):
        label, patient = FIVE[p % len(FIVE)], f"P{p:03d}"
        for i in range(5 if label == "goitre" else 2):
            pixels = np.clip(40 + random.normal(0, 12, x.shape) + fakes.disc(x, y, p % len(FIVE), len(FIVE)), 0, 255)
            path = folder / f"{patient}_{i}.{kind}"
            if kind == "png":
                fakes.png(path, pixels.astype(np.uint8))
            else:
                plane = pixels.astype(np.uint16)[None]
                fakes.scintigram(path, plane, windows=1, detectors=1, size=24, spacing_mm=8.0, patient=patient)
            rows.append({"image": path.name, "patient_id": patient, "label": label})
    return fakes.table(folder / "manifest.csv", rows)


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("kind", ["png", pytest.param("dcm", marks=pytest.mark.slow)])
def test_own_images_of_five_of_the_six_classes_and_none_of_two_run_through_with_words_about_what_is_skipped(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "home"))
    asked = [
        "experiment=thyroid_spect", "profile=smoke", "model.name=test_resnet", "trainer=cpu", "trainer.threads=1",
        f"runs={tmp_path / 'runs'}", f"data.manifest={own_images(tmp_path / kind, kind)}", "data.subgroups=[]", "generate.to=20",
        "report.images=false",
    ]  # fmt: skip
    told = refused("train", *asked)
    assert f"no image that can be used is labelled nodule. Leave it out: 'data.classes=[{','.join(FIVE)}]'." in told
    one_phase = "Phases: one, as no training image shows several signs"
    assert one_phase in medimg("check", *asked, f"data.classes=[{','.join(FIVE)}]").err
    answer = medimg("train", *asked, f"data.classes=[{','.join(FIVE)}]")
    assert answer.code == 0, answer
    assert one_phase in answer.err.partition("drawing, all")[0]
    assert one_phase in " ".join(answer.out.split())
    run = newest(tmp_path / "runs")
    stages = {path.name.partition("_seed")[0] for path in (run / "stages").iterdir()}
    assert not stages & {"0_6_single", "0_7_by_generated", "0_9_montages"}
    notes = json.loads((run / "metrics.json").read_text())["notes"]
    assert any(note.startswith(one_phase) for note in notes)
    assert set(pd.read_csv(run / "generated.csv")["label"]) == set(FIVE) - {"goitre"}  # of which there are real ones enough
    assert "goitre: not generated" in (run / "report.html").read_text()
    answer = medimg("train", f"resume={run}", "report.images=true")
    assert answer.code == 0, answer
    assert len(list((run / "generated").glob("*.png"))) == 4


@pytest.mark.slow
def test_two_seeds_and_a_fold_of_three_channels_have_generators_of_their_own(here, tmp_path):
    answer = medimg("train", *words(here[1], tmp_path, "data.folds=2", "data.fold=[1]", "seeds=[1,2]", "model.channels=3"))
    assert answer.code == 0, answer
    run = newest(tmp_path)
    pictures, donors, split = (pd.read_csv(run / f"{name}.csv") for name in ("generated", "donors", "split"))
    assert set(zip(pictures["seed"], pictures["fold"], strict=True)) == {(1, 1), (2, 1)}
    assert pictures["id"].is_unique
    facts = split.merge(pd.read_csv(run / "cases.csv")[["id", "patient"]], on="id")
    taught = facts["patient"][(facts["fold"] == 1) & (facts["part"] == "train")]
    assert set(donors["patient"]) <= set(taught)
    assert {(row["seed"], row["fold"]) for row in cases(run)} == {("1", "1"), ("2", "1")}
    assert set(pd.read_csv(run / "tables" / "generated.csv")["seed"]) == {1, 2}
    assert medimg("eval", run, f"runs={tmp_path / 'again'}").code == 0
    assert table(made(tmp_path / "again")) == table(run)


@pytest.mark.usefixtures("without_figures")
def test_weights_that_do_not_fit_are_told_before_anything_is_trained(here, tmp_path):
    save_file({"layer.weight": torch.ones(3, 3)}, tmp_path / "other.safetensors")
    asked = words(here[1], tmp_path / "runs", f"generate.sr_perceptual={tmp_path / 'other.safetensors'}")
    for command in ("check", "train"):
        assert "none of its 1 tensors fits" in refused(command, *asked)
    assert not list((tmp_path / "runs").rglob("stages/0_*"))


@pytest.mark.usefixtures("without_figures")
def test_nothing_is_generated_where_nothing_is_asked_for(here, tmp_path):
    answer = medimg("train", *words(here[1], tmp_path, "generate.to=0", "generate.to_cross=0", "phases.count=1"))
    assert answer.code == 0, answer
    run = newest(tmp_path)
    assert [path.name.partition("_seed")[0] for path in (run / "stages").iterdir()] == ["1_train"]
    assert not (run / "generated.csv").exists()


def test_fused_sequences_are_refused(here, tmp_path):
    assert "data.fuse" in refused("train", *words(here[1], tmp_path, "data.fuse=[FLAIR,T2]"))


# Each stage, and what shows that it is in the middle of its work.
OPEN = {
    **dict.fromkeys(("0_2_dcgan", "0_3_dcgan1", "0_4_srgan", "0_6_single", "1_train", "0_7_by_real"), "checkpoints/last-*.ckpt"),
    **dict.fromkeys(("0_5_extend", "0_8_judged", "0_9_montages"), "inputs.json"),
}  # fmt: skip


@pytest.mark.slow
def test_a_run_killed_in_every_kind_of_stage_and_continued_ends_with_the_same_bits(here, tmp_path):
    _, manifest, run = here
    target, killed = tmp_path / "runs" / "own" / "killed", set()
    for kind, sign in [*OPEN.items()] * 3:
        stage = target / "stages" / f"{kind}_seed1_fold0_member0"
        if kind in killed:
            continue
        if stage.exists():  # it was over before it could be killed, and is done anew
            shutil.rmtree(stage)
        resumes = (target / "config.yaml").exists()
        command = [f"resume={target}"] if resumes else words(manifest, tmp_path / "runs", "trainer.checkpoint_steps=1")
        started = process("train", *command, **({} if resumes else {"MEDIMG_RUN": str(target)}))
        while started.poll() is None and not any(stage.glob(sign)):
            time.sleep(0.0005)
        started.kill()
        if started.wait() == -signal.SIGKILL and not (stage / "done.json").exists():
            killed.add(kind)
    answer = medimg("train", f"resume={target}")
    assert answer.code == 0, answer
    assert killed == set(OPEN)
    for part in ("val", "test"):
        assert table(target, part) == table(run, part)
    (ours,), (theirs,) = ([*each.glob("stages/0_5_extend*/pictures.npy")] for each in (target, run))
    assert ours.read_bytes() == theirs.read_bytes()
