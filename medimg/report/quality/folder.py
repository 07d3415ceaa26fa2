"""A folder of judged films, read film by film: films.csv and rules.csv in step, texts of the rules, what was skipped."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from medimg.errors import RunError
from medimg.qc.rules import GROUPS, Limits
from medimg.qc.verdict import FilmVerdict, RuleVerdict

NEEDED = ("film", "study", "view", "month", "verdict", "grade", "reason", "reasons", *GROUPS, "version")
RULE = ("film", "rule", "group", "metric", "value", "unit", "fail_lo", "warn_lo", "warn_hi", "fail_hi", "verdict", "reason", "side",
        "critical", "required", "counted")  # fmt: skip
AGAIN = "Judge the films again with medimg qc run."
FilmRow = dict[str, str]


@dataclass(frozen=True)
class OutFolder:
    """A folder of judged films: its films' ids, what is known of its rules, its summary, and why files were skipped."""

    path: Path
    ids: frozenset[str]
    rules: Mapping[str, Mapping[str, Any]]
    summary: Mapping[str, Any]
    skipped: Counter[str]

    def films(self, others: list[RuleVerdict]) -> Iterator[tuple[FilmRow, FilmVerdict]]:
        """Each film's row with its verdict, in the order of films.csv; verdicts of no film, those of studies, are added to `others`.

        Raises RunError where rules.csv has the films in another order.
        """
        ahead = self._of_films(others)
        following = next(ahead, None)
        for row in _films(self.path / "films.csv"):
            found: list[RuleVerdict] = []
            if following is not None and following[0] == row["film"]:
                found, following = following[1], next(ahead, None)
            yield row, _verdict(row, found)
        if following is not None:
            raise RunError(f"rules.csv has film {following[0]} where films.csv has none, or in another order. {AGAIN}")

    def _of_films(self, others: list[RuleVerdict]) -> Iterator[tuple[str, list[RuleVerdict]]]:
        for film, found in _groups(self.path / "rules.csv"):
            if film in self.ids:
                yield film, found
            else:
                others += found


def read_out(path: Path) -> OutFolder:
    """Open a folder of judged films. Raises RunError where films.csv or rules.csv is missing or damaged."""
    for name in ("films.csv", "rules.csv"):
        if not (path / name).is_file():
            raise RunError(f"{path.name}: there is no {name}. Name the folder that medimg qc run wrote (out=DIR).")
    ids = frozenset(row["film"] for row in _films(path / "films.csv"))
    described = _json(path / "rules.json") or []
    return OutFolder(
        path, ids, {rule["id"]: rule for rule in described}, _json(path / "summary.json") or {}, _skipped(path / "skipped.csv")
    )


def _films(path: Path) -> Iterator[FilmRow]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise RunError(f"films.csv has no column {', '.join(missing)}. {AGAIN}")
        for row in reader:
            if None in row or None in row.values():
                raise RunError(f"films.csv, line {reader.line_num}: is cut short. {AGAIN}")
            yield row


def _groups(path: Path) -> Iterator[tuple[str, list[RuleVerdict]]]:
    """Films of rules.csv with the verdicts of their rules; metrics that no rule asked for are left out."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        missing = [name for name in RULE if name not in header]
        if missing:
            raise RunError(f"rules.csv has no column {', '.join(missing)}. {AGAIN}")
        pick = itemgetter(*(header.index(name) for name in RULE))
        try:
            for film, rows in groupby(map(pick, reader), key=itemgetter(0)):
                yield film, [_rule(row) for row in rows if row[1]]
        except (IndexError, ValueError):
            raise RunError(f"rules.csv, line {reader.line_num}: is cut short or changed. {AGAIN}") from None


def _rule(row: tuple[str, ...]) -> RuleVerdict:
    _, rule, group, metric, value, unit, *limits, verdict, reason, side, critical, required, counted = row
    a, b, c, d = (float(limit) if limit else None for limit in limits)
    range_: Limits = (a, b, c, d)
    number = float(value) if value else None
    return RuleVerdict(
        rule, group, metric, verdict, number, unit, range_, reason, side, critical == "1", required == "1", counted == "1"
    )  # fmt: skip


def _verdict(row: FilmRow, found: list[RuleVerdict]) -> FilmVerdict:
    reasons = tuple(reason for reason in row["reasons"].split("|") if reason)
    return FilmVerdict(
        row["verdict"], row["grade"], row["reason"], reasons, {group: row[group] for group in GROUPS}, tuple(found), row["version"]
    )  # fmt: skip


def _skipped(path: Path) -> Counter[str]:
    if not path.is_file():
        return Counter()
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return Counter(row.get("reason") or "" for row in csv.DictReader(stream))


def _json(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise RunError(f"{path.name} cannot be read. {AGAIN}") from None
