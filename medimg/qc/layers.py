"""A rule file read with the line of every value in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where a value was written."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


class Places:
    """The place of each value by its trail of keys, kept apart by the first two keys: a rule's places are found without the others'."""

    def __init__(self) -> None:
        self._heads: dict[Trail, dict[Trail, Place]] = {}

    def __setitem__(self, trail: Trail, place: Place) -> None:
        self._heads.setdefault(trail[:2], {})[trail] = place

    def __contains__(self, trail: Trail) -> bool:
        return trail in self._heads.get(trail[:2], {})

    def __iter__(self) -> Iterator[tuple[Trail, Place]]:
        return (pair for head in self._heads.values() for pair in head.items())

    def nearest(self, trail: Trail) -> Place:
        """Where a value, or the nearest thing around it, was written."""
        ends = (trail[:end] for end in range(len(trail), -1, -1))
        return next((self._heads[end[:2]][end] for end in ends if end in self), Place("rule set", 1))

    def copy(self, trail: Trail, other: "Places", where: Trail) -> None:
        """Let a value and all in it have the places that lie at `where` in another's."""
        ours = self._heads.setdefault(trail[:2], {})
        for old in [old for old in ours if old[: len(trail)] == trail]:
            del ours[old]
        for old, place in list(other._heads.get(where[:2], {}).items()):
            if old[: len(where)] == where:
                self[trail + old[len(where) :]] = place


@dataclass
class Layer:
    """Values of one file, or of several laid over each other, and where each was written."""

    values: dict[str, Any] = field(default_factory=dict)
    places: Places = field(default_factory=Places)

    def place(self, trail: Trail) -> Place:
        """Where a value, or the nearest thing around it, was written."""
        return self.places.nearest(trail)

    def put(self, trail: Trail, value: Any, other: "Layer", where: Trail) -> None:
        """Set a value, taking it and its places from `where` in another layer."""
        self.places.copy(trail, other.places, where)
        home: Any = self.values
        for key in trail[:-1]:
            home = home.setdefault(key, {})
        home[trail[-1]] = value


def read_layer(path: Path, name: str, faults: list[str]) -> Layer:
    """Read one file; what is wrong with its form is added to `faults`, and what could be read is kept."""
    layer = Layer()
    layer.places[()] = Place(name, 1)
    try:
        text = path.read_text(encoding="utf-8")
        marks = (token for token in yaml.scan(text, Loader=LOADER) if isinstance(token, yaml.AnchorToken | yaml.AliasToken))
        shared = next(marks, None)
        if shared is not None:
            faults.append(f"{Place(name, shared.start_mark.line + 1)}: anchors and aliases (&, *) are not used here. Write the value out.")
            return layer
        node = yaml.compose(text, Loader=LOADER)
    except OSError as fault:
        faults.append(f"{name}: cannot be read ({fault.strerror}). Check the path.")
        return layer
    except UnicodeDecodeError:
        faults.append(f"{name}: is not UTF-8. Save it as UTF-8.")
        return layer
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        faults.append(
            f"{Place(name, line)}: is not YAML ({getattr(fault, 'problem', None) or fault}). Look at this line and the one above."
        )
        return layer
    if not isinstance(node, yaml.MappingNode):
        faults.append(f"{Place(name, 1)}: keys with values are needed (version, extends, rules ...), and there are none.")
        return layer
    layer.values = _plain(node, (), layer, name, faults)
    return layer


def _plain(node: Any, trail: Trail, layer: Layer, name: str, faults: list[str]) -> Any:
    """Values of a node; its place, and those of all below, go into the layer."""
    if trail not in layer.places:
        layer.places[trail] = Place(name, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*trail, place), layer, name, faults) for place, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, trail, layer, name, faults))
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError):
        faults.append(f"{Place(name, node.start_mark.line + 1)}: '{node.value}' is no value that is used here. Write a number or a text.")
        return None


def _pairs(node: Any, trail: Trail, layer: Layer, name: str, faults: list[str]) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in seen:
            faults.append(f"{Place(name, line)}: '{key}' is there twice, in lines {seen[key]} and {line}. Remove or rename one.")
            continue
        seen[key] = line
        layer.places[(*trail, key)] = Place(name, line)
        yield key, _plain(value_node, (*trail, key), layer, name, faults)
