"""Every key of the configuration as a person reads it: its value, what it may be, and the comment beside it in medimg/settings.py."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from medimg.settings import Settings
from medimg.validate import wanted

COMMENT = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Key:
    """A dotted key, its value, the values it may have, and what it is for (empty where its name says it)."""

    name: str
    value: Any
    wanted: str
    purpose: str


def every_key(values: Mapping[str, Any]) -> list[Key]:
    """List all keys in the order of the settings, with their values in a tree of plain values."""
    return list(_below(Settings, values, ""))


def _below(cls: type, values: Mapping[str, Any], prefix: str) -> Iterator[Key]:
    hints, purposes = get_type_hints(cls), dict(COMMENT.findall(inspect.getsource(cls)))
    for item in fields(cls):
        hint, value, name = hints[item.name], values.get(item.name), f"{prefix}{item.name}"
        if is_dataclass(hint):
            yield from _below(hint, value or {}, f"{name}.")  # type: ignore[arg-type]
        else:
            yield Key(name, value, wanted(hint, item).rstrip(","), purposes.get(item.name, ""))
