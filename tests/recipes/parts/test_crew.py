"""Workers of a few lines instead of trainings: heard, waited for, stopped together."""

import os
import signal
import subprocess
import sys
import time

import pytest

from medimg.errors import Interrupted, LeakError
from medimg.recipes.parts import crew

FAILS = 'print(\'{"exit_code": 5, "kind": "LeakError", "faults": ["a patient is known."]}\'); raise SystemExit(5)'
SPEAKS = "import sys; print('r0_f0: 3 of 3', file=sys.stderr)"
KILLED = "import os; os.kill(os.getpid(), 9)"
SLEEPS = "import time; time.sleep(600)"


@pytest.fixture
def workers(monkeypatch):
    """Let the next workers be these programs; returns the processes."""
    started = []

    def let(*programs):
        left = list(programs)

        def start(run, threads, screen):
            process = subprocess.Popen([sys.executable, "-c", left.pop(0)], stdout=subprocess.PIPE, stderr=screen)
            started.append(process)
            return process

        monkeypatch.setattr(crew, "_start", start)
        return started

    return let


def test_what_workers_say_is_heard_and_one_that_is_killed_is_told(workers, tmp_path, capsys):
    workers(SPEAKS, KILLED)
    assert crew.work_together(tmp_path, 2, 1) == 1
    told = capsys.readouterr().err
    assert "r0_f0: 3 of 3" in told
    assert "worker 2 was killed (signal 9)" in told


def test_a_worker_that_fails_ends_all_with_its_code_and_message(workers, tmp_path):
    started = workers(SLEEPS, FAILS)
    with pytest.raises(LeakError, match="worker 2: a patient is known") as fault:
        crew.work_together(tmp_path, 2, 1)
    assert fault.value.exit_code == 5
    assert started[0].returncode == -signal.SIGTERM


def test_a_worker_that_ends_without_a_word_still_has_its_exit_code(workers, tmp_path):
    workers("raise SystemExit(143)")
    with pytest.raises(crew.RunError, match="exit code 143") as fault:
        crew.work_together(tmp_path, 1, 1)
    assert fault.value.exit_code == 143


def test_a_stopped_command_stops_its_workers(workers, tmp_path, monkeypatch):
    started = workers(SLEEPS, SLEEPS)

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        crew.work_together(tmp_path, 2, 1)
    assert [worker.returncode for worker in started] == [-signal.SIGTERM] * 2


def test_a_worker_whose_parent_is_gone_ends(monkeypatch):
    monkeypatch.setattr(crew.sys, "platform", "other")
    monkeypatch.setenv(crew.PARENT, str(os.getppid()))
    assert crew.is_worker()
    crew.follow_parent()
    monkeypatch.setenv(crew.PARENT, "1" if os.getppid() != 1 else "2")
    with pytest.raises(Interrupted):
        crew.follow_parent()
