"""Sweeps: Hydra makes the jobs, each is a process and a run of its own, and a stopped sweep goes on."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medimg.errors import ConfigError, Interrupted
from medimg.run import sweep as module
from medimg.run.sweep import sweep

SMOKE = ["experiment=encephalitis_glioma", "profile=smoke"]


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """Each job's command and environment, with a run that ends at once; `jobs.codes` are the exit codes to come."""
    monkeypatch.chdir(tmp_path)

    class Seen(list):
        codes = ()

    seen = Seen()

    def started(command, environment):
        seen.append((command, environment))
        run = Path(environment["MEDIMG_RUN"])
        for fold in (0, 1):
            (run / "stages" / f"1_train_fold{fold}").mkdir(parents=True, exist_ok=True)
            (run / "stages" / f"1_train_fold{fold}" / "best.json").write_text(json.dumps({"val/loss": 1 / len(seen) + fold}))
        (run / "stages" / "0_2_dcgan").mkdir(exist_ok=True)
        (run / "stages" / "0_2_dcgan" / "best.json").write_text(json.dumps({"step": 5}))  # what draws pictures has no such loss
        (run / "metrics.json").write_text(json.dumps({"headline": {"text": f"AUROC 0.{len(seen)}", "estimate": 0.9}}))
        return seen.codes[len(seen) - 1] if seen.codes else 0

    monkeypatch.setattr(module, "_started", started)
    return seen


def test_every_combination_is_an_ordinary_train_command(jobs, tmp_path):
    done = sweep([*SMOKE, "task.lr=0.1,0.01", "model=resnet18,resnet50", "data.classes=[a,b],[b,a]"])
    assert len(done) == len(jobs) == 8
    assert [job.number for job in done] == list(range(8))
    command = jobs[0][0]
    assert command[:4] == [sys.executable, "-m", "medimg", "train"]
    assert set(command[4:]) == {*SMOKE, "task.lr=0.1", "model=resnet18", "data.classes=[a,b]"}
    assert len({job.run for job in done}) == 8
    assert all(Path(job.run).parent == tmp_path / "runs" / "encephalitis_glioma" for job in done)
    assert done[2].headline == "AUROC 0.3"


def test_a_search_is_told_the_loss_on_validation_and_never_the_test(jobs, monkeypatch):
    told, real = [], module.job
    monkeypatch.setattr(module, "job", lambda config: told.append(real(config)) or told[-1])
    done = sweep([*SMOKE, "seed=1,2"])
    assert told == [job.val_loss for job in done] == [1.5, 1.0]


def test_a_failed_job_does_not_stop_the_others(jobs):
    jobs.codes = (2, 0)
    assert [job.exit_code for job in sweep([*SMOKE, "seed=1,2"])] == [2, 0]


def test_a_signal_stops_the_sweep_and_the_way_on_is_told(jobs, tmp_path):
    jobs.codes = (0, 143, 0)
    with pytest.raises(Interrupted) as caught:
        sweep([*SMOKE, "seed=1,2,3"])
    assert caught.value.exit_code == 128 + signal.SIGTERM
    folder = caught.value.faults[0].rpartition("hydra.sweep.dir=")[2]
    runs = [environment["MEDIMG_RUN"] for _, environment in jobs]
    jobs.codes = ()
    done = sweep([f"hydra.sweep.dir={folder}"])
    assert [job.run for job in done][:2] == runs
    assert len(done) == 3


def test_a_stopped_sweep_is_not_continued_with_other_words(jobs, tmp_path):
    sweep([*SMOKE, "seed=1,2"])
    (folder,) = (tmp_path / "runs" / "sweeps").iterdir()
    with pytest.raises(ConfigError, match="started with"):
        sweep([*SMOKE, "seed=1,3", f"hydra.sweep.dir={folder}"])
    with pytest.raises(ConfigError, match="no sweep"):
        sweep([*SMOKE, "hydra.sweep.dir=elsewhere"])


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("hydra/launcher=submitit_slrm", "cannot be set up"), ("hydra.run.dir=x", "only hydra/launcher"),
        ("hydra.launcher._target_=os.system", "only hydra/launcher"), ("resume=x", "no meaning"), ("x={a:1", "Quote it"),
        ("task.lr=interval(0.1,1)", "cannot be set up"), ("model=resnet18,resnet19", "cannot be set up"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_is_told(jobs, word, told):
    with pytest.raises(ConfigError) as caught:
        sweep([*SMOKE, word])
    assert told in " ".join(caught.value.faults)
    assert not jobs


def test_a_job_that_is_killed_counts_as_a_shell_does():
    assert module._started([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], {}) == 137
    assert module._started([sys.executable, "-c", "raise SystemExit(4)"], {}) == 4


def test_a_signal_to_the_sweep_lets_the_job_save_first(tmp_path):
    job = "import signal,time,sys,pathlib\\nsignal.signal(15, lambda *_: (pathlib.Path('saved').touch(), sys.exit(143)))\\nprint(1)\\n"
    code = (
        "import sys, signal\nfrom medimg.run.sweep import _started\nfrom medimg.errors import Interrupted\n"
        "def stop(n, _): raise Interrupted(n)\nsignal.signal(15, stop)\nprint('ready', flush=True)\n"
        f"_started([sys.executable, '-c', \"{job}pathlib.Path('started').touch()\\nwhile True: time.sleep(0.05)\"], {{}})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "started").exists():
        assert process.poll() is None, process.stderr.read()
    process.terminate()
    process.wait(timeout=30)
    assert (tmp_path / "saved").exists()
