"""The quality run over chest films: index, read, segment, measure, keep; then judge all that is kept and write the tables."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import medimg
from medimg.errors import ConfigError, NothingToDo, RunError, told_if_stopped
from medimg.io.claim import claimed
from medimg.io.files import write_atomically
from medimg.io.film_place import LONGER
from medimg.io.film_sources import check_sources, found_in
from medimg.phantoms import cohort_of
from medimg.qc.explain import explain
from medimg.qc.film import FRONTAL_ORGANS, LATERAL_ORGANS
from medimg.qc.load import as_text, of_text
from medimg.qc.rules import RuleSet
from medimg.qc.segmenter import Segmenter
from medimg.recipes.films.batches import index, measure_all
from medimg.recipes.films.changes import Before
from medimg.recipes.films.mask_files import write_masks
from medimg.recipes.films.objects import check_packages, complete, write_dicom
from medimg.recipes.films.options import JudgeOptions, RunOptions
from medimg.recipes.films.store import Store
from medimg.recipes.films.summary import write_summary
from medimg.recipes.films.tables import Seen, write_tables
from medimg.recipes.films.workbook import write_workbook
from medimg.report.quality import write_report
from medimg.words import plural

LOG = logging.getLogger("medimg")
GIVEN = "given masks"
ORGANS = tuple(dict.fromkeys((*FRONTAL_ORGANS, *LATERAL_ORGANS)))


@dataclass(frozen=True)
class Outcome:
    """What a run leaves behind: its summary as in summary.json, and the exit code.

    5 beyond the gate, 3 with skipped files or unsent objects, else 0.
    """

    summary: dict[str, Any]
    exit_code: int


def run(sources: Sequence[str], options: RunOptions, rules: RuleSet, segmenter: Segmenter | None = None) -> Outcome:
    """Judge every film of the sources; without a network, masks come from manifests, and films without masks are for a person to judge.

    Given again, the command goes on where it was: what was measured is not measured again. Bad files are in skipped.csv. With
    `options.dicom` the films have DICOM objects too, which are sent where options name an archive. NothingToDo where there is no file.
    """
    check_packages(options)
    began, paths, out = time.perf_counter(), check_sources(sources), Path(options.out).absolute()
    own = [word for word, path in zip(sources, paths, strict=True) if path.resolve().is_relative_to(out.resolve())]
    if own:
        raise ConfigError(*(f"{word}: lies in out={options.out}, which holds results. Name the films, or another out=." for word in own))
    found = found_in(paths, out, ORGANS)
    first = next(found, None)
    if first is None:  # before there is a folder
        raise NothingToDo(*(_nothing(word, path) for word, path in zip(sources, paths, strict=True)))
    with (
        told_if_stopped(f"stopped; what was measured is kept in {options.out}. The same command goes on from there."),
        _folder(out),
        Store(out / "qc.sqlite", keep_masks=options.dicom or options.save_masks) as store,
        _log(out),
    ):
        model = segmenter.name if segmenter else GIVEN
        store.begin({"model": model, "medimg": medimg.__version__, "grid": str(LONGER)})
        LOG.info("films are measured with %s, and judged by %s", model, rules.version)
        store.note(cohort=next(filter(None, map(cohort_of, paths)), ""))
        waiting, total = index(chain([first], found), store)
        new = measure_all(waiting, total, out, store, options, segmenter)
        store.settle()
        if options.save_masks:
            write_masks(out, store)
        LOG.info("%s, %d of them looked at now", plural(total, "file"), new)
        wall = time.perf_counter() - began
        told = {"dicom": write_dicom(out, store, rules, options, model)} if options.dicom else {}
        return _judge(out, store, rules, options, {"wall_s": round(wall, 3), "new_files": new, **told})


def _nothing(word: str, path: Path) -> str:
    """Why a source has no file to look at."""
    if path.suffix.lower() == ".csv" and path.is_file():
        return f"{word}: has no rows. Write one for each film, with its image, patient_id and view."
    return f"{word}: no file is there. Check the path."


def judge_again(options: JudgeOptions, rules: RuleSet | None = None) -> Outcome:
    """Judge what a folder holds by other limits, or by those it was judged by: no film is opened, and no network asked."""
    out = Path(options.out).absolute()
    if not (out / "qc.sqlite").is_file():
        raise RunError(f"out={options.out}: no results of medimg qc run are there. Check the path.")
    with _folder(out), Store(out / "qc.sqlite") as store, _log(out):
        if not store.settled:
            raise RunError(f"out={options.out}: medimg qc run was stopped in it. The same command goes on; then judge again.")
        rules = rules or _kept(store, options.out, _version(out))
        LOG.info("judged again by %s", rules.version)
        return _judge(out, store, rules, options, {})


def _judge(out: Path, store: Store, rules: RuleSet, options: RunOptions | JudgeOptions, more: dict[str, Any]) -> Outcome:
    began, before = time.perf_counter(), _version(out)
    if before and before != rules.version:
        LOG.warning("%s was judged by the rules %s before, and is by %s now: rules= says by which", options.out, before, rules.version)
    with Before(out) as tables:
        seen: Seen = write_tables(out, store, rules, options.bom)
        more = more | {"changed": tables.changes()}
    store.note(rules=as_text(rules))
    write_workbook(out, options.xlsx)
    judged = {"judge_s": round(time.perf_counter() - began, 3)}
    summary = write_summary(out, store, rules, seen, options.max_fail_rate, more | judged)
    write_atomically(out / "rules.json", json.dumps(explain(rules), ensure_ascii=False).encode())
    write_report(out, options.language)
    code = 5 if summary["gate"]["failed"] else 3 if seen.skipped or not complete(more.get("dicom")) else 0
    return Outcome(summary, code)


def _kept(store: Store, out: str, version: str) -> RuleSet:
    """The rules that a folder was last judged by."""
    text, others = store.meta().get("rules"), "rules=chest judges by the built-in rules, rules=FILE.yaml by others"
    if text is None:
        raise RunError(f"out={out}: was judged by the rules {version}, which it does not hold. Name them: {others}.")
    try:
        return of_text(text)
    except ConfigError as faults:
        raise RunError(f"out={out}: this medimg cannot use the rules {version} that judged it: {faults} {others}.") from None


def _version(out: Path) -> str:
    """The rules that a folder was last judged by; nothing where it was not."""
    path = out / "summary.json"
    return str(json.loads(path.read_text())["version"]) if path.is_file() else ""


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """A results folder that no other process works in, and that holds nothing else."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "qc.sqlite").is_file())):
        raise ConfigError(f"out={out.name}: exists and holds something else than results of medimg qc. Name another folder.")
    out.mkdir(parents=True, exist_ok=True)
    with claimed(out / ".lock") as ours:
        if not ours:
            raise RunError(f"out={out.name}: another medimg works in this folder. Wait for it, or name another folder.")
        yield


@contextmanager
def _log(out: Path) -> Iterator[None]:
    handler = logging.FileHandler(out / "log.txt", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    LOG.addHandler(handler)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        handler.close()
