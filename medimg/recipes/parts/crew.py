"""Worker processes that share one simulation: started by one command, stopped with it, heard on its screen."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from medimg import errors
from medimg.errors import Interrupted, MedimgError, RunError

PARENT = "MEDIMG_WORKER"  # in a worker's environment: the process that started it
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LOOK_SECONDS = 0.2
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def is_worker() -> bool:
    """Whether this process was started by another medimg, which speaks for it."""
    return PARENT in os.environ


def follow_parent() -> None:
    """Be ended with the process that started this one, even where that is killed; Interrupted if it is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGTERM)
    if os.getppid() != int(os.environ[PARENT]):
        raise Interrupted(signal.SIGTERM, "the command that started this worker is gone.")


def work_together(run: Path, count: int, threads: int) -> int:
    """Let `count` workers do what is left of a run, each with so many threads, and wait for them; returns how many were killed.

    A worker that fails ends all, with its exit code and message. One that is killed does not: the others do its work.
    """
    reading, writing = os.pipe()
    relay = threading.Thread(target=_relay, args=(reading,), daemon=True)
    relay.start()
    workers: list[subprocess.Popen[bytes]] = []
    try:
        workers += (_start(run, threads, writing) for _ in range(count))
        return _wait(workers)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            with worker:  # waits for its end, and closes the pipe
                pass
        os.close(writing)
        relay.join(LOOK_SECONDS)


def _start(run: Path, threads: int, screen: int) -> "subprocess.Popen[bytes]":
    """Start one in a session of its own, so that Ctrl-C reaches it through its parent alone, once."""
    environment = dict.fromkeys(THREADS, str(threads)) | os.environ | {PARENT: str(os.getpid()), "MEDIMG_RUN": str(run)}
    command = [sys.executable, "-m", "medimg", "active-label", "--simulate", "--json"]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=screen, start_new_session=True
    )


def _wait(workers: list["subprocess.Popen[bytes]"]) -> int:
    running, killed = dict(enumerate(workers, 1)), 0
    while running:
        for number, worker in list(running.items()):
            code = worker.poll()
            if code is None:
                continue
            del running[number]
            if code > 0:
                raise fault_of(f"worker {number}", code, worker.communicate()[0])
            if code < 0:
                killed += 1
                print(f"worker {number} was killed (signal {-code}); the others go on with its work", file=sys.stderr, flush=True)
        time.sleep(LOOK_SECONDS)
    return killed


def fault_of(who: str, code: int, said: bytes) -> MedimgError | Interrupted:
    """What a process printed as JSON before it ended with `code`, as the fault that it was; `who` says which process."""
    try:
        told: dict[str, Any] = json.loads(said)
        kind, faults = getattr(errors, told["kind"], RunError), list(told["faults"])
    except (ValueError, KeyError, TypeError):
        kind, faults = RunError, [f"it ended with exit code {code}."]
    faults[0] = f"{who}: {faults[0]}"
    fault = Interrupted(code - 128, *faults) if kind is Interrupted else kind(*faults)
    fault.exit_code = code
    return fault


def _relay(reading: int) -> None:
    """Show what the workers say, whole lines at a time."""
    with open(reading, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            sys.stderr.write(line)
            sys.stderr.flush()
