"""Values of rule files, laid over each other, -> a RuleSet; every fault with the file and line where it was written."""

from collections.abc import Mapping, Sequence
from typing import Any

from medimg.qc import fields
from medimg.qc.build_rule import rule_of
from medimg.qc.desk import Desk
from medimg.qc.film import VIEWS
from medimg.qc.layers import Layer, Trail
from medimg.qc.rules import GROUPS, Rule, RuleSet
from medimg.validate import UnfitError, did_you_mean, shown

VERDICTS = ("any_fail", "critical_fail")
UNEVALUABLE = ("review", "fail", "ignore")
GRADES = ("A", "B", "C", "D")
CONDITIONS = ("no_warn", "warn", "fail_noncritical", "fail_critical")
KEYS = ("version", "extends", "unevaluable", "groups", "grade", "ages", "always_review", "rules")
DEFAULT_GRADE = dict(zip(GRADES, CONDITIONS, strict=True))


def build(layer: Layer, views: Sequence[str], faults: list[str]) -> RuleSet:
    """Read a whole rule set; what is not fit keeps its default and is added to `faults`."""
    desk, top = Desk(layer, faults), layer.values
    desk.known(top, KEYS, (), "a rule set")
    if "version" not in top:
        desk.fault((), "version is missing. Name this set and its date, as version: site-A-2026-01; it is written to every row.")
    found = RuleSet(
        version=desk.read(top, "version", fields.sentence, "", (), ""),
        rules=tuple(_rules(desk)),
        unevaluable=desk.read(top, "unevaluable", fields.one_of(UNEVALUABLE, "way"), "review", (), ""),
        groups=_groups(desk),
        grade=desk.read(top, "grade", _grade, DEFAULT_GRADE, (), ""),
        ages=desk.read(top, "ages", fields.AGE, (None, None), (), ""),
        always_review=desk.read(top, "always_review", fields.several(VIEWS, "view"), (), (), ""),
        places={(str(trail[1]), str(trail[2])): place for trail, place in layer.places if trail[:1] == ("rules",) and len(trail) == 3},
        layer=layer,
    )
    _views(desk, found, views)
    return found


def _rules(desk: Desk) -> list[Rule]:
    raw = desk.layer.values.get("rules") or {}
    if not raw:
        desk.fault(("rules",), "there are no rules. Extend a set that has some, as extends: [chest], or write them under rules.")
    found = [rule_of(desk, name, keys, list(raw)) for name, keys in raw.items()]
    return [rule for rule in found if rule is not None]


def _groups(desk: Desk) -> Mapping[str, str]:
    given = desk.layer.values.get("groups", {})
    if not isinstance(given, Mapping):
        desk.fault(("groups",), "groups: a mapping is needed, as {imaging: {verdict: any_fail}}.")
        return dict.fromkeys(GROUPS, VERDICTS[0])
    desk.known(given, GROUPS, ("groups",), "groups")
    found = dict.fromkeys(GROUPS, VERDICTS[0])
    for name in (name for name in GROUPS if name in given):
        trail: Trail = ("groups", name)
        if not isinstance(given[name], Mapping):
            desk.fault(trail, f"group {name}: a mapping is needed, as {{verdict: any_fail}}.")
            continue
        desk.known(given[name], ("verdict",), trail, f"group {name}")
        found[name] = desk.read(given[name], "verdict", fields.one_of(VERDICTS, "verdict"), VERDICTS[0], trail, f"group {name}: ")
    return found


def _grade(given: Any) -> Mapping[str, str]:
    if not isinstance(given, Mapping) or sorted(map(str, given.values())) != sorted(CONDITIONS):
        raise UnfitError(
            f"each of {', '.join(CONDITIONS)} needs one grade, as {{{', '.join(f'{k}: {v}' for k, v in DEFAULT_GRADE.items())}}}."
        )
    return {fields.one_of(GRADES, "grade")(letter): str(condition) for letter, condition in given.items()}


def _views(desk: Desk, found: RuleSet, views: Sequence[str]) -> None:
    """Every view that is expected in a study or will be judged has a rule."""
    expected = {view for rule in found.rules for view in rule.expected if rule.enabled}
    for view in dict.fromkeys((*views, *sorted(expected))):
        if view not in VIEWS:
            desk.fault((), f"there is no view '{shown(view)}'.{did_you_mean(view, list(VIEWS))} Views: {', '.join(VIEWS)}.")
        elif not any(rule.enabled for rule in found.of_view(view)):
            desk.fault((), f"no rule is enabled for view {view}. Extend chest_{'lat' if view == 'LAT' else 'pa'}, or leave the view out.")
