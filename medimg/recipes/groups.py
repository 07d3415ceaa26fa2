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
    named = set_names(rows["label"], classes)
    place = {name: k for k, name in enumerate(classes)}
    order = sorted(named.unique(), key=lambda name: (name.count("|"), [place[sign] for sign in name.split("|")]))
    return [Group(k, name, rows[named == name].reset_index(drop=True)) for k, name in enumerate(order)]


def set_names(labels: pd.Series, classes: Sequence[str]) -> pd.Series:
    """Write each set of labels in the order of the classes, whatever its own."""
    return labels.map(lambda label: "|".join(sorted(label.split("|"), key=list(classes).index)))
