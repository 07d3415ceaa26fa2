"""A training in a process of its own: what stops it is told here, and it never outlives the command that started it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from medimg.errors import RunError
from medimg.room.child import train_in_child
from medimg.room.folder import Folder


@pytest.fixture
def own(tmp_path):
    folder = Folder(tmp_path / "run")
    folder.round(3).path.mkdir(parents=True)
    return folder


def children():
    return set(Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text().split())


@pytest.mark.slow
def test_what_stopped_a_training_is_told_with_the_file_that_says_more(own):
    with pytest.raises(RunError) as caught:
        train_in_child(own.run, 3, "0" * 64)
    assert caught.value.faults[0].startswith("training of round 3: ")
    assert "no readable config.yaml" in caught.value.faults[0]
    assert "train.log" in caught.value.faults[-1]
    assert own.round(3).log.is_file()


def test_a_killed_training_is_told_and_one_that_is_left_alone_is_ended(own):
    others = children()

    def kill():
        (child,) = children() - others
        os.kill(int(child), signal.SIGKILL)

    with pytest.raises(RunError, match=r"was killed \(signal 9.*the same command goes on"):
        train_in_child(own.run, 3, "0" * 64, kill)

    def stop():
        started.update(children() - others)
        raise KeyboardInterrupt

    started: set[str] = set()
    with pytest.raises(KeyboardInterrupt):
        train_in_child(own.run, 3, "0" * 64, stop)
    assert started
    assert not started & children()


PARENT = """
import sys
from pathlib import Path
from medimg.room.child import train_in_child
train_in_child(Path(sys.argv[1]), 3, "0" * 64, lambda: print("running", flush=True))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a parent's death is told by Linux alone")
@pytest.mark.slow
def test_a_training_ends_with_a_command_that_was_killed(own):
    own.round(3).claim.touch()
    import fcntl

    with own.round(3).claim.open("a") as held:  # so that the child waits, and would for ever
        fcntl.flock(held, fcntl.LOCK_EX)
        parent = subprocess.Popen([sys.executable, "-c", PARENT, str(own.run)], stdout=subprocess.PIPE, text=True)
        assert parent.stdout.readline() == "running\n"
        (child,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        until = time.monotonic() + 240
        while time.monotonic() < until and "flock" not in _waits(child):
            time.sleep(0.2)
        parent.kill()
        parent.communicate()
        while Path(f"/proc/{child}").exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert not Path(f"/proc/{child}").exists()


def _waits(process):
    """The system call that a process waits in; flock where it waits for the claim."""
    try:
        call = Path(f"/proc/{process}/syscall").read_text().split()[0]
    except (OSError, IndexError):
        return ""
    return "flock" if call == "73" else call
