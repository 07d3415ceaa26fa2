"""The long table rules.csv: one row for each rule of each film, with the measured value as it was found, so that it can be judged again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from medimg.qc.rules import NONE, Limit, Limits
from medimg.qc.value import Value
from medimg.qc.verdict import FilmVerdict, RuleVerdict

COLUMNS = (
    "film", "rule", "group", "metric", "value", "unit", "applicable", "missing", "gates", "fail_lo", "warn_lo", "warn_hi", "fail_hi",
    "verdict", "reason", "side", "critical", "required", "counted", "version",
)  # fmt: skip
Cells = tuple[str, ...]  # in the order of COLUMNS
MEASURED = ("film", "metric", "value", "unit", "applicable", "missing", "gates")  # what judging again needs
GATES = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=dict)


def rows_of(film: str, values: Iterable[Value], judged: FilmVerdict) -> Iterator[Cells]:
    """Lay out a film: its rules in their order, then metrics that no rule asked for."""
    by_metric = {value.metric: value for value in values}
    left = dict(by_metric)
    for rule in judged.rules:
        left.pop(rule.metric, None)
        yield _row(film, by_metric.get(rule.metric), rule, judged.version)
    for value in left.values():
        yield _row(film, value, None, judged.version)


def _row(film: str, value: Value | None, rule: RuleVerdict | None, version: str) -> Cells:
    name, group, metric = (rule.rule, rule.group, rule.metric) if rule else ("", "", "")
    measured = measured_cells(value) if value else (metric, "", "", "", "", "")
    if rule is None:
        return (film, name, group, *measured, *_limits(NONE), "", "", "", "", "", "", version)
    flags = yes_no(rule.critical), yes_no(rule.required), yes_no(rule.counted)
    return (film, name, group, *measured, *_limits(rule.limits), rule.verdict, rule.reason, rule.side, *flags, version)


@lru_cache(maxsize=4096)
def _limits(limits: Limits) -> Cells:
    return tuple(map(number, limits))


def measured_cells(value: Value) -> Cells:
    """A value as metric, value, unit, applicable, missing and gates; `value_of` leads back to the same bits."""
    gates = GATES.encode(value.gates) if value.gates else ""
    return value.metric, number(value.value), value.unit, yes_no(value.applicable), value.reason or "", gates


def number(value: Limit) -> str:
    """A number with all its digits; nothing for none."""
    return "" if value is None else repr(float(value))


def yes_no(flag: bool) -> str:
    """A flag as one letter of a table."""
    return "1" if flag else "0"


def value_of(row: Mapping[str, str]) -> Value | None:
    """The value a row was made of, without its marks; None where the metric was not measured."""
    if not row["applicable"]:
        return None
    return Value(
        row["metric"],
        float(row["value"]) if row["value"] else None,
        row["unit"],
        row["missing"] or None,
        row["applicable"] == "1",
        json.loads(row["gates"]) if row["gates"] else {},
    )
