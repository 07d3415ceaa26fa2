"""A value of a film -> the verdict of a rule: gates first, then limits.

A rule is pass, warn, fail, unevaluable (no value, or a gate not met) or not_applicable. A film is pass, fail, review or not_applicable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

from medimg.qc.rules import NONE, Limits, Rule
from medimg.qc.value import Value

PASS, WARN, FAIL, REVIEW = "pass", "warn", "fail", "review"
UNEVALUABLE, NOT_APPLICABLE = "unevaluable", "not_applicable"


class RuleVerdict(NamedTuple):
    """The verdict of one rule. `reason`: a code of words.REASONS, with what it speaks of behind a colon; `side`: low or high."""

    rule: str
    group: str
    metric: str
    verdict: str
    value: float | None = None
    unit: str = ""
    limits: Limits = NONE
    reason: str = ""
    side: str = ""
    critical: bool = False
    required: bool = True
    counted: bool = True


@dataclass(frozen=True)
class FilmVerdict:
    """Verdicts of a film: `reason` is the first of `reasons`, rule ids from the gravest on, or a code where no rule says it."""

    verdict: str
    grade: str
    reason: str
    reasons: tuple[str, ...]
    groups: Mapping[str, str]
    rules: tuple[RuleVerdict, ...]
    version: str


def judge_value(rule: Rule, value: Value | None, facts: Mapping[str, Any]) -> RuleVerdict:
    """Judge one value by one rule: what does not apply first, then what cannot be measured or trusted, then the limits."""
    if rule.overrides:
        rule = rule.at({**facts, "unit": value.unit if value else rule.unit})
    verdict, reason, side = _judged(rule, value)
    number, unit = (value.value, value.unit) if value else (None, rule.unit)
    return RuleVerdict(
        rule.id, rule.group, rule.metric, verdict, number, unit, rule.limits, reason, side, rule.critical, rule.required, rule.counted
    )


def _judged(rule: Rule, value: Value | None) -> tuple[str, str, str]:
    """Verdict, reason and side."""
    if not rule.enabled:
        return NOT_APPLICABLE, "off", ""
    if value is None:
        return UNEVALUABLE, "not_measured", ""
    if not value.applicable:
        return NOT_APPLICABLE, f"no_meaning:{value.reason or ''}", ""
    if value.value is None or not isfinite(value.value):
        return UNEVALUABLE, f"no_value:{value.reason or ''}", ""
    if rule.limits == NONE:
        return NOT_APPLICABLE, "no_limits", ""
    if value.unit != rule.unit:
        return UNEVALUABLE, f"unit:{value.unit}", ""
    if closed := shut_gate(rule, value):
        return UNEVALUABLE, f"gate:{closed}", ""
    verdict, side = against(rule.limits, value.value)
    return (UNEVALUABLE, "distrust", side) if rule.distrust and verdict == FAIL else (verdict, "", side)


def shut_gate(rule: Rule, value: Value) -> str:
    """The first gate whose quantity lies outside its range, or was not measured and had to be; none: ""."""
    for gate, (low, high, needed) in rule.gates.items():
        seen = value.gates.get(gate)
        if seen is None:
            if needed:
                return gate
        elif not ((low is None or seen >= low) and (high is None or seen <= high)):
            return gate
    return ""


def against(limits: Limits, value: float) -> tuple[str, str]:
    """Verdict and side of a number: one equal to a limit is inside.

    >>> against((0.4, 0.6, None, None), 0.4)
    ('warn', 'low')
    """
    fail_lo, warn_lo, warn_hi, fail_hi = limits
    if fail_lo is not None and value < fail_lo:
        return FAIL, "low"
    if fail_hi is not None and value > fail_hi:
        return FAIL, "high"
    if warn_lo is not None and value < warn_lo:
        return WARN, "low"
    return (WARN, "high") if warn_hi is not None and value > warn_hi else (PASS, "")
