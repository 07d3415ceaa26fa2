"""What is otherwise for some films, read and held against the rule."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medimg.qc import fields
from medimg.qc.desk import Desk
from medimg.qc.film import VIEWS
from medimg.qc.layers import Trail
from medimg.qc.metric import Metric
from medimg.qc.readers import FLAGS, readers, told_by_site
from medimg.qc.rules import Override
from medimg.validate import UnfitError

CHANGEABLE = ("limits", "evidence", "unit", "enabled", "critical", "required", "gates", "source")
WHEN = ("StationName", "site", "view", "age", "unit")


def overrides(
    desk: Desk, given: Mapping[str, Any], values: Mapping[str, Any], metric: Metric | None, trail: Trail, what: str
) -> Iterator[Override]:
    """Read the overrides of a rule whose other `values` have been read."""
    listed = given.get("overrides", [])
    if not isinstance(listed, list):
        desk.fault((*trail, "overrides"), f"{what}overrides: a list is needed, as [{{when: {{view: LAT}}, limits: [...]}}].")
        return
    known = {key: reader for key, (reader, _) in readers(str(given.get("metric")), metric).items()} | dict.fromkeys(FLAGS, fields.flag)
    for place, one in enumerate(listed):
        here: Trail = (*trail, "overrides", place)
        if not isinstance(one, Mapping) or not isinstance(one.get("when"), Mapping) or not one["when"] or len(one) < 2:
            desk.fault(here, f"{what}an override needs when and what it changes, as {{when: {{StationName: DR3}}, limits: [...]}}.")
            continue
        desk.known(one, ("when", *CHANGEABLE), here, f"an override of rule {name_of(trail)}")
        desk.known(one["when"], WHEN, (*here, "when"), f"when of rule {name_of(trail)}")
        change = {key: desk.read(one, key, known[key], None, here, what) for key in CHANGEABLE if key in one}
        change = {key: value for key, value in change.items() if value is not None}
        if "limits" in change and "evidence" not in change:
            change["evidence"] = told_by_site(change["limits"])
        if "limits" in change and "source" not in change:
            change["source"] = fields.source(Path(desk.layer.place(here).file).name)
        when = {key: _condition(desk, one["when"], key, metric, (*here, "when"), what) for key in WHEN if key in one["when"]}
        if "unit" in change and change["unit"] != values["unit"] and "limits" not in change:
            desk.fault(here, f"{what}another unit needs limits in it. Write limits beside unit: {change['unit']}.")
        yield Override(when, change)


def name_of(trail: Trail) -> str:
    """The rule a trail lies in."""
    return str(trail[1])


def _condition(desk: Desk, when: Mapping[str, Any], key: str, metric: Metric | None, trail: Trail, what: str) -> tuple[Any, ...]:
    known = {"view": VIEWS, "unit": metric.units if metric else ()}.get(key, ())
    if key == "age":
        found = desk.read(when, key, fields.AGE, (None, None), trail, what)
    else:
        given = {key: when[key] if isinstance(when[key], list) else [when[key]]}
        found = desk.read(given, key, fields.several(known, key) if known else _texts, (), trail, what)
    return tuple(found)


def _texts(given: Any) -> tuple[str, ...]:
    if not given:
        raise UnfitError("a name, or a list of names, is needed.")
    return tuple(fields.sentence(one) for one in given)
