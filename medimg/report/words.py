"""How numbers, names and texts of a run are written in a report: one notation, and never a path."""

import math
import re
from typing import Any

from medimg.words import spaced

HIDDEN = "(path left out)"
PATH = re.compile(
    r"""(?:(?<=^)|(?<=[\s=:,;'"(\[{<]))(?:file:/*|~|\.{1,2})?/[^\s'",;)\]}>]*   # /a/b  ~/a  ../a  file:///a
    |(?<![A-Za-z])[A-Za-z]:[\\/][^\s'",;)\]}>]*                                  # C:\a
    |\\\\[^\s'",;)\]}>]+                                                         # \\server\a
    """,
    re.VERBOSE,
)
SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*://", re.IGNORECASE)
FILE = re.compile(r"^[^\s]*[/\\]?[^\s/\\]+\.(?:csv|dcm|ckpt|pth?|safetensors|ya?ml|json|png|jpe?g|tiff?|h5|db|sqlite|zip)$", re.IGNORECASE)
PRIVATE = re.compile(
    r"host|^user|username|login|^node$|domain|e?mail|cwd|argv|command|executable|prefix|path$|^path|folder|directory|_dir$|^dir$|^home$|^pid$|address"
    r"|serial|uuid|token|secret|password|api_?key", re.IGNORECASE
)  # fmt: skip


def scrub(text: object) -> str:
    """Any value as text without paths and without the scheme of an address: what a report may show.

    >>> scrub("no such file: /data/Smith/1.dcm")
    'no such file: (path left out)'
    """
    return PATH.sub(HIDDEN, SCHEME.sub("", re.sub(r"file:/+", "/", str(text))))


def plain(value: Any) -> Any:
    """A configuration or environment without paths, file names and what names a person or a machine."""
    if isinstance(value, dict):
        return {scrub(key): plain(item) for key, item in value.items() if not PRIVATE.search(str(key))}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return HIDDEN if FILE.match(value) else scrub(value)
    return value


def finite(value: Any) -> float | None:
    """A number, or None for everything that is not a finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def number(value: Any, digits: int = 3) -> str:
    """A measure with a fixed number of decimals; a dash when there is none.

    >>> number(0.98765), number(None)
    ('0.988', '–')
    """
    known = finite(value)
    return "–" if known is None else f"{known:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign, a true minus, and no sign at zero.

    >>> signed(0.05), signed(-0.0001)
    ('+0.050', '0.000')
    """
    known = round(value, digits)
    return f"{known:+.{digits}f}".replace("-", "\u2212") if known else f"{0:.{digits}f}"


def count(value: Any) -> str:
    """A count, or a mean of counts, as a whole number with a comma between thousands.

    >>> count(12345), count(68.8)
    ('12,345', '69')
    """
    known = finite(value)
    return "–" if known is None else f"{round(known):,}"


def interval(row: dict[str, Any], digits: int = 3) -> str:
    """The interval of a row of metrics.json, "0.812 to 0.921"; empty when it has none."""
    if finite(row.get("low")) is None or finite(row.get("high")) is None:
        return ""
    return f"{number(row['low'], digits)} to {number(row['high'], digits)}"


def words(name: str) -> str:
    """A class, site or column name for reading: reduced_uptake -> reduced uptake, a|b -> a + b."""
    return spaced(scrub(name))
