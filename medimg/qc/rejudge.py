"""Stored values judged by other rules: no pictures and no networks, film by film, so memory does not grow with the number of films."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from medimg.errors import RunError
from medimg.qc.judge import judge_film
from medimg.qc.rows import value_of
from medimg.qc.rules import RuleSet
from medimg.qc.value import Value
from medimg.qc.verdict import FilmVerdict

FACTS = ("view", "StationName", "site", "age")


@dataclass(frozen=True)
class Judged:
    """A film judged: its id, the facts that were used, its values and its verdict."""

    film: str
    facts: Mapping[str, Any]
    values: tuple[Value, ...]
    verdict: FilmVerdict


def rejudge(films: Iterable[Mapping[str, str]], rows: Iterable[Mapping[str, str]], rules: RuleSet) -> Iterator[Judged]:
    """Judge films of films.csv (columns film, view and, where known, StationName, site, age) by the values of rules.csv.

    Both tables hold the films in one order; a film without rows has no values. Raises RunError where the order differs.
    """
    groups = groupby(rows, key=lambda row: row["film"])
    ahead = next(groups, None)
    for film in films:
        stored: dict[str, Value] = {}  # by metric: two rules may share one
        if ahead is not None and ahead[0] == film["film"]:
            stored = _stored(ahead[1], film["film"])
            ahead = next(groups, None)
        facts = facts_of(film)
        values = tuple(stored.values())
        yield Judged(film["film"], facts, values, judge_film(values, facts, rules))
    if ahead is not None:
        raise RunError(
            f"rules.csv has film {ahead[0]} where films.csv has none, or in another order. Judge again with medimg qc run, or restore both."
        )


def _stored(rows: Iterable[Mapping[str, str]], film: str) -> dict[str, Value]:
    try:
        found = ((row["metric"], value_of(row)) for row in rows)
        return {metric: value for metric, value in found if value is not None}
    except ValueError:
        raise RunError(f"film {film}: its rows in rules.csv are damaged. Judge it again with medimg qc run.") from None


def facts_of(film: Mapping[str, str]) -> dict[str, Any]:
    """The facts overrides may ask for, from a row of films.csv; an empty cell is not known. Ages are in years."""
    facts: dict[str, Any] = {name: film[name] for name in FACTS if film.get(name)}
    if "age" in facts:
        facts["age"] = float(facts["age"])
    return facts
