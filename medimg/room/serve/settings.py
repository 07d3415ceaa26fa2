"""What the reading room is told when it opens: classes and their keys, who sees the model, where it may be reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from medimg.errors import ConfigError

Mode = Literal["never", "after", "random_half", "before"]
RESERVED = "cfhinpqrsuvw"  # letters of the page's own keys


@dataclass(frozen=True)
class RoomSettings:
    """One project's room; `origins` are the addresses as a browser writes them, `http://127.0.0.1:8080`."""

    classes: tuple[str, ...]
    keys: Mapping[str, str] = field(default_factory=dict)  # class -> letter; the others get one by `class_keys`
    show_model: Mode = "never"
    bias_accepted: bool = False  # needed for `before`
    confidence: Literal["off", "optional", "ask"] = "optional"
    context: tuple[Literal["neighbours", "sequences"], ...] = ("neighbours", "sequences")
    language: Literal["en", "zh"] = "en"
    question: str = ""  # what the classes answer: the name of the label column where that tells something
    unit: Literal["slice", "patient"] = "slice"  # what one answer labels
    seed: int = 0
    origins: tuple[str, ...] = ()
    session_hours: float = 12.0

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ConfigError(f"classes={list(self.classes)}: a reader needs at least two different classes to choose from.")
        if self.show_model == "before" and not self.bias_accepted:
            raise ConfigError(
                "show_model=before: readers who see the model first follow it, also where it is wrong (Dratsch 2023). "
                "Use after or random_half, or say --i-accept-bias; the report will tell it."
            )
        class_keys(self.classes, self.keys)


def class_keys(classes: tuple[str, ...], wanted: Mapping[str, str] | None = None) -> dict[str, str]:
    """A letter for each class: the wanted one, else the first free one of its name, else any free one; "" when all are taken.

    >>> class_keys(("encephalitis", "glioma", "stroke"))
    {'encephalitis': 'e', 'glioma': 'g', 'stroke': 't'}
    """
    keys = {name: str(letter).lower() for name, letter in (wanted or {}).items()}
    letters = list(keys.values())
    wrong = sorted(letter for letter in letters if len(letter) != 1 or not "a" <= letter <= "z" or letter in RESERVED)
    unknown = sorted(set(keys) - set(classes))
    if wrong or unknown or len(set(letters)) != len(letters):
        raise ConfigError(
            f"keys={dict(wanted or {})}: give each class its own letter from a to z, none of {' '.join(RESERVED)} (the page's own keys)."
        )
    free = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED and letter not in letters]
    for name in classes:
        if name not in keys:
            of_name = [letter for letter in name.lower() if letter in free]
            keys[name] = (of_name or free or [""])[0]
            free = [letter for letter in free if letter != keys[name]]
    return {name: keys[name] for name in classes}
