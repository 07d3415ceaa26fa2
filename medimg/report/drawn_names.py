"""Names of classes and groups as figures draw them: with a font of this machine that has their letters, otherwise by a number."""

from collections.abc import Callable, Sequence

from medimg.report.folder import RunFolder
from medimg.report.fonts import OWN, font_with
from medimg.report.results import scope_of
from medimg.report.words import words

BETWEEN = " + "  # the labels of a combination


def families(run: RunFolder) -> list[str]:
    """Families of fonts that a run's names need, matplotlib's own first."""
    found = [font.family for name in _names(run) if (font := font_with(name))]
    return list(dict.fromkeys([OWN, *found]))


def label_of(run: RunFolder) -> Callable[[str], str]:
    """How a figure of a run writes a name."""
    numbers = _numbers(run)
    return lambda name: BETWEEN.join(numbers.get(part, part) for part in words(name).split(BETWEEN))


def key_to_numbers(run: RunFolder, names: Sequence[str] | None = None) -> str:
    """What the numbers in a figure stand for, of all names or of some; empty where each can be drawn."""
    shown = None if names is None else set(_parts(names))
    told = ", ".join(f"{number} {name}" for name, number in _numbers(run).items() if shown is None or name in shown)
    return f" Drawn as numbers, as no font of this machine has their letters: {told}." if told else ""


def _numbers(run: RunFolder) -> dict[str, str]:
    lost = [name for name in _names(run) if not font_with(name)]
    return {name: f"({number})" for number, name in enumerate(lost, 1)}


def _names(run: RunFolder) -> list[str]:
    """Every class, and every group with the column it comes from."""
    return _parts([*run.classes, *(name for row in run.rows for pair in scope_of(row).items() for name in pair)])


def _parts(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part for name in names for part in words(name).split(BETWEEN)))
