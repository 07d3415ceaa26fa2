"""All metrics by name, built in and of other packages, and what they say of one film."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

import numpy as np

from medimg.qc.catalogue import METRICS
from medimg.qc.completeness import fragments
from medimg.qc.film import Film, NotApplicable, NotMeasurable
from medimg.qc.metric import Metric
from medimg.qc.value import Value

GROUP = "medimg.qc.metrics"  # entry points, each a Metric, named as it


@cache
def metrics() -> Mapping[str, Metric]:
    """Built-in metrics and those of installed packages; a package cannot replace a built-in one."""
    others = {entry.name: entry.load() for entry in entry_points(group=GROUP) if entry.name not in METRICS}
    return {**METRICS, **others}


def measure(film: Film) -> list[Value]:
    """Measure everything that there is to measure in the film's view: one Value of each metric, in the registry's order, never an error."""
    return [value_of(film, name, metric) for name, metric in metrics().items() if film.view in metric.views]


def value_of(film: Film, name: str, metric: Metric) -> Value:
    """Measure one metric; what cannot be measured has a reason, and so has a metric that breaks."""
    try:
        found = metric.function(film)
    except NotMeasurable as reason:
        return Value(name, None, metric.unit, str(reason), applicable=not isinstance(reason, NotApplicable))
    except Exception as error:  # one broken metric must not cost the other forty; the reason names the fault
        return Value(name, None, metric.unit, f"the metric is broken: {type(error).__name__}: {error}")
    if not np.isfinite(found.value):
        return Value(name, None, found.unit or metric.unit, "the measured value is not a number")
    gates = _of_masks(film, metric.organs(film.view)) | {gate: float(number) for gate, number in found.gates.items()}
    return Value(name, float(found.value), found.unit or metric.unit, gates=gates, marks=found.marks)


def _of_masks(film: Film, organs: tuple[str, ...]) -> dict[str, float]:
    """Gates of every metric: fragments, the largest share of a needed mask outside its largest part; trust, the least, where known."""
    there = [organ for organ in organs if film.has(organ)]
    gates = {"fragments": max(fragments(film, organ) for organ in there)} if there else {}
    return gates | ({"trust": min(film.trust[organ] for organ in there)} if there and film.trust.keys() >= set(there) else {})
