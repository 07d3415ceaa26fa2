"""A command's `key=value` words, read with Hydra's grammar and sorted: files chosen for groups, values, keys taken back."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from medimg.run.configs import NAME, groups, unsafe
from medimg.settings import Settings
from medimg.validate import did_you_mean, shown, takes_text


@dataclass
class Words:
    """The user's words, read: files chosen for groups, values by dotted key, keys taken back, and what could not be read."""

    choices: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_words(words: Sequence[str]) -> Words:
    """Sort `key=value` words into choices of group files and values; nothing is looked up yet but the groups' names."""
    said, parser, known = Words(), OverridesParser.create(), groups()
    for word in words:
        try:
            override = parser.parse_override(word)
        except HydraException as fault:
            said.faults.append(unreadable(word, fault))
            continue
        key = override.key_or_group
        refusal = _refusal(word, override)
        if refusal:
            said.faults.append(refusal)
        elif override.is_delete():
            said.removed.append(key)
        elif key in known:
            _choose(said, key, override.value(), known)
        elif key in said.values and said.values[key] != override.value():
            said.faults.append(f"{key} is given twice, {shown(said.values[key])} and {shown(override.value())}. Give it once.")
        else:
            said.values[key] = override.value()
    return said


def _refusal(word: str, override: Override) -> str | None:
    key = override.key_or_group
    if key == "hydra" or key.startswith(("hydra.", "hydra/")):
        return f"'{shown(word)}' is a setting of Hydra's sweeps and needs -m."
    if override.package is not None:
        return f"'{shown(word)}': packages (@) are not used here. Write {shown(key)}=VALUE."
    near = get_close_matches(key, [*groups(), *(item.name for item in fields(Settings))], n=1, cutoff=0.7)
    if "/" in key or (near and "." not in key and key != near[0] and near[0] in groups()):
        return f"there is no group '{shown(key)}'.{did_you_mean(key, list(groups()))} Groups: {', '.join(groups())}."
    if override.is_sweep_override():
        listed = f"{key}=[{override.input_line.partition('=')[2]}]" if override.is_choice_sweep() else f"{key}=[1,2]"
        text = override.is_choice_sweep() and takes_text(key)
        way_out = f"one text with a comma is quoted twice: {quoted(word)}" if text else f"one list is written {shown(listed)}"
        return f"'{shown(word)}' gives several values: a sweep over them needs -m, and {way_out}."
    return next(unsafe({key: override.value()}), None) or next(
        (f"key '{part}' is not allowed." for part in key.split(".") if part[:1] == "_"), None
    )


def _choose(said: Words, group: str, name: Any, known: Mapping[str, Sequence[str]]) -> None:
    if name is None and group == "experiment":
        said.choices[group] = None
        return
    fault = bad_choice(group, name, known[group])
    if fault:
        said.faults.append(fault)
    elif said.choices.setdefault(group, name) != name:
        said.faults.append(f"{group} is given twice, {said.choices[group]} and {name}. Give it once.")


def bad_choice(group: str, name: Any, names: Sequence[str]) -> str | None:
    """Why a group has no such file, with the closest one; None for a good choice."""
    if isinstance(name, dict):
        return f"{group}={shown(name)}: {group} chooses a file ({', '.join(names)}); single keys are set as {group}.KEY=VALUE."
    word = "null" if name is None else str(name)
    if not NAME.fullmatch(word):
        return f"{group}={shown(word)}: a name from configs/{group} is needed, no path: {', '.join(names)}."
    if word not in names:
        what = "experiment" if group == "experiment" else f"{group} file"
        return f"no {what} is called '{shown(word)}'.{did_you_mean(word, list(names))} There is: {', '.join(names)}."
    return None


def unreadable(word: str, fault: Exception) -> str:
    """Say that Hydra's grammar has no such word, and how to write it."""
    value = word.partition("=")[2]
    way_out = "'key=\"value\"'" if not value or value.startswith(("[", "{")) else quoted(word)
    if re.fullmatch(r"\[[^\[\]{}\"']+\]", value):
        way_out = quoted_list(word)
    return f"'{shown(word)}' cannot be read ({first_line(fault)}). Quote it in full: {way_out}."


def quoted(word: str) -> str:
    """Write `key=value` as a shell takes it and Hydra's grammar reads it as one text.

    >>> print(quoted("title=Brain, FLAIR"))
    'title="Brain, FLAIR"'
    """
    key, _, value = word.partition("=")
    text = shown(value).replace('"', '\\"')
    return shlex.quote(f'{key}="{text}"')


def quoted_list(word: str) -> str:
    """Write `key=[a,b]` so that each value is read as a text.

    >>> print(quoted_list("data.classes=[脑炎,胶质瘤]"))
    'data.classes=["脑炎","胶质瘤"]'
    """
    key, _, value = word.partition("=")
    texts = ",".join(f'"{text.strip()}"' for text in shown(value)[1:-1].split(","))
    return shlex.quote(f"{key}=[{texts}]")


def first_line(fault: Exception) -> str:
    """Shorten what a library says to its first line."""
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]
