"""The program on a GPU; CI has none, so these are skipped there: `pytest -m gpu`."""

import csv
import json
import os
import signal
from pathlib import Path

import fakes
import numpy as np
import pytest
import torch
from command import medimg
from toys import ToyPictures

from medimg.models.backbones import build
from medimg.tasks.classify import Classify
from medimg.training.machine import Machine
from medimg.training.score import score

from .conftest import cases, newest, process, table, with_wrong_labels, words

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is seen here")]
EXACT = ["trainer.precision=bf16", "trainer.deterministic=true", "task.ema=0.9"]
SIMULATED = ["active.budget=4", "active.rounds=2", "active.init_size=8", "active.repeats=1", "active.compare=[entropy,bald]"]


def on_gpu(manifest, runs, *more, trainer="gpu"):
    return [f"trainer={trainer}" if word == "trainer=cpu" else word for word in words(manifest, runs, *more)]


@pytest.fixture
def manifest(tmp_path):
    return with_wrong_labels(fakes.cohort(tmp_path / "cohort", patients=24, size=24))


def done(*command):
    answer = medimg(*command)
    assert answer.code == 0, answer
    return answer


def machine_of(run):
    return json.loads((run / "environment.json").read_text())["machine"]


def stop_at(step, monkeypatch):
    """Send a real signal while a step of training computes."""
    made, steps = Classify.training_step, []

    def training_step(self, *given):
        steps.append(1)
        if len(steps) == step:
            signal.raise_signal(signal.SIGTERM)
        return made(self, *given)

    monkeypatch.setattr(Classify, "training_step", training_step)


def test_two_trainings_are_the_same_to_the_bit_and_so_is_one_that_was_stopped(manifest, tmp_path, monkeypatch):
    for name in ("one", "other"):
        done("train", *on_gpu(manifest, tmp_path / name, *EXACT))
    one = newest(tmp_path / "one")
    assert (machine_of(one)["accelerator"], machine_of(one)["precision"]) == ("gpu", "bf16")
    with monkeypatch.context() as patch:
        stop_at(2, patch)
        assert medimg("train", *on_gpu(manifest, tmp_path / "stopped", *EXACT)).code == 128 + signal.SIGTERM
    done("train", newest(tmp_path / "stopped"))
    for name in ("other", "stopped"):
        for part in ("val", "test"):
            assert table(newest(tmp_path / name), part) == table(one, part), (name, part)


@pytest.mark.parametrize("workers", [0, 2])
def test_grey_pictures_seen_as_three_channels_are_trained(workers, manifest, tmp_path):
    done("train", *on_gpu(manifest, tmp_path, "model.channels=3", f"trainer.workers={workers}"))
    assert (newest(tmp_path) / "report.html").is_file()


@pytest.mark.parametrize("name", ["resnet10t", "resnet18", "cnn_f"])
def test_the_same_weights_give_the_answers_of_the_processor(name, settled):
    torch.manual_seed(0)
    network, pictures = build(name, outputs=2), ToyPictures()
    pictures.image = torch.rand(len(pictures), 1, 128, 128)
    logits = []
    for accelerator in ("cpu", "gpu"):
        machine = Machine(accelerator, "fp32", "channels_last", 2, True, "test")
        machine.settle()
        logits.append(score(network, pictures, machine, batch_size=16))
    np.testing.assert_allclose(logits[1], logits[0], atol=1e-3, rtol=1e-3)
    assert np.ptp(logits[0], axis=0).min() > 0


def test_a_run_of_the_processor_is_judged_again_and_told_what_differs(finished, tmp_path):
    _, _, run = finished
    answer = done("eval", run, "trainer.accelerator=gpu", f"runs={tmp_path}", "--json")
    judged = Path(answer.json["run"])
    assert machine_of(judged)["accelerator"] == "gpu"
    assert "were trained elsewhere" in answer.err
    assert "accelerator: cpu then, gpu now" in answer.err
    near = [abs(float(one["p_a"]) - float(other["p_a"])) for one, other in zip(cases(judged), cases(run), strict=True)]
    assert max(near) < (1e-3 if machine_of(judged)["precision"] == machine_of(run)["precision"] == "fp32" else 0.05)


def test_a_run_begun_on_a_gpu_goes_on_where_there_is_none(manifest, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(2, patch)
        assert medimg("train", *on_gpu(manifest, tmp_path, trainer="auto")).code == 128 + signal.SIGTERM
    run = newest(tmp_path)
    assert machine_of(run)["accelerator"] == "gpu"
    resumed = process("train", run, CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "2"))
    _, told = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, told
    assert "accelerator: gpu then, cpu now" in told
    assert len(cases(run)) > 0


def test_a_simulation_of_two_rounds_ends_with_every_unit(manifest, tmp_path):
    command = on_gpu(manifest, tmp_path, *SIMULATED, "data.folds=2", "data.fold=[0]")
    keys = [word.partition("=")[0] for word in command]
    done("active-label", "--simulate", *(word for k, word in enumerate(command) if keys[k] not in keys[k + 1 :]))
    found = {path.stem for path in (newest(tmp_path) / "sim").glob("*.csv")}
    rounds = {f"r0_f0_{name}_n{number:02d}" for name in ("random", "random_patient", "entropy", "bald") for number in (1, 2)}
    assert found == {*rounds, "r0_f0_initial_n00", "r0_f0_full_n99"}
    for path in (newest(tmp_path) / "sim").glob("*.csv"):
        assert all(np.isfinite(float(row["p_a"])) for row in csv.DictReader(path.open()))
