import csv
import json
import random
import signal
import time
from pathlib import Path

import pytest
from command import medimg
from killed import Killed

from medimg.recipes.parts import finish

from .conftest import cases, copy_without_report, newest, process, table, words

EXPERIMENTS = sorted(path.stem for path in (Path(__file__).parents[2] / "configs" / "experiment").glob("*.yaml"))


def test_there_are_experiments_to_try():
    assert len(EXPERIMENTS) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_each_experiment_is_trained_for_two_steps_judged_and_reported(experiment, tmp_path):
    answer = medimg(
        "train",
        f"experiment={experiment}",
        "profile=smoke",
        "trainer=cpu",
        "trainer.epochs=2",
        "trainer.max_steps=2",
        f"runs={tmp_path}",
        "data.fold=[0]",
    )
    assert answer.code == 0, answer
    run = newest(tmp_path)
    stages = [*run.glob("stages/1_train_*"), *run.glob("stages/0_6_single_*")]  # not those that draw images, whose steps are their own
    rows = [json.loads(line) for stage in stages for line in (stage / "progress.jsonl").read_text().splitlines()]
    assert max(row["step"] for row in rows) == 2
    assert json.loads((run / "metrics.json").read_text())["headline"]
    assert "</html>" in (run / "report.html").read_text()


def test_a_run_holds_what_its_readers_need(finished):
    _, _, run = finished
    for name in (
        "config.yaml", "environment.json", "split.csv", "split_proof.json", "cases.csv", "flow.json", "refused.csv", "metrics.json",
        "calibration.json", "report.html", "predictions/val.csv", "explain/explain.json",
    ):  # fmt: skip
        assert (run / name).is_file(), name


def test_each_test_case_is_scored_once_with_probabilities_that_sum_to_one(finished):
    _, _, run = finished
    split = [row["id"] for row in csv.DictReader((run / "split.csv").open()) if row["part"] == "test"]
    assert sorted(row["id"] for row in cases(run)) == sorted(split)
    assert all(abs(float(row["p_a"]) + float(row["p_b"]) - 1) < 1e-8 for row in cases(run))


def test_a_run_killed_between_its_numbers_and_its_report_has_a_report_when_it_is_given_again(finished, monkeypatch, tmp_path):
    run = copy_without_report(finished[2], tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(finish, "write_report", Killed.here)
        with pytest.raises(Killed):
            medimg("train", run)
    assert (run / "metrics.json").is_file()
    assert not (run / "report.html").exists()
    assert medimg("train", run).code == 0
    assert "</html>" in (run / "report.html").read_text()


def test_no_path_and_no_patient_is_written_into_a_run(finished):
    folder, manifest, run = finished
    patients = {row["patient_id"] for row in csv.DictReader(manifest.open())}
    for path in run.rglob("*"):
        if path.suffix in (".csv", ".json", ".jsonl", ".txt", ".html", ".md") and path.name != "overrides.txt":
            text = path.read_text()
            assert f"{folder}/cohort/images" not in text, path
            assert not any(f'"{name}"' in text or f",{name}," in text for name in patients), path


@pytest.mark.usefixtures("without_figures")
def test_the_same_command_gives_the_same_bits(finished, tmp_path):
    _, manifest, run = finished
    assert medimg("train", *words(manifest, tmp_path)).code == 0
    for part in ("val", "test"):
        assert table(newest(tmp_path), part) == table(run, part)


def kill_after(seconds, *command, **environment):
    started = process(*command, **environment)
    try:
        started.communicate(timeout=seconds)
    except Exception:
        started.send_signal(signal.SIGKILL)
        started.communicate()
    return started.returncode


@pytest.mark.slow
def test_a_run_killed_anywhere_and_continued_has_the_table_of_the_run_never_stopped(finished, tmp_path):
    _, manifest, run = finished
    moments, kills = random.Random(time.time_ns()), 0
    target = tmp_path / "runs" / "own" / "killed"
    for latest in range(5, 29, 3):  # the first before any machine is done
        command = ("train", *words(manifest, tmp_path / "runs", "trainer.checkpoint_steps=1"))
        resumes = (target / "config.yaml").exists()
        environment = {} if resumes else {"MEDIMG_RUN": str(target)}
        kills += (
            kill_after(moments.uniform(2, latest), *(("train", f"resume={target}") if resumes else command), **environment)
            == -signal.SIGKILL
        )
    answer = medimg("train", f"resume={target}")
    assert answer.code == 0, answer
    assert kills
    for part in ("val", "test"):
        assert table(target, part) == table(run, part)


@pytest.mark.slow
def test_two_processes_train_and_score_each_case_once(finished, tmp_path):
    _, manifest, _ = finished
    started = process("train", *words(manifest, tmp_path, "trainer.strategy=ddp", "trainer.devices=2"))
    assert started.wait(400) == 0, started.stderr.read()
    run = newest(tmp_path)
    split = [row["id"] for row in csv.DictReader((run / "split.csv").open()) if row["part"] == "test"]
    assert sorted(row["id"] for row in cases(run)) == sorted(split)
    assert json.loads((run / "environment.json").read_text())["processes"] == 2
