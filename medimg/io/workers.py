"""Work on files in child processes that may run out of memory or time, or crash, without taking medimg along.

Each child is a plain `python -m medimg.io.workers`, so neither threads nor the caller's main module matter.
"""

import contextlib
import importlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

import medimg
from medimg.errors import MedimgError, UnreadableImage

START_SECONDS = 120.0
FEW = 32  # items below which starting processes costs more than it saves


@dataclass(frozen=True)
class Refused:
    """Why an item has no result; `lasting` if only a change of the file could mend it; `code`: the word of `UnreadableImage` for it."""

    reason: str
    lasting: bool = False
    code: str = "io_error"


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    pipe: Any
    item: int = -1
    ready: bool = False
    since: float = field(default_factory=time.monotonic)


def available_cpus() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_children(
    function: str, items: Iterable[Any], *, workers: int | None = None, seconds: float = 60.0, memory_mb: int = 4096
) -> Iterator[tuple[int, Any]]:
    """Call "module:function" on each item; yields (position, result or Refused) as they come.

    Items are drawn as children get free, so there may be any number of them; a child has its next item before its answer is handed on.
    Without items no child is started.
    `seconds` and `memory_mb` are limits for one item; a child that breaks them is replaced.
    """
    waiting: Iterator[tuple[int, Any]] = enumerate(items)
    if (first := next(waiting, None)) is None:
        return
    waiting = chain([first], waiting)
    there = len(items) if isinstance(items, Sized) else 16
    children = [_start(function, memory_mb) for _ in range(min(workers or available_cpus(), 16, there))]
    try:
        while children:
            ready = wait([child.pipe for child in children], timeout=1.0)
            for child in list(children):
                if child.pipe in ready or child.pipe.poll():  # it may have answered while the caller had its turn
                    answer, alive = _answer(child)
                elif time.monotonic() - child.since > (seconds if child.ready else START_SECONDS):
                    answer, alive = Refused(f"took longer than {seconds:g} s, so it was stopped"), False
                else:
                    continue
                done = child.item
                if not alive:
                    children.remove(child)
                    _stop(child)
                    if not child.ready:
                        raise RuntimeError("a child process for reading files did not start")
                    child = _start(function, memory_mb)
                    children.append(child)
                if child.ready and not _send_next(child, waiting):
                    children.remove(child)
                    _stop(child)
                if done >= 0:
                    yield done, answer
    finally:
        for child in children:
            _stop(child)


def each(function: str, items: Sequence[Any], *, few: int = FEW, **limits: Any) -> Iterator[tuple[int, Any]]:
    """As `in_children`, or, of fewer than `few` items, in this process and without its limits."""
    if len(items) >= few:
        yield from in_children(function, items, **limits)
        return
    call = _found(function)
    for place, item in enumerate(items):
        try:
            yield place, call(item)
        except UnreadableImage as fault:
            yield place, Refused(str(fault).removeprefix("image: "), True, fault.code)


def _found(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


def _send_next(child: _Child, waiting: Iterator[tuple[int, Any]]) -> bool:
    child.item, item = next(waiting, (-1, None))
    child.since = time.monotonic()
    if child.item >= 0:
        with contextlib.suppress(BrokenPipeError):  # a child that died meanwhile is found at the next wait
            child.pipe.send(item)
    return child.item >= 0


def _answer(child: _Child) -> tuple[Any, bool]:
    try:
        kind, value = child.pipe.recv()
    except (EOFError, OSError):
        return Refused("the decoder crashed: the file is damaged or hostile"), False
    child.ready = True
    return (Refused(*value) if kind == "refused" else value), True


def _start(function: str, memory_mb: int) -> _Child:
    here, there = Pipe()
    with there:
        handle = there.fileno()
        paths = [str(Path(medimg.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "medimg.io.workers", str(handle), function, str(memory_mb)],
            pass_fds=[handle],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
    return _Child(process, here)


def _stop(child: _Child) -> None:
    child.pipe.close()
    child.process.kill()
    child.process.wait()


def _serve(handle: int, function: str, memory_mb: int) -> None:
    """A child's life: ready, then one answer for each item, until the pipe closes."""
    call = _found(function)
    _limit(memory_mb)
    pipe: Any = Connection(handle)
    pipe.send(("ready", None))
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            pipe.send(_called(call, pipe.recv(), memory_mb))


def _called(call: Any, item: Any, memory_mb: int) -> tuple[str, Any]:
    try:
        return "result", call(item)
    except MedimgError as fault:
        return "refused", (str(fault).removeprefix("image: "), True, getattr(fault, "code", "io_error"))
    except MemoryError:
        return "refused", (f"needs more than {memory_mb} MB of memory",)
    except Exception as fault:  # its text may quote the file, so only its kind is told
        return "refused", (f"cannot be read ({type(fault).__name__})",)


def _limit(memory_mb: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        base = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (base + (memory_mb << 20),) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
