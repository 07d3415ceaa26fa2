"""How each key of a rule is read, and its default."""

from typing import Any

from medimg.qc import fields
from medimg.qc.film import ORGANS, STUDY, VIEWS
from medimg.qc.metric import Metric
from medimg.qc.rules import GROUPS, NONE, Limits, Text
from medimg.validate import UnfitError

FLAGS = ("critical", "required", "counted", "distrust", "enabled")


def readers(name: str, metric: Metric | None) -> dict[str, tuple[fields.Reader, Any]]:
    """How each plain key is read, with its default; gates and units are those of the metric of this name."""
    return {
        "group": (fields.one_of(GROUPS, "group"), ""),
        "views": (fields.several((*VIEWS, STUDY), "view"), ()),
        "unit": (_unit(name, metric) if metric else fields.sentence, ""),
        "limits": (fields.LIMITS, NONE),
        "evidence": (fields.evidence, NONE),
        "source": (fields.source, {}),
        "text": (fields.text, Text({})),
        "gates": (fields.gates(metric.gates) if metric else (lambda given: {}), {}),
        "cid7011": (fields.reason, {}),
        "percentiles": (fields.percentiles, NONE),
        "expected": (fields.several(VIEWS, "view"), ()),
    }


def _unit(name: str, metric: Metric) -> fields.Reader:
    def read(given: Any) -> str:
        if given not in metric.units:
            raise UnfitError(f"{name} is measured in {' or '.join(metric.units)}. Write its limits in that unit.")
        return str(given)

    return read


def told_by_site(limits: Limits) -> tuple[str | None, ...]:
    """Limits without a source of their own are the site's."""
    return tuple(None if limit is None else "site" for limit in limits)


def organs_in(views: tuple[str, ...]) -> fields.Reader:
    """Read organs that have a mask in every view of the rule."""
    known = [organ for organ in ORGANS.get(views[0], ()) if all(organ in ORGANS.get(view, ()) for view in views)] if views else []
    return fields.several(known, f"organ in {' and '.join(views)}")
