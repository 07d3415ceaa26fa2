"""Texts of the report of chest films in English and Chinese, and how its numbers are written."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import yaml

from medimg.errors import ConfigError
from medimg.qc import details
from medimg.qc.rules import LANGUAGES, Limit
from medimg.qc.words import say
from medimg.report.words import finite, scrub

DIGITS = {"mm": 0, "deg": 1, "DI": 1, "ratio": 2, "-": 2, "0-1": 2, "kV": 0, "ms": 0, "px": 1, "ribs": 0}
AFTER = {"mm": " mm", "deg": "°", "DI": " DI", "kV": " kV", "ms": " ms"}
MOST_DIGITS = 9
HTML_LANGUAGE = {"en": "en", "zh": "zh-CN"}


class Words:
    """All texts in one language: `words("films")`, `words("span", first=..., last=...)`."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ConfigError(f"language={language}: choose {' or '.join(LANGUAGES)}.")
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, filled in."""
        text = texts()[key][self.language]
        return text.format(**values) if values else text

    def known(self, kind: str, word: object) -> str:
        """The text of a word of one kind (unit, fact, skipped); the word itself where there is none."""
        told = texts().get(f"{kind}_{word}")
        return told[self.language] if told else scrub(word).replace("_", " ")

    def organ(self, name: object) -> str:
        """The name of an organ."""
        return details.organ(scrub(name), self.language)

    def mark(self, label: object) -> str:
        """What a line, point or box that was measured shows."""
        return details.mark(scrub(label), self.language)

    def note(self, code: object) -> str:
        """A note on a film; what stands behind the colon of its code is kept in brackets.

        >>> Words("en").note("view_differs:AP")
        'The header tells another view (AP)'
        """
        told = say(scrub(code), self.language)
        return told[:1].upper() + told[1:]

    def word(self, text: str) -> str:
        """A room, operator, view, month or model; what medimg calls one itself, in the language."""
        own = {"": "unknown", "unknown": "unknown", "given masks": "given_masks"}
        return self(own[text]) if text in own else scrub(text)

    def share(self, value: Limit, digits: int = 1) -> str:
        """A share in per cent; a dash when there is none."""
        known = finite(value)
        return "–" if known is None else f"{100 * known:.{digits}f}" + ("%" if self.language == "zh" else " %")

    def limit(self, value: float, unit: str) -> str:
        """A limit as short as it can be: per cent for shares, no other unit."""
        return f"{100 * value:g}%".replace("-", "−") if unit == "frac" else f"{value:g}".replace("-", "−")

    def value(self, value: Limit, unit: str, limits: Iterable[Limit] = ()) -> str:
        """A measured number with its unit, with more digits where it would look like one of the limits and is not that.

        >>> Words("en").value(0.013, "frac"), Words("en").value(-4.26, "deg"), Words("zh").value(0.0, "bool")
        ('1.3 %', '−4.3°', '否')
        >>> Words("en").value(0.0097, "frac", (0.01, 0.03))
        '0.97 %'
        """
        known = finite(value)
        if known is None:
            return "–"
        if unit == "bool":
            return self("yes" if known else "no")
        others = {limit for limit in limits if limit is not None and limit != known}
        digits = _digits(known, unit)
        while digits < MOST_DIGITS and any(_rounded(limit, unit, digits) == _rounded(known, unit, digits) for limit in others):
            digits += 1
        return self._written(known, unit, digits)

    def exact(self, limit: float, unit: str) -> str:
        """A limit with its unit and all its digits.

        >>> Words("en").exact(0.425, "ratio"), Words("en").exact(0.4, "ratio")
        ('0.425', '0.40')
        """
        if unit == "bool":
            return self.value(limit, unit)
        digits = _digits(limit, unit)
        while digits < MOST_DIGITS and _rounded(limit, unit, digits) != _rounded(limit, unit, MOST_DIGITS):
            digits += 1
        return self._written(limit, unit, digits)

    def _written(self, known: float, unit: str, digits: int) -> str:
        if unit == "frac":
            return self.share(known, digits).replace("-", "−")
        after = AFTER.get(unit, "" if unit in ("ratio", "-", "0-1", "count") else f" {self.known('unit', unit)}")
        return f"{known:.{digits}f}{after}".replace("-", "−")


def _digits(known: float, unit: str) -> int:
    """Decimals that a number of a unit usually has."""
    if unit == "frac" or (unit == "mm" and abs(known) < 10):
        return 1
    return 0 if known.is_integer() else DIGITS.get(unit, 0)


def _rounded(known: float, unit: str, digits: int) -> float:
    return round(100 * known if unit == "frac" else known, digits)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key -> language -> text."""
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(files(__package__).joinpath("words.yaml").read_text(encoding="utf-8"))
    return found
