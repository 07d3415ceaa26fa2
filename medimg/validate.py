"""The composed configuration against the classes of settings: right types, right ranges, and all faults in one list."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import Field, asdict, fields, is_dataclass
from difflib import SequenceMatcher, get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from medimg.settings import Settings

OPEN = "???"  # as configuration files write a value that must be given
NEAR = 0.6  # difflib's own limit for 'did you mean'
LONG = 60
OTHER_NAMES = {
    "learning_rate": "task.lr", "batch": "trainer.batch_size", "max_epochs": "trainer.epochs", "gpus": "trainer.devices",
    "pretrained": "model.weights", "backbone": "model.name", "arch": "model.name", "image_size": "data.size", "csv": "data.manifest",
}  # fmt: skip


SELDOM = ("generate.", "phases.", "active.")  # sections of one recipe each: of two equally near keys the other is meant


class UnfitError(ValueError):
    """A value that a key cannot take; the text says what it needs."""


def read_settings(config: Mapping[str, Any], sources: Mapping[str, str] | None = None) -> tuple[Settings, list[str]]:
    """Turn a plain nested mapping into Settings, and list every fault in it; a key with a fault keeps its default.

    `sources` says where a dotted key was set ("profile smoke"), for the text of its fault.
    """
    faults: list[str] = []
    settings = cast(Settings, _section(Settings, config, "", sources or {}, faults))
    return settings, faults


def plain(settings: Settings) -> dict[str, Any]:
    """Settings as dictionaries, lists and single values, as YAML and JSON keep them; `read_settings` leads back."""
    return cast(dict[str, Any], _listed(asdict(settings)))


def known_keys() -> list[str]:
    """Every dotted key that exists."""
    return list(_keys(Settings, ""))


def closest_key(key: str) -> str | None:
    """The existing key that a misspelt one most likely means: by its whole name, or by its last word where the section is wrong."""
    leaf = key.rsplit(".", 1)[-1]
    if leaf in OTHER_NAMES:
        return OTHER_NAMES[leaf]

    def score(known: str) -> tuple[float, bool, int]:
        whole = SequenceMatcher(None, key, known).ratio()
        last = SequenceMatcher(None, leaf, known.rsplit(".", 1)[-1]).ratio() - 0.02
        return max(whole, last), not known.startswith(SELDOM), -len(known)

    best = max(known_keys(), key=score)
    return best if score(best)[0] >= NEAR else None


def takes_text(key: str) -> bool:
    """Tell whether a dotted key takes any text."""
    hint: Any = Settings
    for part in key.split("."):
        hint = get_type_hints(hint).get(part) if is_dataclass(hint) else None
    return hint in (str, str | None)


def did_you_mean(word: str, known: Iterator[str] | list[str]) -> str:
    """' Did you mean x?' with the closest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=NEAR)
    return f" Did you mean {near[0]}?" if near else ""


def shown(value: Any) -> str:
    """A value as a person would have typed it, on one line and not too long."""
    if isinstance(value, list | tuple):
        text = "[" + ",".join(map(shown, value)) + "]"
    elif isinstance(value, Mapping):
        text = "{" + ",".join(f"{name}:{shown(item)}" for name, item in value.items()) + "}"
    else:
        text = {None: "null", True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool | None) else str(value)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= LONG else text[: LONG - 3] + "..."


def _section(cls: type, raw: Any, prefix: str, sources: Mapping[str, str], faults: list[str]) -> Any:
    hints, known = get_type_hints(cls), {item.name: item for item in fields(cls)}
    faults += [_unknown(f"{prefix}{key}", sources) for key in raw if key not in known]
    values: dict[str, Any] = {}
    for name in (name for name in known if name in raw):
        key, hint, given = f"{prefix}{name}", hints[name], raw[name]
        if is_dataclass(hint):
            if isinstance(given, Mapping):
                values[name] = _section(cast(type, hint), given, f"{key}.", sources, faults)
            elif given is not None:
                faults.append(f"{key}={shown(given)}: {key} is a group of keys, set as {key}.KEY=VALUE.{_from(key, sources)}")
            continue
        try:
            values[name] = _value(hint, given, known[name])
        except UnfitError as wrong:
            faults.append(f"{key}={shown(given)}: {wrong}{_from(key, sources)}")
    return cls(**values)


def _unknown(key: str, sources: Mapping[str, str]) -> str:
    near = closest_key(key)
    return f"no key '{key}'" + (f"; did you mean '{near}'?" if near else ". medimg show lists all keys.") + _from(key, sources)


def _from(key: str, sources: Mapping[str, str]) -> str:
    parts = key.split(".")
    found = [name for end in range(len(parts), 0, -1) if (name := sources.get(".".join(parts[:end])))]
    return f" ({found[0]})" if found else ""


def _value(hint: Any, given: Any, item: "Field[Any]") -> Any:
    """The value as its type wants it; UnfitError says what is needed instead."""
    if given == OPEN:
        raise UnfitError("this has no default and must be given.")
    for arm in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        try:
            value = _as(arm, given)
        except ValueError:
            continue
        low, high = item.metadata.get("low", -math.inf), item.metadata.get("high", math.inf)
        if isinstance(value, int | float) and not isinstance(value, bool) and not low <= value <= high:
            break
        return value
    raise UnfitError(f"{wanted(hint, item)} is needed.{_near_choice(hint, given)}")


def _as(arm: Any, given: Any) -> Any:
    origin = get_origin(arm)
    if origin is Literal:
        return _one_of(given, get_args(arm))
    if origin is tuple:
        inner = get_args(arm)[0]
        if get_origin(inner) is dict and isinstance(given, list | tuple) and all(isinstance(one, Mapping) for one in given):
            return tuple(dict(one) for one in given)
        return tuple(_as(inner, one) for one in (given if isinstance(given, list | tuple) else [given]))
    if origin is dict:
        return _conditions(given)
    return _single(arm, given)


def _single(kind: Any, given: Any) -> Any:
    if kind is NoneType and given is None:
        return None
    if kind is Any:
        return given
    if kind is bool and isinstance(given, bool):
        return given
    if isinstance(given, bool) or given is None:
        raise ValueError
    if kind is int and isinstance(given, int):
        return given
    if kind is float and isinstance(given, int | float) and math.isfinite(given):
        return float(given)
    if kind is str and isinstance(given, str | int | float):
        return str(given)
    raise ValueError


def _one_of(given: Any, choices: tuple[Any, ...]) -> Any:
    if given not in choices:
        raise ValueError
    return given


def _conditions(given: Any) -> dict[str, Any]:
    """A flat mapping: names to single values or lists of them."""
    if not isinstance(given, Mapping):
        raise ValueError
    for value in given.values():
        if any(isinstance(one, Mapping | list) for one in (value if isinstance(value, list) else [value])):
            raise ValueError
    return {str(name): value for name, value in given.items()}


def wanted(hint: Any, item: "Field[Any]") -> str:
    """Say in words what values a key takes: its type and its range."""
    arms = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return " or ".join(_words(arm, item.metadata) for arm in arms)


def _words(arm: Any, limits: Mapping[str, Any]) -> str:
    origin = get_origin(arm)
    if origin is Literal:
        choices = [str(choice) for choice in get_args(arm)]
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    if origin is tuple:
        inner = get_args(arm)[0]
        if get_origin(inner) is Literal:
            return f"a list of {', '.join(map(str, get_args(inner)))}"
        return f"a list of {({int: 'whole numbers', str: 'words'}).get(inner, 'mappings')}, [a,b],"
    if origin is dict:
        return "a mapping of columns to values, {column:value} or {column:[a,b]},"
    names = {NoneType: "null", bool: "true or false", int: "a whole number", float: "a number", str: "a word"}
    return names[arm] + (_limits(limits) if arm in (int, float) else "")


def _limits(limits: Mapping[str, Any]) -> str:
    if "high" in limits:
        return f" from {limits['low']:g} to {limits['high']:g}"
    return f" of at least {limits['low']:g}" if "low" in limits else ""


def _near_choice(hint: Any, given: Any) -> str:
    arms = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    arms = tuple(get_args(arm)[0] if get_origin(arm) is tuple else arm for arm in arms)
    choices = [str(choice) for arm in arms if get_origin(arm) is Literal for choice in get_args(arm)]
    wrong = next((one for one in given if one not in choices), "") if isinstance(given, list | tuple) else given
    return did_you_mean(str(wrong), choices)


def _keys(cls: type, prefix: str) -> Iterator[str]:
    for name, hint in get_type_hints(cls).items():
        if is_dataclass(hint):
            yield from _keys(cast(type, hint), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
