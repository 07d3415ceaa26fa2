"""Stored films and rules -> verdicts, and all tables and pages of a results folder, film by film in constant memory."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import tee
from pathlib import Path
from typing import Any, TextIO

import medimg
from medimg.io.files import write_atomically
from medimg.qc.rates import Counts
from medimg.qc.rejudge import Judged, rejudge
from medimg.qc.rows import COLUMNS, rows_of
from medimg.qc.rules import GROUPS, RuleSet
from medimg.qc.study import judge_study
from medimg.qc.verdict import FilmVerdict
from medimg.recipes.films.store import UNKNOWN, Store, Stored

FILMS = (
    "film", "study", "view", "predicted_view", "month", "StationName", "operator", "site", "age", "verdict", "grade", "reason", "reasons",
    *GROUPS, "notes", "kvp", "exposure_index", "target_index", "deviation_index", "repaired", "version", "model", "config", "medimg",
)  # fmt: skip
STUDIES = ("study", "films", "views", "verdict", "grade", "reason", "reasons", *GROUPS, "version")
SKIPPED = ("path", "reason", "detail")
DIVISIONS = ("StationName", "operator", "view", "month")


@dataclass
class Seen:
    """What was counted while the tables were written."""

    counts: Counts = field(default_factory=lambda: Counts(DIVISIONS))
    studies: Counts = field(default_factory=lambda: Counts(()))
    films: int = 0
    bare: int = 0  # films of which no organ is outlined
    unknown: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("operator", "StationName", "study"), 0))
    skipped: dict[str, int] = field(default_factory=dict)
    ms: dict[str, list[float]] = field(default_factory=dict)


def rules_hash(rules: RuleSet) -> str:
    """Twelve hex digits of all that makes verdicts of values."""
    told = (rules.version, rules.rules, rules.unevaluable, sorted(rules.groups.items()), rules.ages, rules.always_review)
    return sha256(repr((told, sorted(rules.grade.items()))).encode()).hexdigest()[:12]


def versions(measured: str) -> str:
    """The version of medimg that measured films, and the one that judged them where that is another."""
    return measured if measured == medimg.__version__ else f"{measured}, judged by {medimg.__version__}"


def write_tables(out: Path, store: Store, rules: RuleSet, bom: bool = False) -> Seen:
    """Judge every stored film, and write films.csv, films.jsonl, rules.csv, studies.csv, skipped.csv and films/<id>.json.

    The same stored films and rules give the same CSV files bit by bit. A table is replaced when it is complete.
    """
    seen, measured = Seen(), json.loads(store.meta()["made_with"])
    made = {"version": rules.version, "model": measured["model"], "config": rules_hash(rules), "medimg": versions(measured["medimg"])}
    (out / "films").mkdir(exist_ok=True)
    with ExitStack() as stack:
        tables = {name: stack.enter_context(_table(out / f"{name}.csv", bom)) for name in ("films", "rules", "studies", "skipped")}
        lines = stack.enter_context(replaced(out / "films.jsonl"))
        films, long, studies, skipped = (csv.writer(table, lineterminator="\n") for table in tables.values())
        for writer, columns in ((films, FILMS), (long, COLUMNS), (studies, STUDIES), (skipped, SKIPPED)):
            writer.writerow(columns)
        study: list[tuple[str, FilmVerdict]] = []
        for film, judged, last in judged_films(store, rules):
            row = _row(film, judged) | made
            films.writerow([row[name] for name in FILMS])
            long.writerows(rows_of(film.film, judged.values, judged.verdict))
            lines.write(json.dumps(row | {"timings_ms": film.facts["ms"]}, ensure_ascii=False) + "\n")
            write_atomically(out / "films" / f"{film.film}.json", _page(film, judged, row), durable=False)
            _count(seen, film, row, judged.verdict)
            study.append((str(film.facts["view"]), judged.verdict))
            if last:
                if film.study != UNKNOWN:
                    whole = judge_study(study, judged.facts, rules)
                    seen.studies.add({}, whole)
                    studies.writerow(_study(film.study, [view for view, _ in study], whole))
                    long.writerows(rows_of(film.study, (), whole))
                study.clear()
        for path, reason, detail in store.skipped():
            skipped.writerow((path, reason, detail))
            seen.skipped[reason] = seen.skipped.get(reason, 0) + 1
    for gone in store.dropped():  # its image stays as long as its row does: another run may have it again
        for ending in ("json", "html"):
            (out / "films" / f"{gone}.{ending}").unlink(missing_ok=True)
    return seen


def judged_films(store: Store, rules: RuleSet) -> Iterator[tuple[Stored, Judged, bool]]:
    """Every film with its verdict, and whether it is the last of its study."""
    every, first, second = tee(store.films(), 3)  # never further apart than one film
    films = ({name: str(value) for name, value in {**one.facts, "film": one.film}.items() if name != "ms"} for one in first)
    rows = (row for one in second for row in one.rows)
    before: tuple[Stored, Judged] | None = None
    for film, judged in zip(every, rejudge(films, rows, rules), strict=True):
        if before is not None:
            yield *before, before[0].study != film.study
        before = film, judged
    if before is not None:
        yield *before, True


def _row(film: Stored, judged: Judged) -> dict[str, Any]:
    verdict = judged.verdict
    told = {name: value for name, value in film.facts.items() if name != "ms"}
    return told | {
        "film": film.film, "study": film.study, "verdict": verdict.verdict, "grade": verdict.grade, "reason": verdict.reason,
        "reasons": "|".join(verdict.reasons), **verdict.groups,
    }  # fmt: skip


def _page(film: Stored, judged: Judged, row: dict[str, Any]) -> bytes:
    verdict, drawn = judged.verdict, dict(film.drawn)
    marks = drawn.pop("marks")
    rules = [one._asdict() | {"limits": list(one.limits), "marks": marks.get(one.metric, [])} for one in verdict.rules]
    told = {
        "schema": 1, "film": film.film, "view": film.facts["view"], "facts": row, **drawn,
        "verdict": {
            "verdict": verdict.verdict, "grade": verdict.grade, "reason": verdict.reason, "reasons": list(verdict.reasons),
            "groups": dict(verdict.groups), "version": verdict.version,
        },
        "rules": rules, "notes": [note for note in str(film.facts["notes"]).split("|") if note], "timings_ms": film.facts["ms"],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _count(seen: Seen, film: Stored, row: dict[str, Any], verdict: FilmVerdict) -> None:
    seen.films += 1
    seen.bare += "no_organs" in film.facts["notes"].split("|")
    seen.counts.add(row, verdict)
    for name in seen.unknown:
        seen.unknown[name] += row[name] in ("", UNKNOWN, None)
    for stage, ms in film.facts["ms"].items():
        seen.ms.setdefault(stage, []).append(ms)


def _study(study: str, views: Sequence[str], found: FilmVerdict) -> list[str]:
    """The row of a study in studies.csv."""
    return [
        study, str(len(views)), "|".join(sorted(views)), found.verdict, found.grade, found.reason, "|".join(found.reasons),
        *found.groups.values(), found.version,
    ]  # fmt: skip


@contextmanager
def replaced(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file that takes its name when it is complete and on disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", newline="", encoding=encoding) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _table(path: Path, bom: bool) -> Any:
    return replaced(path, "utf-8-sig" if bom else "utf-8")
