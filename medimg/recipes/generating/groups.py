"""Training pictures by their set of labels: what a DCGAN each is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from medimg.settings import Generate
from medimg.words import plural

PATIENTS = 3  # that a set of labels needs to be generated from: a DCGAN of fewer could do little but repeat them


@dataclass(frozen=True)
class Group:
    """Pictures with the same set of labels (joined by a bar), and its number among the groups."""

    number: int
    label: str
    rows: pd.DataFrame

    @property
    def patients(self) -> int:
        """How many patients the pictures are of."""
        return int(self.rows["patient"].nunique())

    @property
    def crossed(self) -> bool:
        """Whether several signs are on each picture."""
        return "|" in self.label

    @property
    def told(self) -> str:
        """Say how many real pictures there are, and of how many patients."""
        return f"{plural(len(self.rows), 'image')} of {plural(self.patients, 'patient')}"

    def missing(self, settings: Generate) -> int:
        """How many pictures have to be generated; none from too few real ones."""
        return 0 if self.too_few(settings) else self._lacking(settings)

    def too_few(self, settings: Generate) -> bool:
        """Whether pictures are lacking, and there are fewer real ones than the settings ask for, or of fewer than `PATIENTS`."""
        few = len(self.rows) < settings.least or self.patients < PATIENTS
        return few and self._lacking(settings) > 0

    def _lacking(self, settings: Generate) -> int:
        return max(0, (settings.to_cross if self.crossed else settings.to) - len(self.rows))


def groups_of(rows: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    """Deal labelled rows to groups: single signs in the order of the classes, then sets of several."""
    named = set_names(rows["label"], classes)
    place = {name: k for k, name in enumerate(classes)}
    order = sorted(named.unique(), key=lambda name: (name.count("|"), [place[sign] for sign in name.split("|")]))
    return [Group(k, name, rows[named == name].reset_index(drop=True)) for k, name in enumerate(order)]


def set_names(labels: pd.Series, classes: Sequence[str]) -> pd.Series:
    """Write each set of labels in the order of the classes, whatever its own."""
    return labels.map(lambda label: "|".join(sorted(label.split("|"), key=list(classes).index)))
