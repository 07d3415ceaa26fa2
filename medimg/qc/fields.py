"""The values of a rule, one by one: what is written -> what the rule holds. UnfitError says what is needed instead."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from medimg.qc.reasons import CID7011
from medimg.qc.rules import EVIDENCE, LANGUAGES, SIDES, Gate, Limit, Text, Words
from medimg.validate import UnfitError, did_you_mean, shown

Reader = Callable[[Any], Any]


def flag(given: Any) -> bool:
    """Read true or false."""
    if not isinstance(given, bool):
        raise UnfitError("true or false is needed.")
    return given


def sentence(given: Any) -> str:
    """Read a text that is not empty."""
    if given is None or isinstance(given, list | Mapping | bool) or not str(given).strip():
        raise UnfitError("a text is needed.")
    return str(given)


def one_of(known: Iterable[str], what: str) -> Reader:
    """Read one known name."""
    choices = list(known)

    def read(given: Any) -> str:
        if given not in choices:
            listed = f" There is: {', '.join(choices)}." if len(choices) < 20 else ""
            raise UnfitError(f"there is no {what} '{shown(given)}'.{did_you_mean(str(given), choices)}{listed}")
        return str(given)

    return read


def several(known: Iterable[str], what: str) -> Reader:
    """Read a list of known names, each once."""
    single = one_of(known, what)

    def read(given: Any) -> tuple[str, ...]:
        if not isinstance(given, list):
            raise UnfitError(f"a list is needed, as [{shown(given)}].")
        if len(set(map(str, given))) < len(given):
            raise UnfitError("a name is there twice. Take one out.")
        return tuple(single(one) for one in given)

    return read


def _finite(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


def numbers(count: int, order: str) -> Reader:
    """Read numbers or null that rise in the order named."""

    def read(given: Any) -> tuple[Limit, ...]:
        if not isinstance(given, list) or len(given) != count:
            raise UnfitError(f"{count} numbers or null are needed: [{order}].")
        wrong = [one for one in given if one is not None and not _finite(one)]
        if wrong:
            raise UnfitError(f"'{shown(wrong[0])}' is no number. Write [{order}] with null for no limit.")
        there = [float(one) for one in given if one is not None]
        if there != sorted(there):
            raise UnfitError(f"the numbers do not rise. Write them as [{order}].")
        return tuple(None if one is None else float(one) for one in given)

    return read


LIMITS = numbers(4, "fail_lo, warn_lo, warn_hi, fail_hi")
AGE = numbers(2, "from, to under")
PERCENTILES = numbers(4, "1, 5, 95, 99")


def percentiles(given: Any) -> tuple[Limit, ...]:
    """Read four percentiles between 0 and 100."""
    found: tuple[Limit, ...] = PERCENTILES(given)
    if any(one is not None and not 0 < one < 100 for one in found):
        raise UnfitError("percentiles lie between 0 and 100.")
    return found


def evidence(given: Any) -> tuple[str | None, ...]:
    """Read what each of four limits rests on."""
    if not isinstance(given, list) or len(given) != 4:
        raise UnfitError(f"four words are needed, one for each limit and null where there is none: {', '.join(EVIDENCE)}.")
    read = one_of(EVIDENCE, "word for evidence")
    return tuple(None if one is None else read(one) for one in given)


def gates(known: tuple[str, ...]) -> Reader:
    """Read gates of a metric: a largest value, or [low, high]; behind a question mark, only where the quantity was measured."""
    name = one_of(known, "gate of this metric")

    def read(given: Any) -> Mapping[str, Gate]:
        if not isinstance(given, Mapping):
            raise UnfitError("a mapping of gates to a largest value or [low, high] is needed.")
        return {name(gate.removesuffix("?")): _gate(limit, not gate.endswith("?")) for gate, limit in given.items()}

    return read


def _gate(limit: Any, needed: bool) -> Gate:
    low, high = numbers(2, "low, high")(limit if isinstance(limit, list) else [None, limit])
    return low, high, needed


def words(given: Any) -> Words:
    """Read a text in every language."""
    if not isinstance(given, Mapping) or set(given) != set(LANGUAGES):
        raise UnfitError(f"the text is needed once in each language: {{{', '.join(f'{name}: ...' for name in LANGUAGES)}}}.")
    return {language: sentence(given[language]) for language in LANGUAGES}


def source(given: Any) -> Words:
    """Read what limits rest on: a text of all languages, as a citation is, or one in each."""
    return words(given) if isinstance(given, Mapping) else dict.fromkeys(LANGUAGES, sentence(given))


def text(given: Any) -> Text:
    """Read a title, and for the sides low and high, or both, a finding and how to mend it."""
    allowed = ("title", *SIDES, "both")
    if not isinstance(given, Mapping) or "title" not in given:
        raise UnfitError("title, and low, high or both are needed.")
    for key in given:
        one_of(allowed, "part of a text")(key)
    sides = {side: given[name] for name in (*SIDES, "both") if name in given for side in (SIDES if name == "both" else (name,))}
    for side, parts in sides.items():
        if not isinstance(parts, Mapping) or set(parts) != {"finding", "mend"}:
            raise UnfitError(f"{side}: finding and mend are needed, and nothing else.")
    finding, mend = ({side: words(parts[part]) for side, parts in sides.items()} for part in ("finding", "mend"))
    return Text(words(given["title"]), finding, mend)


def reason(given: Any) -> Mapping[str, str]:
    """Read one reason of CID 7011, or one for each side."""
    read = one_of(CID7011, "reason of CID 7011")
    if isinstance(given, Mapping):
        if not given or set(given) - set(SIDES):
            raise UnfitError("a reason, or one for each of low and high, is needed.")
        return {side: read(one) for side, one in given.items()}
    return {side: read(given) for side in SIDES}
