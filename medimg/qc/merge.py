"""Files of rules laid over each other: a value further up replaces one below, overrides are added, and no rule is defined twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medimg.qc.layers import Layer, Place, Trail
from medimg.qc.stack import Stack

BY_NAME = ("groups",)  # sections whose entries are replaced one by one; others are replaced as a whole


def merge(stack: Stack) -> Layer:
    """Lay all files of a stack over each other; a rule that two files define without knowing of each other is a fault."""
    whole, last = Layer({"rules": {}}), dict[str, Path]()
    top = list(stack.layers)[-1]
    whole.places[()] = stack.layers[top].place(())
    for path, layer in stack.layers.items():
        for key, value in layer.values.items():
            if key == "rules":
                _rules(whole, last, stack, path)
            elif key in BY_NAME and isinstance(value, Mapping) and isinstance(whole.values.get(key, {}), Mapping):
                for name, entry in value.items():
                    whole.put((key, name), entry, layer, (key, name))
            elif key != "extends" and (key != "version" or path == top):  # a version is that of the file that was asked for
                whole.put((key,), value, layer, (key,))
    return whole


def _rules(whole: Layer, last: dict[str, Path], stack: Stack, path: Path) -> None:
    layer = stack.layers[path]
    rules, place = layer.values["rules"], layer.place(("rules",))
    if not isinstance(rules, Mapping):
        stack.faults.append(f"{place}: rules needs a mapping of rule ids to their keys.")
        return
    for rule, keys in rules.items():
        here = layer.place(("rules", rule))
        if not isinstance(keys, Mapping):
            stack.faults.append(f"{here}: rule {rule}: a mapping of keys is needed, as {{limits: [0.4, 0.6, null, null]}}.")
            continue
        if rule in last and last[rule] not in stack.below[path]:
            other = whole.place(("rules", rule))
            stack.faults.append(f"{here}: rule {rule} is there twice, also in {other}. Rename one, or let one file extend the other.")
            continue
        last[rule] = path
        _one(whole, layer, rule, keys, here)


def _one(whole: Layer, layer: Layer, rule: str, keys: Mapping[str, Any], here: Place) -> None:
    trail: Trail = ("rules", rule)
    known = whole.values["rules"].setdefault(rule, {})
    if trail not in whole.places:
        whole.places[trail] = here
    if "limits" in keys and "evidence" not in keys:
        known.pop("evidence", None)  # the sources of the limits below say nothing about new ones
    if known and "limits" in keys and "source" not in keys:
        whole.put((*trail, "source"), Path(here.file).name, layer, (*trail, "limits"))
    for key, value in keys.items():
        if key == "overrides" and isinstance(value, list) and isinstance(known.get(key, []), list):
            _add(whole, layer, trail, value)
        elif key == "text" and isinstance(value, Mapping) and isinstance(known.get(key, {}), Mapping):
            for part, text in value.items():
                whole.put((*trail, key, part), text, layer, (*trail, key, part))
            whole.places[(*trail, key)] = layer.place((*trail, key))
        else:
            whole.put((*trail, key), value, layer, (*trail, key))


def _add(whole: Layer, layer: Layer, trail: Trail, overrides: list[Any]) -> None:
    """Put a file's overrides behind those below: of several that fit a film the last one wins."""
    listed = whole.values["rules"][trail[-1]].setdefault("overrides", [])
    whole.places[(*trail, "overrides")] = layer.place((*trail, "overrides"))
    for place, override in enumerate(overrides):
        whole.places.copy((*trail, "overrides", len(listed)), layer.places, (*trail, "overrides", place))
        listed.append(override)
