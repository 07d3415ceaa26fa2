"""Lets another process train a round while this one goes on serving the page."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from medimg.errors import RunError
from medimg.recipes.parts.crew import PARENT, fault_of
from medimg.room.folder import Folder

LOOK_SECONDS = 0.1


def train_in_child(run: Path, number: int, sha256: str, idle: Callable[[], None] = lambda: None) -> None:
    """Train round `number`, and wait; `idle` is called meanwhile. Raises what stopped the training, with the file that says more.

    The child ends with this process, also where this is killed, and goes on from its checkpoint when it is asked again.
    """
    folder = Folder(run).round(number)
    command = [sys.executable, "-m", "medimg.room.rounds", str(number), sha256]
    environment = os.environ | {PARENT: str(os.getpid()), "MEDIMG_RUN": str(run)}
    with folder.log.open("ab") as log:
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    try:
        while child.poll() is None:
            idle()
            time.sleep(LOOK_SECONDS)
    finally:
        child.terminate()
        with child:
            said = child.stdout.read() if child.stdout else b""
    if child.returncode > 0:
        fault = fault_of(f"training of round {number}", child.returncode, said)
        fault.faults.append(f"The labels are safe, and the round stays closed. More stands in {folder.log}.")
        raise fault
    if child.returncode < 0:
        raise RunError(
            f"training of round {number} was killed (signal {-child.returncode}; of 9 the usual reason is too little memory). "
            "The labels are safe; the same command goes on."
        )
