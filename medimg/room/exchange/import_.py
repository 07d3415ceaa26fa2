"""Labels from a file into the store: all of them or none, and first a plan of what would happen."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medimg.io.table import closest
from medimg.room.exchange import csv, jsonl, label_studio
from medimg.room.exchange.match import Matcher
from medimg.room.exchange.row import ExchangeError, Row
from medimg.room.store import CONFIDENCES, SKIPS, Event, Reader, Store
from medimg.room.store.views import readings

READ: dict[str, Callable[[Path], list[Row]]] = {".csv": csv.read, ".jsonl": jsonl.read, ".json": label_studio.read}


@dataclass(frozen=True)
class Plan:
    """What an import does: rows of the file by what becomes of them, and all that speaks against it.

    `new`: images this source had not labelled; `changed`: its label becomes another; `unchanged`: it is there already; `empty`: rows
    without a label; `skipped`: skips that are taken over or, outside a round, left out; `differing`: new or changed labels that
    another reader sees otherwise; `others`: rows of other readers than the one who was named.
    """

    rows: int
    new: int
    changed: int
    unchanged: int
    empty: int
    skipped: int
    differing: int
    others: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    row: Row
    item: str
    reader: str


def import_file(
    store: Store, path: Path, *, dry_run: bool = False, source: str = "", reader: Reader | None = None, number: int | None = None
) -> Plan:
    """Take over a file of labels, by its suffix: .csv, .jsonl, or .json of Label Studio.

    The labels are those of `source` (the file's name if "") and, where the file names readers, of each of them; nobody else's label is
    replaced. With `reader` and `number` they are that reader's answers to the places of a round, skips among them; rows that name another
    reader of the project are left out. With `dry_run` nothing is written and the plan holds the faults; otherwise ExchangeError tells
    them, and nothing is written.
    """
    if path.suffix.lower() not in READ:
        raise ExchangeError(f"labels {path}: '{path.suffix}' is no known format{closest(path.suffix, READ)}. Formats: {', '.join(READ)}.")
    rows = READ[path.suffix.lower()](path)
    theirs = {one.name for one in store.readers()} - {reader.name} if reader else set[str]()
    others, rows = [row for row in rows if row.reader in theirs], [row for row in rows if row.reader not in theirs]
    answers, faults = _matched(store, rows, source or path.name, reader)
    plan, taken = _planned(store, answers, number)
    empty = sum(not row.label and not row.skip for row in rows)
    plan = replace(plan, rows=len(rows) + len(others), empty=empty, others=len(others), faults=tuple(faults))
    if dry_run:
        return plan
    if faults:
        more = [f"... and {len(faults) - 20} more"] if len(faults) > 20 else []
        raise ExchangeError(*faults[:20], *more, f"Nothing of {path.name} was written.")
    _write(store, taken, hashlib.sha256(path.read_bytes()).hexdigest()[:16], path.name, number)
    return plan


def _matched(store: Store, rows: Sequence[Row], source: str, reader: Reader | None) -> tuple[list[_Answer], list[str]]:
    matcher, answers, faults = Matcher(store.items()), dict[tuple[str, str], _Answer](), list[str]()
    for row in rows:
        if not row.label and not row.skip:
            continue
        item, fault = matcher.find(row)
        fault = fault or _wrong(row, store.meta.classes)
        who = reader.name if reader else f"{source}: {row.reader}" if row.reader else source
        answer = _Answer(row, item, who)
        before = answers.setdefault((who, item), answer)
        if not fault and (before.row.label, before.row.skip) != (row.label, row.skip):
            fault = f"answers as {before.row.where} does, but differently"
        if fault:
            faults.append(f"{row.where}: {fault}.")
    return list(answers.values()), faults


def _wrong(row: Row, classes: tuple[str, ...]) -> str:
    if row.label and row.label not in classes:
        return f"'{row.label}' is no class{closest(row.label, classes)}; classes: {', '.join(classes)}"
    if row.label and row.skip:
        return "a label and a skip in one row"
    if row.skip and row.skip not in SKIPS:
        return f"'{row.skip}' is no reason to skip{closest(row.skip, SKIPS)}; reasons: {', '.join(SKIPS)}"
    return "" if row.confidence in CONFIDENCES else f"'{row.confidence}' is no confidence; write {', '.join(CONFIDENCES[1:])} or nothing"


def _planned(store: Store, answers: Sequence[_Answer], number: int | None) -> tuple[Plan, list[_Answer]]:
    """Leave out what is there already, and skips of images that are in nobody's queue."""
    ids = {one.name: one.id for one in store.readers()}
    seen: dict[str, dict[int, str]] = defaultdict(dict)  # item -> reader -> label
    for row in store.current_labels().to_dict("records"):
        seen[row["item"]][row["reader"]] = row["first"]
    here = _in_round(store, number)
    taken, counts = list[_Answer](), dict.fromkeys(("new", "changed", "unchanged", "skipped", "differing"), 0)
    for one in answers:
        who = ids.get(one.reader, -1)
        before, after = here.get((who, one.item), seen[one.item].get(who)), one.row.label or one.row.skip
        if one.row.skip:
            kind = "unchanged" if before == after else "skipped"
        else:
            kind = "unchanged" if before == after else "changed" if before in store.meta.classes else "new"
        counts[kind] += 1
        counts["differing"] += kind in ("new", "changed") and any(label != after for by, label in seen[one.item].items() if by != who)
        if kind in ("new", "changed") or (kind == "skipped" and (who, one.item) in here):
            taken.append(one)
    return Plan(rows=0, empty=0, others=0, faults=(), **counts), taken


def _in_round(store: Store, number: int | None) -> dict[tuple[int, str], str]:
    """What stands at each (reader, item) of a round: a label, the reason of a skip, or ""."""
    if number is None:
        return {}
    found = {(row["reader"], row["item"]): "" for row in store.assignments(number).to_dict("records")}
    answers = readings(store.events())
    own = answers[answers["round"] == number].to_dict("records")
    return found | {(row["reader"], row["item"]): row["value"] or row["reason"] for row in own}


def _write(store: Store, taken: Sequence[_Answer], digest: str, name: str, number: int | None) -> None:
    if number is None:
        for who in dict.fromkeys(one.reader for one in taken):
            store.add_reader(who, "import")
    ids, here, last = {one.name: one.id for one in store.readers()}, _in_round(store, number), len(store.events())
    events = []
    for one in taken:
        by, row = ids[one.reader], one.row
        inside = (by, one.item) in here
        kind = ("skip" if row.skip else "label") if inside else "import"
        key = f"import-{digest}-{last}-{by}-{one.item}"
        view = {"file": name, "at": row.where}
        events.append(Event(key, by, one.item, number if inside else None, kind, row.label, row.confidence, row.skip, view=view))
    store.write_all(events)
