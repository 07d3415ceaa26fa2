"""Which font of this machine has the letters of a text: matplotlib's own has no Chinese, and would draw boxes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
REGULAR = (400, "normal", "regular")


@dataclass(frozen=True)
class Font:
    """A font's family and its file."""

    family: str
    path: str


def font_with(text: str) -> Font | None:
    """The first font that has all letters of a text; None where there is none."""
    wanted = {ord(letter) for letter in text if not letter.isspace()}
    return next((font for font in machine() if wanted <= letters(font.path)), None)


@cache
def machine() -> tuple[Font, ...]:
    """The upright fonts of this machine, matplotlib's own first, then those of regular weight; none that is a box for every letter."""
    own = Font(OWN, str(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))
    upright = [entry for entry in fontManager.ttflist if entry.style == "normal" and not getattr(entry, "index", 0)]
    upright.sort(key=lambda entry: (entry.weight not in REGULAR, entry.name, entry.fname))
    others = [Font(entry.name, entry.fname) for entry in upright if "lastresort" not in entry.name.replace(" ", "").lower()]
    return (own, *others)


@cache
def letters(path: str) -> frozenset[int]:
    """Code points of a font; none of a file that cannot be read."""
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
