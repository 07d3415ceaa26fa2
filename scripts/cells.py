"""Cells of a paper's tables: each is an ordinary run, timed, trained or gone on with, several at once where asked. Not a command."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import pandas as pd
import torch
from torch import Tensor, nn

from medimg.errors import MedimgError
from medimg.run.compose import compose_to_look
from medimg.run.folder import stored_settings
from medimg.run.resume import MAY_CHANGE, flat
from medimg.training.machine import Machine
from medimg.validate import plain

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
Lines = list[dict[str, object]]
FREE = MAY_CHANGE | {"trainer.threads"}  # what changes no question: one of several runs at once begins with fewer threads
_UNDER_WAY: list[subprocess.Popen[bytes]] = []
_PREPARING = Lock()  # configurations are composed by a library that has one global state


def parser_of(text: str | None, profiles: Iterable[str]) -> argparse.ArgumentParser:
    """Give the options that every script of cells has; `more` are settings for every run."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(profiles), default="quick", help="size of the runs (quick: two cores)")
    parser.add_argument("--out", type=Path, help="folder of runs and tables (runs/NAME OF THE SCRIPT/PROFILE)")
    parser.add_argument("--plan", action="store_true", help="tell the cost, train nothing")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="cells at once (1)")
    parser.add_argument("more", nargs="*", metavar="-- KEY=VALUE", help="settings for every run")
    return parser


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A run of its own, begun by `medimg verb words` once those it needs are done; what a table asks of it stands in a subclass."""

    run: Path
    words: tuple[str, ...] = ()
    needs: tuple[Path, ...] = ()
    verb: tuple[str, ...] = ("train",)

    @property
    def name(self) -> str:
        """As --only and the messages have it."""
        return f"{self.run.parent.name}/{self.run.name}"

    @property
    def done(self) -> bool:
        """Whether the run is judged and reported."""
        return is_done(self.run)

    def is_called(self, word: str) -> bool:
        """Whether a word of --only means this cell."""
        return self.name.startswith(word)

    def prepare(self, words: list[str]) -> None:
        """Do what is to be done before the run begins with these words, or goes on."""


C = TypeVar("C", bound=Cell)


def chosen(cells: Sequence[C], only: Sequence[str]) -> list[C]:
    """Give the cells that --only names, all without it; ends where it names none."""
    found = [cell for cell in cells if not only or any(map(cell.is_called, only))]
    if not found:
        sys.exit(f"--only {' '.join(only)}: no cell has such a name. There is: {', '.join(cell.name for cell in cells)}.")
    return found


def is_done(run: Path) -> bool:
    """Whether a run is judged and reported."""
    return (run / "metrics.json").is_file() and (run / "report.html").is_file()


def refuse_stale(asked: Iterable[tuple[Path, Sequence[str]]]) -> None:
    """End where finished runs were made otherwise than their words now ask for, and say in what."""
    if told := [line for run, words in asked if (line := stale(run, words))]:
        sys.exit("\n".join([*told, "Give the words that these runs were made with, remove them, or choose another folder with --out."]))


def stale(run: Path, words: Sequence[str]) -> str | None:
    """Say in what a finished run was made otherwise than these words ask for; None where it was not.

    Of networks to start from only the name counts, as a folder of runs may have moved.
    """
    name = f"{run.parent.name}/{run.name}"
    try:
        before, after = (flat(plain(settings)) for settings in (stored_settings(run), compose_to_look(list(words))[0]))
    except MedimgError as fault:
        return f"{name}: {fault}"
    for one in (before, after):
        one["model.weights"] = Path(one["model.weights"]).name if one["model.weights"] else None
    unlike = [f"{key}={after[key]} is asked, {before.get(key)} was" for key in after if after[key] != before.get(key) and key not in FREE]
    return f"{name} is finished and was made otherwise: {'; '.join(unlike)}." if unlike else None


def built_in(runs: Iterable[Path]) -> bool:
    """Whether any of these runs is of a built-in cohort, as the runs themselves say."""
    told = (json.loads((run / "evaluation.json").read_text()) for run in runs)
    return any(str(one.get("cohort") or "").startswith("phantom:") for one in told)


def by_key(words: Iterable[str]) -> dict[str, str]:
    """Words by the key they set: of two for one key the later rules."""
    keyed = {word.partition("=")[0]: word for word in words}
    if "data.manifest" in keyed:
        keyed.pop("data.limit", None)  # makes a built-in cohort smaller and is refused for files
    return keyed


def step_of(network: nn.Module, image: Tensor, machine: Machine) -> Callable[[], object]:
    """Give one optimiser step of a network on a batch of pictures, both on the machine's device."""
    if machine.channels_last:
        network, image = network.to(memory_format=torch.channels_last), image.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), fused=machine.accelerator == "cpu" or None)

    def step() -> None:
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            loss = network(image).float().square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss.detach())

    return step


def train_all(todo: Sequence[Cell], at_once: int) -> list[str]:
    """Train the cells that are not done, each after the one it starts from; gives what failed, after the others are finished."""
    refuse_stale((cell.run, cell.words) for cell in todo if cell.done and cell.verb == ("train",))
    waiting, failed = [cell for cell in todo if not cell.done], list[str]()
    running: dict[Future[int], Cell] = {}
    with stopping(), ThreadPoolExecutor(at_once) as pool:
        while waiting or running:
            ahead = {cell.run for cell in [*waiting, *running.values()]}
            for cell in [cell for cell in waiting if not ahead.intersection(cell.needs)][: at_once - len(running)]:
                waiting.remove(cell)
                if lacking := [f"{run.parent.name}/{run.name}" for run in cell.needs if not is_done(run)]:
                    failed.append(f"{cell.name}: a run it needs is not done ({', '.join(lacking)})")
                else:
                    running[pool.submit(train, cell, at_once)] = cell
            ended = wait(running, return_when=FIRST_COMPLETED).done if running else set()
            for future in ended:
                cell, code = running.pop(future), future.result()
                failed += [f"{cell.name}: exit code {code}, see {cell.run}/log.txt"] if code not in (0, 3) else []
    return failed


def train(cell: Cell, at_once: int) -> int:
    """Train one cell, or go on with it, in a process of its own; what it says lies beside its run."""
    start, threads = time.time(), max(1, CORES // at_once)
    words, environment = list(cell.words), {**os.environ, "MEDIMG_RUN": str(cell.run)}
    if at_once > 1:
        environment["OMP_NUM_THREADS"] = str(threads)
        if not (cell.run / "config.yaml").is_file():  # a run keeps what it began with
            words = [*by_key((f"trainer.threads={threads}", *words)).values()]
    cell.run.parent.mkdir(parents=True, exist_ok=True)
    if cell.verb[0] == "eval":  # what was stopped is judged anew
        shutil.rmtree(cell.run, ignore_errors=True)
    with _PREPARING, suppress(MedimgError):  # the run itself says what is wrong with its words
        cell.prepare(words)
    with cell.run.with_name(f"{cell.run.name}.txt").open("w") as said:
        command = [sys.executable, "-m", "medimg", *cell.verb, *words]
        code = code_of(subprocess.Popen(command, env=environment, stdout=said, stderr=said))
    print(f"{cell.name}: {(time.time() - start) / 60:.1f} min" + ("" if code in (0, 3) else f", exit code {code}"), flush=True)
    return code


def code_of(child: subprocess.Popen[bytes]) -> int:
    """Wait for a process to end; a signal to stop reaches it too."""
    _UNDER_WAY.append(child)
    code = child.wait()
    _UNDER_WAY.remove(child)
    return code


@contextmanager
def stopping() -> Iterator[None]:
    """Let a signal to stop reach the processes that are begun here."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _: Any) -> None:
    """End with all runs under way, which save their state first, as Ctrl-C does in a terminal."""
    for child in list(_UNDER_WAY):
        child.terminate()
    sys.exit(128 + number)


def table(lines: Lines) -> str:
    """Write lines as Markdown."""
    frame = pd.DataFrame(lines)
    head = "| " + " | ".join(frame.columns) + " |\n|" + "---|" * len(frame.columns)
    return "\n".join([head, *("| " + " | ".join(map(str, row)) + " |" for row in frame.itertuples(index=False))])
