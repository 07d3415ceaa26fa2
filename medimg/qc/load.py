"""Rule files -> a rule set, or one error with every fault of all of them; a rule set as a text that a folder keeps."""

import json
from collections.abc import Sequence
from pathlib import Path

from medimg.errors import ConfigError
from medimg.qc.build import build
from medimg.qc.layers import Layer, Place
from medimg.qc.merge import merge
from medimg.qc.rules import RuleSet
from medimg.qc.stack import Stack


def load(source: str | Path, folder: Path, views: Sequence[str] = ()) -> RuleSet:
    """Read a rule set: the name of one in `folder` (configs/qc), or a .yaml file, which may extend such.

    `views` are those that will be judged; each needs a rule. Raises ConfigError with every fault: file, line, what, nearest name.
    """
    stack = Stack(folder, [])
    stack.add(str(source), Path.cwd(), f"rules={source}")
    if stack.faults and not stack.whole:
        raise ConfigError(*stack.faults)
    found = build(merge(stack), views, stack.faults)
    if stack.faults:
        raise ConfigError(*dict.fromkeys(stack.faults))
    return found


def as_text(rules: RuleSet) -> str:
    """A rule set with the file and line of each of its values, as `of_text` reads it again."""
    places = [(trail, place.file, place.line) for trail, place in rules.layer.places]
    return json.dumps({"values": rules.layer.values, "places": places}, ensure_ascii=False, default=str)


def of_text(text: str) -> RuleSet:
    """Read what `as_text` wrote. Raises ConfigError where this version of medimg knows such rules no more."""
    told, layer, faults = json.loads(text), Layer(), list[str]()
    layer.values = told["values"]
    for trail, file, line in told["places"]:
        layer.places[tuple(trail)] = Place(file, line)
    found = build(layer, (), faults)
    if faults:
        raise ConfigError(*dict.fromkeys(faults))
    return found
