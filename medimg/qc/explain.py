"""Rules as data for a reader: formula, limits with what they rest on, and the file and line that set each key."""

from collections.abc import Mapping
from typing import Any

from medimg.errors import ConfigError
from medimg.qc.registry import metrics
from medimg.qc.rules import Rule, RuleSet
from medimg.validate import did_you_mean

LIMITS = ("fail_lo", "warn_lo", "warn_hi", "fail_hi")


def explain(rules: RuleSet, name: str | None = None) -> list[dict[str, Any]]:
    """Describe one rule (its id, or the number before the underscore: C1, c1), or all. ConfigError for a rule that does not exist."""
    found = [rule for rule in rules.rules if name is None or name.upper() in (rule.id.upper(), rule.id.partition("_")[0])]
    if not found:
        known = [rule.id for rule in rules.rules]
        raise ConfigError(f"there is no rule '{name}'.{did_you_mean(str(name), known)} medimg qc rules lists all.")
    return [_described(rule, rules) for rule in found]


def _described(rule: Rule, rules: RuleSet) -> dict[str, Any]:
    return {
        "id": rule.id,
        "group": rule.group,
        "views": list(rule.views),
        "metric": rule.metric,
        "formula": metrics()[rule.metric].formula,
        "unit": rule.unit,
        "limits": dict(zip(LIMITS, rule.limits, strict=True)),
        "evidence": dict(zip(LIMITS, rule.evidence, strict=True)),
        "source": dict(rule.source),
        "gates": {gate: list(limits) for gate, limits in rule.gates.items()},
        "needs": list(rule.needs),
        "enabled": rule.enabled,
        "critical": rule.critical,
        "required": rule.required,
        "counted": rule.counted,
        "distrust": rule.distrust,
        "cid7011": dict(rule.cid7011),
        "overrides": [_override(one.when, one.change) for one in rule.overrides],
        "text": {"title": dict(rule.text.title), "finding": _sides(rule.text.finding), "mend": _sides(rule.text.mend)},
        "set_by": {key: str(place) for (one, key), place in rules.places.items() if one == rule.id},
    }


def _override(when: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in change.items()}
    return {"when": {key: list(value) for key, value in when.items()}, **plain}


def _sides(text: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {side: dict(words) for side, words in text.items()}
