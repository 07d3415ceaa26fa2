"""One pass over all films: how often each verdict was given, exposure by room, what has to be looked at."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from medimg.qc.rates import UNKNOWN, Counts
from medimg.qc.rules import GROUPS
from medimg.qc.verdict import FAIL, NOT_APPLICABLE, PASS, REVIEW, WARN, FilmVerdict, RuleVerdict
from medimg.report.quality.folder import FilmRow, OutFolder

LARGE = 2000  # films above which passing ones have no thumbnail and no page, and the worklist is paged by month
BORDERLINE = "borderline"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
ORDER = (FAIL, REVIEW, BORDERLINE, PASS, NOT_APPLICABLE)
SPREAD = ("deviation_index", "exposure_index")


class Entry(NamedTuple):
    """One film of the worklist. `kind`: fail, review, borderline (passes with a warning), pass or not_applicable."""

    film: str
    kind: str
    grade: str
    reasons: tuple[str, ...]
    fails: int
    facts: dict[str, str]

    @property
    def key(self) -> tuple[Any, ...]:
        """Gravest first: kind, critical before other fails, more fails before fewer; then month and id."""
        return ORDER.index(self.kind), self.grade != "D", -self.fails, self.facts["month"], self.film


@dataclass
class Tally:
    """What a report is made of, whatever the number of films."""

    counts: Counts
    large: bool
    kinds: Counter[str] = field(default_factory=Counter)
    studies: set[str] = field(default_factory=set)
    words: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # of version, model, config, medimg, view
    entries: list[Entry] = field(default_factory=list)
    spread: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))  # number -> room

    @property
    def films(self) -> int:
        """Number of films."""
        return sum(self.kinds.values())

    @property
    def months(self) -> list[str]:
        """Months of the films, in order."""
        return sorted(word for word in self.words["month"] if word != UNKNOWN)


def tally(out: OutFolder, by: Sequence[str]) -> Tally:
    """Count all films of a folder; `by`: columns that rates are told by (month always is)."""
    found = Tally(Counts(tuple(dict.fromkeys([*by, "month"]))), len(out.ids) > LARGE)
    of_studies: list[RuleVerdict] = []
    for row, verdict in out.films(of_studies):
        _add(found, row, verdict)
    found.counts.seen.update(("", "", one.rule, one.verdict) for one in of_studies)
    found.entries.sort(key=lambda entry: entry.key)
    return found


def _add(found: Tally, row: FilmRow, verdict: FilmVerdict) -> None:
    found.counts.add(row, verdict)
    kind = kind_of(verdict)
    found.kinds[kind] += 1
    found.studies |= {row["study"]} - {UNKNOWN}
    for name in ("version", "model", "config", "medimg", "view", "StationName"):
        found.words[name][row.get(name) or UNKNOWN] += 1
    found.words["month"][row["month"] if MONTH.fullmatch(row["month"]) else UNKNOWN] += 1
    if not found.large or kind in (FAIL, REVIEW, BORDERLINE):
        facts = {name: row.get(name, "") for name in ("view", "month", "StationName", "operator")}
        fails = sum(one.verdict == FAIL and one.counted for one in verdict.rules)
        found.entries.append(Entry(row["film"], kind, verdict.grade, verdict.reasons, fails, facts))
    for name in SPREAD:
        if (value := _number(row.get(name))) is not None:
            found.spread[name][row.get("StationName") or UNKNOWN].append(value)


def kind_of(verdict: FilmVerdict) -> str:
    """A film's verdict, with a pass that has a warning in a group told apart as borderline."""
    warned = any(verdict.groups[group] == WARN for group in GROUPS)
    return BORDERLINE if verdict.verdict == PASS and warned else verdict.verdict


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
