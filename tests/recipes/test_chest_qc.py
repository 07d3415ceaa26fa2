"""Training, judging and going on through the real program, on small films whose organs are known."""

import csv
import json
import shutil

import fakes
import numpy as np
import pandas as pd
import pytest
import torch
import toy_outlines
from command import medimg, refused
from killed import Killed
from PIL import Image
from stops import StopAt

from medimg.errors import RunError
from medimg.recipes import chest_qc
from medimg.recipes.parts import one_segmenter
from medimg.recipes.parts.networks import best_of
from medimg.training.checkpoints import load_weights
from medimg.training.fit import fit

from .conftest import copy_without_report, newest, process

ORGANS = ("lung_r", "lung_l", "heart", "clavicle_r", "spine", "ribs_r")


def scores(run):
    return pd.read_csv(run / "predictions" / "test.csv", dtype={"id": str})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home, a manifest, and a finished run of each view on it."""
    folder = tmp_path_factory.mktemp("outlines")
    manifest = toy_outlines.cohort(folder / "films")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        for view in ("pa", "lateral"):
            answer = medimg("train", *toy_outlines.words(manifest, folder / view, f"view={view}"))
            assert answer.code == 0, answer
    return folder, manifest, newest(folder / "pa"), newest(folder / "lateral")


@pytest.fixture
def done(trained, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(trained[0] / "home"))
    return trained


def test_every_test_film_has_a_dice_of_each_organ_and_these_make_the_tables(done):
    _, _, run, lateral = done
    table, rows = scores(run), json.loads((run / "metrics.json").read_text())["rows"]
    split = pd.read_csv(run / "split.csv", dtype=str)
    assert set(table["id"]) == set(split.loc[split["part"] == "test", "id"])
    assert {f"dice_{organ}" for organ in ORGANS} <= set(table)
    mean = table[[name for name in table if name.startswith("dice_")]].mean().mean()
    assert rows[0]["metric"] == "mean_dice"
    assert rows[0]["estimate"] == pytest.approx(mean, abs=1e-6)
    assert {row["scope"] for row in rows} >= {f"organ={organ}" for organ in ORGANS}
    assert len((run / "tables" / "dice.csv").read_text().splitlines()) == len(rows) + 1
    assert "dice_lung_both" in scores(lateral)


def test_the_report_shows_dice_of_each_organ_and_the_worst_film_with_contours(done):
    page = (done[2] / "report.html").read_text()
    assert "Per organ" in page
    assert page.count("data:image/png") == 2
    assert "Training stages" in page
    (first,) = json.loads((done[2] / "explain" / "explain.json").read_text())
    assert first["id"] == pd.read_csv(done[2] / "tables" / "worst_films.csv", dtype={"id": str})["id"][0]


def test_no_patient_is_in_two_parts(done):
    run = done[2]
    split = pd.read_csv(run / "split.csv", dtype=str).merge(pd.read_csv(run / "cases.csv", dtype=str), on="id")
    assert split.groupby("patient")["part"].nunique().max() == 1
    assert set(split["part"]) == {"train", "val", "test"}
    assert set(split["view"]) == {"PA"}


def test_a_run_that_is_given_again_does_nothing_twice(done):
    run = done[2]
    before = {path: path.stat().st_mtime_ns for path in run.glob("stages/*/*")}
    assert medimg("train", f"resume={run}").code == 0
    assert {path: path.stat().st_mtime_ns for path in run.glob("stages/*/*")} == before


def test_a_killed_training_goes_on_to_the_same_numbers(done, monkeypatch, tmp_path):
    _, manifest, whole, _ = done
    with monkeypatch.context() as patch:
        patch.setattr(one_segmenter, "fit", lambda *words, **more: fit(*words, **more, extra=[StopAt(1)]))
        assert medimg("train", *toy_outlines.words(manifest, tmp_path, "view=pa")).code >= 128
    stopped = newest(tmp_path)
    assert not (stopped / "metrics.json").exists()
    assert medimg("train", f"resume={stopped}").code == 0
    pd.testing.assert_frame_equal(scores(stopped), scores(whole))


def test_a_run_killed_between_its_numbers_and_its_report_has_a_report_when_it_is_given_again(done, monkeypatch, tmp_path):
    run = copy_without_report(done[2], tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(chest_qc, "write_outline_report", Killed.here)
        with pytest.raises(Killed):
            medimg("train", f"resume={run}")
    assert (run / "metrics.json").is_file()
    assert not (run / "report.html").exists()
    assert medimg("train", f"resume={run}").code == 0
    assert "Per organ" in (run / "report.html").read_text()


def test_a_killed_training_does_not_go_on_with_other_masks_and_a_judgement_by_them_says_so(done, monkeypatch, tmp_path):
    manifest = toy_outlines.cohort(tmp_path / "films")
    with monkeypatch.context() as patch:
        patch.setattr(one_segmenter, "fit", lambda *words, **more: fit(*words, **more, extra=[StopAt(1)]))
        assert medimg("train", *toy_outlines.words(manifest, tmp_path / "runs", "view=pa")).code >= 128
    stopped, mask = newest(tmp_path / "runs"), tmp_path / "films" / "masks" / "p0pa_heart.png"
    drawn, kept = mask.read_bytes(), (stopped / "prepared.csv").read_bytes()
    with Image.open(mask) as picture:
        picture.rotate(90).save(mask)
    text = refused("train", f"resume={stopped}", code=RunError.exit_code)
    assert "films look otherwise or have other masks than when this run began" in text
    assert "(1 in all). Put their files back" in text
    assert (stopped / "prepared.csv").read_bytes() == kept
    mask.write_bytes(drawn)
    assert medimg("train", f"resume={stopped}").code == 0
    pd.testing.assert_frame_equal(scores(stopped), scores(done[2]))
    with Image.open(mask) as picture:
        picture.rotate(90).save(mask)
    answer = medimg("eval", stopped, f"runs={tmp_path / 'judged'}")
    assert answer.code == 0, answer
    notes = json.loads((newest_judgement(tmp_path / "judged") / "metrics.json").read_text())["notes"]
    assert notes == ["Another look or other masks than when the networks learned: 1 film; Dice goes by the films and masks of now."]


def test_judging_again_gives_the_same_dice(done, tmp_path):
    _, _, run, _ = done
    answer = medimg("eval", run, f"runs={tmp_path}", "--json")
    assert answer.code == 0, answer
    pd.testing.assert_frame_equal(scores(newest_judgement(tmp_path)), scores(run))


def test_a_judgement_is_written_where_medimg_run_says_and_never_over_something(done, tmp_path, monkeypatch):
    run, wanted = done[2], tmp_path / "judged" / "here"
    monkeypatch.setenv("MEDIMG_RUN", str(wanted))
    answer = medimg("eval", run, "--json")
    assert answer.code == 0, answer
    pd.testing.assert_frame_equal(scores(wanted), scores(run))
    assert (wanted / "overrides.txt").read_text().startswith(f"# medimg eval {run.name}\n")
    assert "MEDIMG_RUN" in refused("eval", run)


def newest_judgement(runs):
    (found,) = (path.parent for path in runs.rglob("metrics.json"))
    return found


def test_another_manifest_is_judged_whole_and_one_with_known_patients_is_refused(done, tmp_path):
    run = done[2]
    other = toy_outlines.cohort(tmp_path / "films", 3, lambda row: row | {"patient_id": f"new-{row['patient_id']}"})
    same = toy_outlines.cohort(tmp_path / "same", 1)
    assert "patient" in refused("eval", run, f"data.manifest={same}", f"runs={tmp_path}", code=5)
    for path in (tmp_path / "films").glob("*.dcm"):
        other_film(path)
    answer = medimg("eval", run, f"data.manifest={other}", f"runs={tmp_path}")
    assert answer.code == 0, answer
    assert len(scores(newest_judgement(tmp_path))) == 3


def test_a_run_starts_from_the_networks_of_another_and_remembers_what_they_know(done, tmp_path):
    run = done[2]
    manifest = toy_outlines.cohort(tmp_path / "films", 5, lambda row: row | {"patient_id": f"new-{row['patient_id']}"})
    for path in (tmp_path / "films").glob("*.dcm"):
        other_film(path)
    words = ["view=pa", f"model.weights={run}", "task.lr=1e-9", "trainer.epochs=1", "evaluate.explain=0"]
    answer = medimg("train", *toy_outlines.words(manifest, tmp_path / "runs", *words))
    assert answer.code == 0, answer
    later = newest(tmp_path / "runs")
    before, after = (load_weights(best_of(next(folder.glob("stages/1_train*")))) for folder in (run, later))
    learned = [name for name in before if "running" not in name and "num_batches" not in name]
    assert all(torch.allclose(before[name], after[name], atol=1e-5) for name in learned)
    (told,) = json.loads((later / "encoder" / "encoder.json").read_text()).values()
    assert (told["run"], told["head"]) == (run.name, True)
    assert "patient" in refused("eval", later, f"data.manifest={done[1]}", f"runs={tmp_path}", code=5)


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["split_seed=5"], "knows cases that fold 0 tests", 5),
        (["view.organs=[lung_r,lung_l]"], "outlines lung_r, lung_l, heart", 2),
        (["model.name=unet"], "that run trained model.name=ChestPAQC_10_3", 2),
    ],
)
def test_networks_that_may_not_be_started_from_are_refused(words, told, code, done, tmp_path):
    _, manifest, run, _ = done
    asked = toy_outlines.words(manifest, tmp_path, "view=pa", f"model.weights={run}", *words)
    assert told in refused("check", *asked, code=code)


def other_film(path):
    """Change a few pixels, and all that says which study a film is of."""
    import pydicom

    film = pydicom.dcmread(path)
    pixels = film.pixel_array.copy()
    pixels[:2, :2] += 1
    film.PixelData, film.PatientID = pixels.tobytes(), f"new-{film.PatientID}"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(film, keyword, f"{film[keyword].value}.9")
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    film.save_as(path)


def test_films_with_lungs_only_still_train(done, tmp_path):
    manifest = toy_outlines.cohort(tmp_path / "films", 6, lambda row: {k: "" if k == "mask_heart" else v for k, v in row.items()})
    answer = medimg("train", *toy_outlines.words(manifest, tmp_path / "runs", "view=pa", "evaluate.explain=0"))
    assert answer.code == 0, answer
    table = scores(newest(tmp_path / "runs"))
    assert table["dice_heart"].isna().all()
    assert table["dice_lung_r"].notna().all()
    assert "no test film shows this organ" in (newest(tmp_path / "runs") / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["view=frontal"], ["frontal", "pa"]),
        (["view.films=[]"], ["view=pa or view=lateral"]),
        (["model.name=resnet18"], ["no network that segments", "ChestPAQC_10_3"]),
        (["data.size=100"], ["data.size=100", "multiples of 64", "data.size=128"]),
        (["evaluate.mirror=true"], ["randomise.mirror=true"]),
        (["data.crop=foreground"], ["whole films"]),
        (["randomise.noise=3"], ["randomise.noise=3", "from 0 to 1"]),
        (["view.organs=[liver]"], ["no film of view PA or AP has a mask", "mask_liver"]),
    ],
)  # fmt: skip
def test_wrong_input_is_told_on_one_screen_and_leaves_no_run(done, tmp_path, words, told):
    text = refused("train", *toy_outlines.words(done[1], tmp_path / "runs", *words))
    assert [phrase for phrase in told if phrase not in text] == [], text
    assert not list((tmp_path / "runs").rglob("config.yaml"))


def test_check_tries_one_step_and_tells_a_mask_that_is_missing(done, tmp_path):
    assert medimg("check", *toy_outlines.words(done[1], tmp_path)).code == 0
    manifest = toy_outlines.cohort(tmp_path / "films", 2)
    (tmp_path / "films" / "masks" / "p0pa_heart.png").unlink()
    assert "column mask_heart: 1 file missing" in refused("check", *toy_outlines.words(manifest, tmp_path))


def test_its_networks_answer_no_question_about_single_images(done):
    assert "medimg qc run" in refused("predict", done[2], done[0] / "films" / "p0pa.dcm")


def qc(source, out, *words, code=0):
    answer = medimg("qc", "run", source, f"out={out}", "workers=1", "--json", *words)
    assert answer.code == code, answer
    return answer.json


@pytest.fixture(scope="module")
def bare(trained, tmp_path_factory):
    """A folder with the films of two patients, and without masks."""
    folder = tmp_path_factory.mktemp("bare")
    for path in sorted((trained[0] / "films").glob("p[01]*.dcm")):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def outlined(tmp_path_factory):
    """A manifest of one patient's two films, with masks; it lies beside their folder."""
    folder = tmp_path_factory.mktemp("outlined")
    rows = list(csv.DictReader(toy_outlines.cohort(folder / "films", 1).open()))
    (folder / "lists").mkdir()
    paths = [name for name in rows[0] if name == "image" or name.startswith("mask_")]
    there = [row | {name: f"../films/{row[name]}" for name in paths if row[name]} for row in rows]
    return fakes.table(folder / "lists" / "manifest.csv", there, [*rows[0]])


def films_of(out):
    with (out / "films.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_films_without_masks_are_judged_by_the_networks_of_both_views_whatever_the_batch(done, bare, tmp_path):
    _, _, pa, lateral = done
    for batch in (1, 3):
        told = qc(bare, tmp_path / str(batch), f"network={pa},{lateral}", f"batch={batch}")
        assert told["films"] == 4
    assert (tmp_path / "1" / "films.csv").read_bytes() == (tmp_path / "3" / "films.csv").read_bytes()
    assert (tmp_path / "1" / "rules.csv").read_bytes() == (tmp_path / "3" / "rules.csv").read_bytes()
    rows = films_of(tmp_path / "1")
    assert {row["view"] for row in rows} == {"PA", "LAT"}
    assert all("ChestPAQC_10_3" in row["model"] and "Chest2ViewQC_8_3" in row["model"] for row in rows)
    assert not any("no_organs" in row["notes"] for row in rows)


def test_a_view_without_a_network_is_left_to_a_person(done, bare, tmp_path):
    pa = done[2]
    qc(bare, tmp_path / "out", f"network={pa}")
    assert {row["view"]: "no_organs" in row["notes"] for row in films_of(tmp_path / "out")} == {"PA": False, "LAT": True}


def test_results_of_other_weights_are_not_mixed(done, bare, tmp_path):
    _, _, pa, lateral = done
    qc(bare, tmp_path / "out", f"network={pa}")
    assert "measured otherwise" in refused("qc", "run", bare, f"out={tmp_path / 'out'}", f"network={lateral}")


def test_two_networks_of_one_view_and_runs_of_other_kinds_are_refused(done, bare, tmp_path):
    pa = done[2]
    text = refused("qc", "run", bare, f"out={tmp_path / 'out'}", f"network={pa},{pa}")
    assert "one run for each view" in text
    assert "is not found" in refused("qc", "run", bare, f"out={tmp_path / 'out'}", "network=gone")
    assert "mirror=true" in refused("qc", "run", bare, f"out={tmp_path / 'out'}", f"network={pa}", "mirror=true")


def test_a_network_that_learned_films_prepared_otherwise_is_refused(done, bare, tmp_path):
    other = tmp_path / "older"
    shutil.copytree(done[2], other)
    (begun,) = other.glob("stages/1_train_*/inputs.json")
    told = json.loads(begun.read_text())
    told["inputs"]["prepare"]["version"] = 1
    begun.write_text(json.dumps(told))
    assert "prepared in another way" in refused("qc", "run", bare, f"out={tmp_path / 'out'}", f"network={other}")


def test_a_film_that_tells_no_view_is_taken_as_its_patient_lies_where_both_views_have_a_network(done, bare, tmp_path):
    import pydicom

    _, _, pa, lateral = done
    film = pydicom.dcmread(next(path for path in bare.iterdir() if "lat" in path.name))
    film.ViewPosition = ""
    (tmp_path / "films").mkdir()
    film.save_as(tmp_path / "films" / "a.dcm")
    assert qc(tmp_path / "films", tmp_path / "one", f"network={pa}", code=3)["skipped"] == {"not_applicable": 1}
    qc(tmp_path / "films", tmp_path / "both", f"network={pa},{lateral}")
    (row,) = films_of(tmp_path / "both")
    assert (row["view"], row["predicted_view"]) == ("LAT", "LAT")
    assert "view_by_orientation" in row["notes"]


def test_all_folds_of_a_run_are_judged_drawn_and_asked_together(done, bare, tmp_path):
    more = ["view=pa", "data.folds=2", "evaluate.explain=6"]
    assert medimg("train", *toy_outlines.words(done[1], tmp_path / "runs", *more)).code == 0
    run = newest(tmp_path / "runs")
    assert sorted(set(scores(run)["fold"])) == [0, 1]
    drawn = json.loads((run / "explain" / "explain.json").read_text())
    assert [film["id"] for film in drawn] == list(pd.read_csv(run / "tables" / "worst_films.csv", dtype={"id": str})["id"])
    assert medimg("eval", run, f"runs={tmp_path / 'judged'}").code == 0
    pd.testing.assert_frame_equal(scores(newest_judgement(tmp_path / "judged")), scores(run))
    qc(bare, tmp_path / "out", f"network={run}")
    assert all("ChestPAQC_10_3 x 2" in row["model"] for row in films_of(tmp_path / "out"))


def meanings(report):
    return {element.value.lower() for element in report.iterall() if element.keyword == "CodeMeaning"}


def test_objects_of_each_film_say_its_verdict(outlined, tmp_path):
    pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
    import pydicom

    out = tmp_path / "out"
    told = qc(outlined, out, "dicom=true")
    rows = {row["film"]: row for row in films_of(out)}
    assert told["dicom"] == {"objects": len(list((out / "dicom").iterdir())), "without": 0, "sent": {}}
    for film, row in rows.items():
        report = pydicom.dcmread(out / "dicom" / f"{film}-sr.dcm")
        assert row["verdict"] in {element.value for element in report.iterall() if element.keyword == "TextValue"} | meanings(report)
        assert (out / "dicom" / f"{film}-seg.dcm").is_file()
        assert (out / "dicom" / f"{film}-ko.dcm").is_file() == (row["verdict"] == "fail")


def test_masks_in_objects_are_those_that_were_measured_also_after_a_run_without_objects(outlined, tmp_path):
    pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
    import pydicom

    out = tmp_path / "out"
    assert "dicom" not in qc(outlined, out)
    before = (out / "rules.csv").read_bytes()
    qc(outlined, out, "dicom=true")
    assert (out / "rules.csv").read_bytes() == before
    film = next(row["film"] for row in films_of(out) if row["view"] == "PA")
    found = pydicom.dcmread(out / "dicom" / f"{film}-seg.dcm")
    assert found.SegmentSequence[0].SegmentAlgorithmType == "MANUAL"
    assert np.any(found.pixel_array)
    rows = [row for row in csv.DictReader(outlined.open()) if row["view"] == "PA"]
    qc(fakes.table(outlined.with_name("fewer.csv"), rows, [*rows[0]]), out, "dicom=true")
    assert {path.name.partition("-")[0] for path in (out / "dicom").iterdir()} == {film}


def test_objects_that_an_archive_does_not_take_are_told_with_exit_code_3(outlined, tmp_path):
    pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
    told = qc(outlined, tmp_path / "out", "dicom=true", "send.url=http://127.0.0.1:9/dicom-web", code=3)
    assert set(told["dicom"]["sent"]) == {"unreachable"}
    with (tmp_path / "out" / "dicom.csv").open() as stream:
        assert {row["state"] for row in csv.DictReader(stream)} == {"unreachable"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dicom=true", "send.host=archive"], "send.port, send.aet: missing"),
        (["send.url=https://archive/dicom-web"], "dicom=true"),
        (["dicom=true", "send.url=archive"], "root of a DICOMweb service"),
        (["dicom=true", "send.host=a", "send.port=70000", "send.aet=A"], "a port from 1 to 65535"),
        (["dicom=true", "send.host=a", "send.port=104", "send.aet=MUCHTOOLONGANAETITLE"], "16 letters"),
        (["mirror=true"], "network=RUN"),
    ],
)
def test_wrong_options_are_told_before_any_film_is_read(outlined, tmp_path, words, told):
    assert told in refused("qc", "run", outlined, f"out={tmp_path / 'out'}", *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_train_and_judge_each_film_once(done, tmp_path):
    two = ["trainer.strategy=ddp", "trainer.devices=2", "trainer.batch_size=2"]
    started = process("train", *toy_outlines.words(done[1], tmp_path / "runs", "view=pa", *two))
    assert started.wait(400) == 0, started.stderr.read()
    run = newest(tmp_path / "runs")
    split = pd.read_csv(run / "split.csv", dtype=str)
    assert sorted(scores(run)["id"]) == sorted(split.loc[split["part"] == "test", "id"])
    judging = process("eval", run, f"runs={tmp_path / 'judged'}", *two)
    assert judging.wait(400) == 0, judging.stderr.read()
    pd.testing.assert_frame_equal(scores(newest_judgement(tmp_path / "judged")), scores(run))


@pytest.mark.slow
def test_built_in_films_go_from_nothing_to_verdicts(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "home"))
    runs = []
    for view in ("pa", "lateral"):
        small = ["experiment=chest_qc", "profile=smoke", f"view={view}", "data.size=64", "trainer=cpu", f"runs={tmp_path / view}"]
        answer = medimg("train", *small)
        assert answer.code == 0, answer
        runs.append(str(newest(tmp_path / view)))
    (films,) = (tmp_path / "home" / "cache" / "phantoms").glob("chest_training-*/images")
    told = qc(films, tmp_path / "out", f"network={','.join(runs)}")
    assert told["films"] == told["files"] == 12
    assert {row["view"] for row in films_of(tmp_path / "out")} == {"PA", "LAT"}
