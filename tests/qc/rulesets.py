"""The rule sets that come with medimg, films that pass all their rules, and rule files written for one test."""

from pathlib import Path

from medimg.qc.load import load
from medimg.qc.registry import metrics
from medimg.qc.rules import NONE
from medimg.qc.value import Value

FOLDER = Path(__file__).parents[2] / "configs" / "qc"
CHEST = load("chest", FOLDER)
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
COUNTED = [rule for rule in CHEST.rules if rule.limits != NONE and rule.views != ("study",)]


def inside(limits):
    """A number that passes."""
    _, warn_lo, warn_hi, _ = limits
    if warn_lo is not None and warn_hi is not None:
        return (warn_lo + warn_hi) / 2
    return warn_lo if warn_lo is not None else warn_hi if warn_hi is not None else 0.5


def open_gates(rule):
    """Gate quantities that let every value through."""
    return {gate: next((limit for limit in (high, low) if limit is not None), 0.0) for gate, (low, high, _) in rule.gates.items()}


def value_for(rule, number, **changes):
    return Value(**({"metric": rule.metric, "value": number, "unit": rule.unit, "gates": open_gates(rule)} | changes))


def good_film(view="PA", rules=CHEST, **numbers):
    """Values of a film that passes every rule of its view, but for the numbers given by metric."""
    found = {rule.metric: value_for(rule, inside(rule.limits)) for rule in rules.of_view(view)}
    for metric, number in numbers.items():
        found[metric] = Value(metric, number, found[metric].unit if metric in found else metrics()[metric].units[0],
                              gates=found[metric].gates if metric in found else {})  # fmt: skip
    return list(found.values())


def write_rules(folder, text, name="site.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
