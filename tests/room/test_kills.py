"""The whole command killed again and again, at whatever it does: the project that comes out is the one never killed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from command import medimg
from projects import cohort, expert, words

from medimg.room.folder import Folder
from medimg.room.lock import holder
from medimg.room.store import Store

FLAGS = ["--headless", "--strategy", "entropy", "--max-rounds", "1"]


def process(*command):
    return subprocess.Popen([sys.executable, "-m", "medimg", *map(str, command)], env={**os.environ}, stderr=subprocess.DEVNULL)


def rounds(own):
    """What each round was trained on and what came of it."""
    return [(own.round(n).labels.read_text(), own.round(n).cases("val").read_text()) for n in (0, 1)]


def by_label(own):
    with Store.open(own.store, writer=False) as store:
        found = store.gold_labels()
    return dict(zip(found["item"], found["label"], strict=True))


def ended(own):
    """Whether the last round that was asked for is scored: a command given after that would go on with another."""
    if not own.store.is_file():
        return False
    with Store.open(own.store, writer=False) as store:
        return [one.state for one in store.rounds()][1:] == ["scored"]


@pytest.mark.slow
def test_a_project_killed_anywhere_is_the_project_never_killed(tmp_path, monkeypatch):
    manifest, truth = cohort(tmp_path / "cohort")
    runs, moments, kills = {name: tmp_path / name / "own" / "run" for name in ("whole", "killed")}, random.Random(time.time_ns()), 0
    for name, run in runs.items():
        monkeypatch.setenv("MEDIMG_RUN", str(run))
        command, own = ["active-label", *words(manifest, tmp_path / name), *FLAGS], Folder(run)
        while not ended(own):
            for _ in range(4 * (name == "killed")):
                started = process(*command)
                time.sleep(moments.uniform(0, 12))
                started.send_signal(signal.SIGKILL)
                started.communicate()
                kills += started.returncode == -signal.SIGKILL
                assert holder(own.lock) == {}
                if ended(own):
                    break
            else:
                assert medimg(*command).code in (0, 4)
            if not ended(own):
                expert(own, truth)
    whole, killed = (Folder(run) for run in runs.values())
    assert kills
    assert by_label(killed) == by_label(whole)
    assert [labels.count("\n") for labels, _ in rounds(killed)] == [labels.count("\n") for labels, _ in rounds(whole)]
    assert [val for _, val in rounds(killed)] == [val for _, val in rounds(whole)]
    with Store.open(killed.store, writer=False) as store:
        assert store.verify().ok
