"""One rule of a rule file, read and held against the metric it asks for."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from medimg.qc import fields
from medimg.qc.build_override import overrides
from medimg.qc.desk import Desk
from medimg.qc.film import STUDY
from medimg.qc.layers import Trail
from medimg.qc.metric import Metric
from medimg.qc.readers import FLAGS, organs_in, readers, told_by_site
from medimg.qc.registry import metrics
from medimg.qc.rules import Rule
from medimg.validate import did_you_mean

KEYS = tuple(item.name for item in fields_of(Rule) if item.name != "id")
NEEDED = ("group", "views", "metric", "unit", "limits", "evidence", "source", "text")


def rule_of(desk: Desk, name: str, given: Mapping[str, Any], ids: list[str]) -> Rule | None:
    """Read a rule; None where it cannot be used at all."""
    trail: Trail = ("rules", name)
    if "metric" not in given:
        others = [other for other in ids if other != name]
        near = did_you_mean(name, others)
        desk.fault(trail, f"there is no rule '{name}' to change.{near} A new rule needs {', '.join(NEEDED)}.")
        return None
    what = f"rule {name}: "
    desk.known(given, KEYS, trail, f"rule {name}")
    missing = [key for key in NEEDED if key not in given and key != "evidence"]
    if missing:
        desk.fault(trail, f"{what}{', '.join(missing)} missing. A rule needs {', '.join(NEEDED)}.")
    metric_name = desk.read(given, "metric", fields.one_of(metrics(), "metric"), "", trail, what)
    metric = metrics().get(metric_name)
    values = {key: desk.read(given, key, reader, default, trail, what) for key, (reader, default) in readers(metric_name, metric).items()}
    values |= {key: desk.read(given, key, fields.flag, _default(key), trail, what) for key in FLAGS}
    values["needs"] = desk.read(given, "needs", organs_in(values["views"]), (), trail, what)
    if "evidence" not in given:
        values["evidence"] = told_by_site(values["limits"])
    values["overrides"] = tuple(overrides(desk, given, values, metric, trail, what))
    rule = Rule(id=name, metric=metric_name, **values)
    if not missing and metric is not None:
        _fit(desk, rule, metric, trail)
    return rule


def _default(key: str) -> bool:
    return bool(Rule.__dataclass_fields__[key].default)


def _fit(desk: Desk, rule: Rule, metric: Metric, trail: Trail) -> None:
    """What is right key by key and wrong together."""

    def fault(key: str, text: str) -> None:
        desk.fault((*trail, key), f"rule {rule.id}: {text}")

    for view in rule.views:
        if view not in metric.views:
            fault("views", f"{rule.metric} is not measured in {view}, only in {', '.join(metric.views)}. Take the view out.")
    if not rule.views:
        fault("views", "at least one view is needed.")
    marks = [(limit is None) == (mark is None) for limit, mark in zip(rule.limits, rule.evidence, strict=True)]
    if not all(marks):
        fault("evidence", "a word is needed for each limit, and null where there is none. Write them in the order of the limits.")
    sides = [rule.limits, *(override.change["limits"] for override in rule.overrides if "limits" in override.change)]
    for side, low in (("low", True), ("high", False)):
        limited = any(limit is not None for limits in sides for limit in (limits[:2] if low else limits[2:]))
        if limited and side not in rule.text.finding:
            fault("text", f"there is a limit on the {side} side and no text.{side}. Say what was found and how to mend it.")
    can_fail = rule.counted and not rule.distrust and any(limits[0] is not None or limits[3] is not None for limits in sides)
    if can_fail and not rule.cid7011:
        fault("cid7011", "a rule that can fail needs a reason of CID 7011 for it, as cid7011: Positioning.")
    if (STUDY in rule.views) != bool(rule.expected):
        fault("expected", "expected views are for the rule of a study, and that rule needs them, as expected: [PA, LAT].")
