"""A run that starts from the networks of another: which it may use, what it keeps, and that no patient comes through."""

import csv
import hashlib
import json
import shutil

import fakes
import pytest
from command import medimg, refused

from ..conftest import newest, table, words

pytestmark = pytest.mark.usefixtures("without_figures")
STAGE = "1_train_seed1_fold0_member0"


def relabelled(manifest, old, new):
    """The same table with other words in it: patients, or labels."""
    manifest.write_text(manifest.read_text().replace(old, new))
    return manifest


@pytest.fixture(scope="session")
def other(tmp_path_factory):
    """Other patients, and another question."""
    manifest = fakes.cohort(tmp_path_factory.mktemp("other"), patients=24, size=24, seed=9)
    for old, new in (("P0", "Q0"), (",a,", ",benign,"), (",b,", ",malign,")):
        relabelled(manifest, old, new)
    return manifest


def begin(manifest, runs, source, *more):
    """One epoch from the source's weights; words in `more` replace the others."""
    said = words(manifest, runs, "trainer.epochs=1", "evaluate.explain=0", *([f"model.weights={source}"] if source else []), *more)
    return ("train", *{word.partition("=")[0]: word for word in said}.values())


def record(run, stage=STAGE):
    return json.loads((run / "encoder" / "encoder.json").read_text())[stage]


def test_the_encoder_of_another_question_is_taken_without_its_head(finished, other, tmp_path):
    _, _, source = finished
    assert medimg(*begin(other, tmp_path, source)).code == 0
    run, best = newest(tmp_path), json.loads((source / "stages" / STAGE / "best.json").read_text())["file"]
    told, sha256 = record(run), hashlib.sha256((source / "stages" / STAGE / "checkpoints" / best).read_bytes()).hexdigest()
    assert (told["head"], told["run"], told["network"], told["notes"]) == (False, source.name, STAGE, [])
    assert [check["found"] for check in told["checks"]] == [0] * 4
    assert told["checks"][0]["compared"] > 0
    assert json.loads((run / "stages" / STAGE / "inputs.json").read_text())["inputs"]["weights_sha256"] == told["sha256"] == sha256


def test_a_run_keeps_what_it_started_from_and_needs_the_source_no_more(finished, other, tmp_path):
    _, manifest, whole = finished
    source = shutil.copytree(whole, tmp_path / "source")
    assert medimg(*begin(other, tmp_path / "runs", source)).code == 0
    run = newest(tmp_path / "runs")
    shutil.rmtree(source)
    before = table(run)
    shutil.rmtree(run / "stages" / STAGE)
    assert medimg("train", f"resume={run}").code == 0
    assert table(run) == before
    assert medimg("eval", run, f"runs={tmp_path}").code == 0
    known = run / "encoder" / record(run)["cases"]
    tested = next(csv.DictReader((run / "stages" / STAGE / "test.csv").open()))["patient"]
    known.write_text(known.read_text() + f"{tested},,,\n")
    assert tested in refused("eval", run, f"runs={tmp_path}", code=5)
    assert tested in refused("train", f"resume={run}", code=5)
    assert medimg("predict", run, manifest.parent / "images" / "p000_0.png").code == 0


@pytest.mark.parametrize(("classes", "answers"), [("[b,a]", True), ("[a,c]", False)])
def test_a_source_answers_where_two_classes_are_in_common_in_whatever_order(classes, answers, finished, tmp_path):
    _, manifest, source = finished
    named = relabelled(shutil.copytree(manifest.parent, tmp_path / "cohort") / manifest.name, ",b,", ",b," if answers else ",c,")
    assert medimg(*begin(named, tmp_path, source, f"data.classes={classes}")).code == 0
    told = record(newest(tmp_path))
    assert (told["head"], told["answers"]) == (False, answers)


def test_the_same_question_on_the_same_split_goes_on_with_the_head(finished, tmp_path):
    _, manifest, source = finished
    assert medimg(*begin(manifest, tmp_path, source)).code == 0
    assert record(newest(tmp_path))["head"] is True


@pytest.mark.parametrize("named", ["run", "checkpoint"])
@pytest.mark.parametrize("verb", ["train", "check"])
def test_a_source_that_knows_tested_patients_stops_the_run_with_their_hashes(named, verb, finished, tmp_path):
    _, manifest, source = finished
    weights = source if named == "run" else next((source / "stages" / STAGE / "checkpoints").glob("best-*.ckpt"))
    text = refused(verb, *begin(manifest, tmp_path, weights, "split_seed=5")[1:], code=5)
    assert "each of its 1 networks knows cases that fold 0 tests" in text
    assert "no patients that taught the network" in text
    assert "anon-" in text
    assert not list(tmp_path.glob("own/*"))


def test_a_refused_source_of_other_sequences_is_told_how_runs_share_their_folds(finished, tmp_path):
    _, manifest, source = finished
    text = refused(*begin(manifest, tmp_path, source, "split_seed=5", "data.where={sequence:FLAIR}"), code=5)
    assert "share their folds with data.deal_over=[sequence] in both" in text


def test_the_same_pictures_under_other_patients_are_found(finished, tmp_path):
    folder, manifest, source = finished
    copy = shutil.copytree(folder / "cohort", tmp_path / "cohort") / manifest.name
    text = refused(*begin(relabelled(copy, "P0", "Q0"), tmp_path, source, "split_seed=5"), code=5)
    assert "no images that taught the network" in text
    assert "no patients" not in text


def test_under_another_key_patients_cannot_be_compared_and_the_run_says_so(finished, other, tmp_path, monkeypatch):
    _, manifest, source = finished
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "home"))
    assert medimg(*begin(other, tmp_path, source)).code == 0
    assert record(newest(tmp_path))["notes"] == ["patient overlap not provable, pixel overlap checked"]
    refused(*begin(manifest, tmp_path, source, "split_seed=5"), code=5)


def test_what_the_source_started_from_is_not_forgotten(finished, other, tmp_path):
    folder, manifest, first = finished
    assert medimg(*begin(other, tmp_path / "second", first)).code == 0
    second = newest(tmp_path / "second")
    assert "no patients" in refused(*begin(manifest, tmp_path / "third", second, "split_seed=5"), code=5)
    asked_alike = shutil.copytree(folder / "cohort", tmp_path / "cohort") / manifest.name
    relabelled(relabelled(asked_alike, ",a,", ",benign,"), ",b,", ",malign,")
    assert "no patients of the run" in refused("eval", second, f"data.manifest={asked_alike}", f"runs={tmp_path}", code=5)


def test_each_fold_starts_from_a_network_that_does_not_know_its_tests(finished, tmp_path):
    _, manifest, _ = finished
    assert medimg(*begin(manifest, tmp_path / "first", None, "data.folds=3")).code == 0
    assert medimg(*begin(manifest, tmp_path / "second", newest(tmp_path / "first"), "data.folds=3", "seed=7")).code == 0
    second = newest(tmp_path / "second")
    for fold in range(3):
        told = record(second, f"1_train_seed7_fold{fold}_member0")
        assert told["network"] == f"1_train_seed1_fold{fold}_member0"
        taught = {row["patient"] for row in csv.DictReader((second / "encoder" / told["cases"]).open())}
        tested = {row["patient"] for row in csv.DictReader((second / "stages" / f"1_train_seed7_fold{fold}_member0/test.csv").open())}
        assert tested
        assert not tested & taught


def test_a_damaged_or_unfinished_source_is_refused(finished, other, tmp_path):
    _, _, whole = finished
    source = shutil.copytree(whole, tmp_path / "source")
    best = next((source / "stages" / STAGE / "checkpoints").glob("best-*.ckpt"))
    best.write_bytes(best.read_bytes()[:-100])
    assert "is damaged" in refused(*begin(other, tmp_path / "runs", source))
    (source / "predictions" / "test.csv").unlink()
    assert "no finished networks" in refused(*begin(other, tmp_path / "runs", source))


def test_a_split_of_the_source_that_was_edited_proves_nothing(finished, other, tmp_path):
    _, _, whole = finished
    source = shutil.copytree(whole, tmp_path / "source")
    relabelled(source / "split.csv", ",train", ",test")
    assert "edited after it was proved" in refused(*begin(other, tmp_path / "runs", source), code=5)


@pytest.mark.parametrize(("key", "own", "theirs"), [("name", "test_resnet", "resnet14t"), ("cross", "none", "image")])
def test_a_source_of_another_architecture_is_refused_by_check(key, own, theirs, finished, other, tmp_path):
    _, _, whole = finished
    source = shutil.copytree(whole, tmp_path / "source")
    relabelled(source / "config.yaml", f"{key}: {own}", f"{key}: {theirs}")  # though every tensor fits
    text = refused("check", *begin(other, tmp_path, source)[1:])
    assert f"model.weights={source.name}: that run trained model.{key}={theirs}" in text
    assert f"Set model.{key}={theirs}, or start from a run with model.{key}={own}" in text


def test_only_the_classifier_learns_on_a_frozen_encoder(finished, other, tmp_path):
    import torch

    _, _, source = finished
    assert medimg(*begin(other, tmp_path, source, "task.freeze=encoder", "model.head=transfer", "task.lr_decay=0.8")).code == 0
    run = newest(tmp_path)
    networks = [
        torch.load(next((folder / "stages" / STAGE / "checkpoints").glob("best-*.ckpt")), weights_only=True)["network"]
        for folder in (source, run)
    ]
    encoder = [name for name in networks[1] if name.startswith("backbone.")]
    assert len(encoder) > 20
    assert all(torch.equal(networks[1][name], networks[0][name.removeprefix("backbone.")]) for name in encoder)
