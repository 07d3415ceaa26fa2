"""A recipe is a list of stages: a finished one is skipped, an open one goes on, one whose inputs have changed is refused."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medimg.errors import Interrupted, RunError
from medimg.io.files import write_atomically
from medimg.training import ranks

_LOG = logging.getLogger("medimg")
_QUIET = {"file_only": True}  # for the run's log, not for the screen


def digest(inputs: Any) -> str:
    """Hash what a stage depends on: plain values, the same text for the same values."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


def stage(run: Path, name: str, inputs: dict[str, Any], work: Callable[[Path], None]) -> Path:
    """Do one stage in `stages/<name>` unless it was done with the same inputs; returns its folder.

    `inputs` are all that the result depends on, as plain values or hashes. RunError where other inputs began it.
    """
    folder = run / "stages" / name
    begun, done, wanted = folder / "inputs.json", folder / "done.json", digest(inputs)
    if ranks.rank() == 0:
        folder.mkdir(parents=True, exist_ok=True)
    ranks.barrier()
    if begun.is_file() and (before := json.loads(begun.read_text()))["sha256"] != wanted:
        changed = sorted(key for key in {*before["inputs"], *inputs} if digest(before["inputs"].get(key)) != digest(inputs.get(key)))
        raise RunError(f"stage {name} was begun with other inputs ({', '.join(changed)} changed). Start a new run, or undo the change.")
    ranks.barrier()
    if done.is_file():
        _LOG.info("stage %s is done already", name, extra=_QUIET)
        return folder
    _LOG.info("stage %s %s", name, "goes on" if begun.is_file() else "begins", extra=_QUIET)
    if ranks.rank() == 0:
        write_json(begun, {"sha256": wanted, "inputs": inputs})
    work(folder)
    ranks.barrier()
    if ranks.rank() == 0:
        write_json(done, {"sha256": wanted})
        _LOG.info("stage %s is done", name, extra=_QUIET)
    ranks.barrier()
    return folder


def begun_with(folder: Path) -> dict[str, Any]:
    """Read the inputs that a stage was begun with; {} where it was not."""
    begun = folder / "inputs.json"
    inputs: dict[str, Any] = json.loads(begun.read_text())["inputs"] if begun.is_file() else {}
    return inputs


def by_first(work: Callable[[], None]) -> None:
    """Let the first process work alone while the others wait; where it fails, all stop, none waits for ever."""
    fault: Exception | Interrupted | None = None
    if ranks.rank() == 0:
        try:
            work()
        except (Exception, Interrupted) as raised:
            fault = raised
    failed = any(ranks.gather(fault is not None))
    if fault:
        raise fault
    if failed:
        raise RunError("the first process has stopped at a fault; its own message says which.")


def forget_last(folder: Path) -> None:
    """Drop the last checkpoint of a finished training, with its optimiser; the best one stays."""
    from medimg.training.checkpoints import CheckpointFolder

    if ranks.rank() == 0:
        CheckpointFolder(folder / "checkpoints").drop("last")


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    write_atomically(path, (json.dumps(value, indent=1, default=str) + "\n").encode())
