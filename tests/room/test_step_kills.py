"""SIGKILL inside the closing of a round, its training and its scoring, one moment after the other: it becomes the round never killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command import medimg
from projects import cohort, expert, words

from medimg.room.folder import Folder
from medimg.room.store import Store

CLOSE = [
    ("medimg.room.labels:Snapshot.write", "before"), ("medimg.room.labels:Snapshot.write", "after"),
    ("medimg.room.project:write_labelled", "after"), ("medimg.room.store.rounds:_add_move", "after"),
    ("medimg.room.store.keeper:Keeper.now", "before"),
]  # fmt: skip
COPY = [("medimg.room.store.backups:_fill", "after"), ("medimg.room.store.backups:copy", "after")]
TRAIN = [
    ("medimg.room.rounds:read_snapshot", "after"), ("medimg.training.checkpoints:CheckpointFolder.save_checkpoint", "before"),
    ("medimg.training.checkpoints:CheckpointFolder.save_checkpoint", "after"),
    ("medimg.training.keeper:Keeper.on_train_epoch_end", "after"), ("medimg.recipes.rounds.learners:train_network", "after"),
]  # fmt: skip
SCORE = [
    ("medimg.recipes.rounds.learners:NetworkLearner._pool", "after"), ("medimg.recipes.rounds.state:State.write", "before"),
    ("medimg.recipes.rounds.state:State.write", "after"), ("medimg.room.rounds:write_cases", "after"),
    ("medimg.room.rounds:write_json", "before"), ("medimg.room.rounds:write_json", "after"), ("medimg.room.project:Project._end", "before"),
    ("medimg.room.project:history", "after"),
]  # fmt: skip

DRIVER = """
import importlib, json, os, signal, sys

import pytest
from projects import in_this_process

import medimg.cli.label, medimg.recipes.rounds.learners, medimg.room.project, medimg.room.report, medimg.room.rounds, medimg.training.fit
from medimg.cli import main

def die(place, when):
    module, _, names = place.partition(":")
    owner, (*outer, name) = importlib.import_module(module), names.split(".")
    for one in outer:
        owner = getattr(owner, one)
    real = getattr(owner, name)
    def call(*given, **more):
        if when == "after":
            real(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, call)

command = sys.argv[2:]
for moment in [*json.loads(sys.argv[1]), None]:
    child = os.fork()
    if not child:
        in_this_process(pytest.MonkeyPatch())
        if moment:
            die(*moment)
        os._exit(main(command))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def drive(moments, *command):
    """Run the command once for each moment, killed there, and once to its end; returns the exit codes."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    told = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(moments), *map(str, command)], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [int(line) for line in told.stdout.splitlines() if line.lstrip("-").isdigit()], told.stderr


@pytest.mark.slow
def test_a_round_killed_inside_close_train_and_score_is_the_round_never_killed(tmp_path):
    manifest, truth = cohort(tmp_path / "cohort", patients=12)
    found = {}
    for name, moments in (("whole", []), ("killed", [*CLOSE, *TRAIN, *SCORE])):
        given = words(manifest, tmp_path / name, "trainer.epochs=2", "trainer.checkpoint_steps=1")
        assert medimg("active-label", *given, "--headless").code == 4
        (store,) = (tmp_path / name).rglob("labels.sqlite")
        own = Folder(store.parents[1])
        expert(own, truth)
        codes, said = drive(moments, "active-label", own.run, "--headless", "--once")
        assert codes == [-signal.SIGKILL] * len(moments) + [0], said
        with Store.open(own.store, writer=False) as opened:
            labels, rounds = opened.gold_labels().set_index("item")["label"].sort_index().to_dict(), opened.rounds()
            assert opened.verify().ok
        assert [one.state for one in rounds] == ["scored"]
        assert (own.report / "report.html").is_file()
        facts = json.loads(own.round(0).facts.read_text())
        found[name] = labels, facts["weights_sha256"], facts["round_facts"], own.round(0).cases("val").read_text()
    assert found["killed"] == found["whole"]


@pytest.mark.parametrize("moment", COPY)
def test_a_copy_of_the_labels_that_was_killed_is_whole_or_not_there(moment, tmp_path):
    done = f"""
import os, signal, sys
from pathlib import Path
from medimg.room.store import backups
real = backups.{moment[0].partition(":")[2]}
def call(*given):
    real(*given)
    os.kill(os.getpid(), signal.SIGKILL)
backups.{moment[0].partition(":")[2]} = call
backups.copy(Path(sys.argv[1]))
"""
    import rooms

    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
        killed = subprocess.run([sys.executable, "-c", done, str(store.path)], check=False)
        assert killed.returncode == -signal.SIGKILL
        for copy in (store.path.parent / "backups").glob("*.sqlite"):
            with Store.open(copy, writer=True) as opened:
                assert len(opened.events()) == 1
        made = store.backup()
    assert [path.name for path in made.parent.iterdir() if path.name != ".lock"] == [made.name]
