"""Training pictures by their set of labels: what a DCGAN each is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from medimg.settings import Generate


@dataclass(frozen=True)
class Group:
    """Pictures with the same set of labels (joined by a bar), and its number among the groups."""

    number: int
    label: str
    rows: pd.DataFrame

    @property
    def crossed(self) -> bool:
        """Whether several signs are on each picture."""
        return "|" in self.label

    def missing(self, settings: Generate) -> int:
        """How many pictures have to be generated; none from fewer real ones than the settings ask for."""
        wanted = settings.to_cross if self.crossed else settings.to
        return max(0, wanted - len(self.rows)) if len(self.rows) >= settings.least else 0


def groups_of(rows: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    """Deal labelled rows to groups: single signs in the order of the classes, then sets of several."""
    place = {name: k for k, name in enumerate(classes)}
    sets = {label: tuple(sorted(place[name] for name in label.split("|"))) for label in rows["label"].unique()}
    order = sorted(set(sets.values()), key=lambda signs: (len(signs), signs))
    names = {signs: "|".join(classes[k] for k in signs) for signs in order}
    number = rows["label"].map(lambda label: order.index(sets[label]))
    return [Group(k, names[signs], rows[number == k].reset_index(drop=True)) for k, signs in enumerate(order)]


def crossed(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a row shows several signs."""
    return rows["label"].str.contains("|", regex=False)
