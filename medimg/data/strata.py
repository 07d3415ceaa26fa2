"""Who is to be dealt: patients, and how many images each brings to every group that the parts should share evenly."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.deal import Ints, deal
from medimg.errors import ManifestError

GROUPS = 100  # values of a column to even out; rarer ones would only slow the deal down


@dataclass(frozen=True)
class Cohort:
    """Patients are numbered by their smallest row id, so neither the spelling of their ids nor the order of rows matters."""

    rows: pd.DataFrame  # sorted by id
    patient: Ints  # of each row
    first_row: Ints  # of each patient
    classes: list[str]
    has: NDArray[np.bool_]  # (patients, classes)
    images: Ints  # (patients, groups): all, each class, each value of the columns asked for, each crossing of them
    vital: NDArray[np.bool_]  # (groups,): no part should be left with none

    @property
    def labelled(self) -> bool:
        """True where every image has a label, so that a class without patients is a fault and not a question."""
        return bool((self.rows["label"] != "").all())

    def deal(self, who: Ints, shares: Sequence[float], salt: str) -> Ints:
        """Deal some of the patients, in an order drawn from the salt and their first rows."""
        draw = [hashlib.sha256(f"{salt}/{row_id}".encode()).hexdigest() for row_id in self.rows["id"].iloc[self.first_row[who]]]
        return deal(self.images[who], self.vital, shares, draw)


def cohort(rows: pd.DataFrame, stratify: Sequence[str]) -> Cohort:
    """Number the patients and count their images; labels count per class and, where there are several, per combination."""
    rows = rows.sort_values("id", ignore_index=True)
    patient = pd.factorize(rows["patient"])[0].astype(np.int64)
    labels = rows["label"].str.split("|").explode()
    classes = _count(patient, labels[labels != ""])
    vital = [pd.DataFrame({"all": np.bincount(patient)})] + [classes] * ("label" in stratify)
    groups = [table.to_numpy() for table in vital + _groups(rows, patient, stratify)]
    images = np.hstack(groups)
    return Cohort(
        rows=rows,
        patient=patient,
        first_row=np.unique(patient, return_index=True)[1],
        classes=classes.columns.tolist(),
        has=classes.to_numpy() > 0,
        images=images,
        vital=np.arange(images.shape[1]) < sum(table.shape[1] for table in vital),
    )


def column_of(rows: pd.DataFrame, column: str, key: str) -> "pd.Series[str]":
    """Take the manifest column that the setting `key` names."""
    if column in rows.columns:
        return rows[column].astype(str)
    close = get_close_matches(column, [str(name) for name in rows.columns], n=1)
    raise ManifestError(f"{key} names the column '{column}', which the manifest lacks." + (f" Did you mean '{close[0]}'?" if close else ""))


def _groups(rows: pd.DataFrame, patient: Ints, stratify: Sequence[str]) -> list[pd.DataFrame]:
    values = [column_of(rows, name, "data.stratify") for name in stratify]
    if len(values) > 1:
        values.append(pd.Series(["\n".join(crossing) for crossing in zip(*values, strict=True)]))
    return [_count(patient, column[column.isin(column.value_counts().index[:GROUPS])]) for column in values]


def _count(patient: Ints, values: "pd.Series[str]") -> pd.DataFrame:
    return pd.crosstab(patient[values.index], values.to_numpy()).reindex(range(patient.max() + 1), fill_value=0)
