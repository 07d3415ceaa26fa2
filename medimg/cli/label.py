"""Labelling by readers: what each flag of medimg active-label does."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medimg import __version__
from medimg.cli.parser import Command
from medimg.errors import ConfigError, MedimgError, RunError, told_if_stopped
from medimg.io.table import closest
from medimg.room.folder import Folder
from medimg.room.opening import begin, existing, find, go_on
from medimg.run.folder import forget_latest, stored_settings
from medimg.run.start import logging_to
from medimg.settings import Settings

if TYPE_CHECKING:
    from medimg.room.lock import Hold
    from medimg.room.project import Project
    from medimg.room.session import Session, Where
    from medimg.room.store import Reader, Store

WAITING = 4
_LOG = logging.getLogger("medimg")


def label(command: Command, instead: str, words: list[str]) -> int:
    """Go on with the first unfinished step of a project, or do what `instead` says; returns the exit code."""
    does: dict[str, Callable[[Command, list[str]], int]] = {
        "--status": _status, "--report": _report, "--verify": _verify, "--export": _export, "--import": _import, "--close": _close,
    }  # fmt: skip
    return does.get(instead, _label)(command, words)


def _status(command: Command, words: list[str]) -> int:
    from medimg.room.status import sentences, status
    from medimg.room.store import Store

    folder = Folder(_there(command, words))
    with Store.open(folder.store, writer=False) as store:
        told = status(folder, store)
    return _say(command, told, sentences(told))


def _verify(command: Command, words: list[str]) -> int:
    from medimg.room.store import Store
    from medimg.room.store.opening import way_out

    folder = Folder(_there(command, words))
    with Store.open(folder.store, writer=False) as store:
        found = store.verify()
    if not found.ok:
        raise RunError(*found.faults, way_out(folder.store, found.seq))
    return _say(
        command, {"run": str(folder.run), "events": found.seq, "faults": []}, [f"{found.seq} events: every one is what was written."]
    )


def _export(command: Command, words: list[str]) -> int:
    from medimg.room.exchange import WHATS, export_file
    from medimg.room.store import Store

    what = command.what or "labels"
    if what not in WHATS:
        raise ConfigError(f"--what {what}: there is no such record{closest(what, WHATS)}. Records: {', '.join(WHATS)}.")
    folder, path = Folder(_there(command, words)), Path(command.export)
    with Store.open(folder.store, writer=False) as store:
        count = export_file(store, path, what=what)
    told = {"run": str(folder.run), "file": str(path), "what": what, "records": count}
    return _say(command, told, [f"{count} records: {path}"])


def _import(command: Command, words: list[str]) -> int:
    from medimg.room.exchange import import_file
    from medimg.room.lock import only_one
    from medimg.room.store import Store
    from medimg.room.waiting import waiting

    folder, path = Folder(_there(command, words)), Path(command.import_)
    with only_one(folder.lock), Store.open(folder.store, writer=True) as store:
        reader, number = _answers_of(store, command.reader) if command.reader else (None, None)
        plan = import_file(store, path, dry_run=command.dry_run, reader=reader, number=number)
        left = waiting(store)
    if plan.faults:
        raise ConfigError(*plan.faults, f"Nothing of {path.name} {'would be' if command.dry_run else 'was'} written.")
    counts = {name: value for name, value in vars(plan).items() if name != "faults"}
    lines = [f"{path.name}: " + ", ".join(f"{value} {name}" for name, value in counts.items())]
    if plan.skipped and reader is None:
        lines.append("skips are answers of a reader, and were left out: --reader NAME takes them over.")
    if not command.dry_run:
        lines.append(f"waiting for answers: {sum(left.values())}. medimg active-label goes on.")
    return _say(command, {"run": str(folder.run), **counts, "dry_run": command.dry_run, "waiting": left}, lines)


def _answers_of(store: "Store", name: str) -> tuple["Reader", int]:
    """The reader whose answers to the open round a file holds, and that round's number."""
    known, rounds = {one.name: one for one in store.readers() if one.role == "expert"}, store.rounds()
    if name not in known:
        raise ConfigError(
            f"--reader {name}: nobody of that name reads in this project{closest(name, known)}. Readers: {', '.join(known) or 'none yet'}. "
            "Leave it out for labels of another source."
        )
    if not rounds or rounds[-1].state != "labelling":
        state = f"round {rounds[-1].round.number} is {rounds[-1].state}" if rounds else "there is no round yet"
        raise ConfigError(
            f"--reader {name}: no round is open to be answered ({state}). medimg active-label --headless opens the next one; "
            "leave --reader out for labels of another source."
        )
    return known[name], rounds[-1].round.number


def _report(command: Command, words: list[str]) -> int:
    from medimg.room.reporting import report
    from medimg.room.store import Store

    folder = Folder(_there(command, words))
    with Store.open(folder.store, writer=False) as store:
        page = report(folder, store, stored_settings(folder.run))
    return _say(command, {"run": str(folder.run), "report": str(page)}, [f"Report: {page}"])


def _close(command: Command, words: list[str]) -> int:
    run = _there(command, words)
    with _working(command, run, words) as (session, _):
        stop = session.close()
    return _ended(command, run, stop)


def _label(command: Command, words: list[str]) -> int:
    target, named = command.names[0] if command.names else None, os.environ.get("MEDIMG_RUN")
    run = None if command.new else find(words, target, named)
    settings = None
    if run is None:
        settings, run = begin(words, named)
        _LOG.info("a new labelling project: %s", run)
    else:
        _LOG.info("going on with %s", run)
    with _working(command, run, words, settings) as (session, hold):
        stop = session.without_page() if command.headless else session.with_page(_where(command), hold)
    return _ended(command, run, stop)


@contextmanager
def _working(command: Command, run: Path, words: list[str], begun: Settings | None = None) -> Iterator[tuple["Session", "Hold"]]:
    """Hold a project, open it, and say what an interruption means; `begun`: the settings, where this command has made the run."""
    from medimg.room.lock import only_one
    from medimg.room.session import Session

    kept = "the page is closed; every answer that was saved is kept. The same command goes on."
    with told_if_stopped(kept), only_one(Folder(run).lock) as hold, logging_to(run / "log.txt"):
        _LOG.info("medimg %s, labelling in %s", __version__, run.name)
        with _opened(command, run, words, begun) as project:
            yield Session(project, _tell, once=command.once), hold


@contextmanager
def _opened(command: Command, run: Path, words: list[str], begun: Settings | None) -> Iterator["Project"]:
    from medimg.room.project import open_project

    try:
        project = open_project(begun or go_on(run, words), run, accept_changed=command.accept_changed)
    except MedimgError:
        if begun and not Folder(run).there():  # wrong input stopped it before it was a project
            shutil.rmtree(run, ignore_errors=True)
            forget_latest(run)
        raise
    try:
        for warning in project.store.warnings:
            _LOG.warning(warning)
        yield project
    finally:
        project.store.close()


def _tell(text: str) -> None:
    """Say it; a link that lets somebody in stands in the terminal and in no file."""
    _LOG.info(text, extra={"keep": "/login?t=" not in text})


def _where(command: Command) -> "Where":
    from medimg.room.session import Where

    address, *names = (command.bind or "127.0.0.1").split(",")
    certificate, key = (Path(name) if name else None for name in (command.certificate, command.key))
    return Where(command.port or 0, address, tuple(names), certificate, key, browser=not command.no_browser)


def _there(command: Command, words: list[str]) -> Path:
    return existing(words, command.names[0] if command.names else None, os.environ.get("MEDIMG_RUN"))


def _ended(command: Command, run: Path, stop: list[str]) -> int:
    from medimg.room.status import sentences, status
    from medimg.room.store import Store

    folder = Folder(run)
    with Store.open(folder.store, writer=False) as store:
        told = status(folder, store)
    lines, code = sentences(told), WAITING if told["waiting"] else 0
    if told["waiting"]:
        told["proposals"] = str(folder.round(told["round"]).proposals)
        lines.append(f"fill in the column label of {told['proposals']}, then --import it (with --reader NAME as that reader's answers).")
    if stop:
        lines.append("the same command asks for more labels all the same.")
    return _say(command, {**told, "stop": stop}, lines, code)


def _say(command: Command, told: dict[str, Any], lines: list[str], code: int = 0) -> int:
    if command.json:
        print(json.dumps({**told, "exit_code": code}))
    else:
        print(*lines, sep="\n", file=sys.stdout)
    return code
