"""Slices of several sequences at one place in the body: matched by position, one case each.

Two slices belong together when they are of one patient, one study and one frame of reference, of different sequences, and no farther
apart than half a spacing, the smaller of the two sequences'. Nearest pairs go first; a slice that finds no partner is a place whose other
sequences are missing. Where the files name no study or frame of reference (pictures without a header), the patient is the frame.
"""

import hashlib
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.errors import ManifestError
from medimg.words import plural

SAME_MM = 0.01  # positions nearer than this are one, whatever the spacing
COLUMNS = ["id", "patient", "site", "label", "sequences"]


def match_places(rows: pd.DataFrame, sequences: Sequence[str]) -> pd.DataFrame:
    """One row a place: id, patient, site, label, the sequences that it has ("FLAIR+T2"), and in a column of each sequence its slice's id.

    `rows` needs id, patient, study, site, label, sequence, slice_mm, frame_of_reference and series. ManifestError names slices without a
    position, and places whose slices have different labels.
    """
    rows = rows[rows["sequence"].isin(sequences)].reset_index(drop=True)
    _refuse_lost(rows)
    place = np.empty(len(rows), dtype=np.int64)
    count = 0
    for _, own in rows.groupby(["patient", "study", _frames(rows)], sort=True):
        found = _match(own["slice_mm"].to_numpy(float), own["sequence"].to_numpy(str))
        place[own.index] = count + found
        count += int(found.max()) + 1
    return _table(rows.assign(place=place), sequences)


def subsets(sequences: Sequence[str]) -> list[tuple[str, ...]]:
    """All sets of fewer sequences, smaller ones first; none for a single sequence.

    >>> subsets(["FLAIR", "T2"])
    [('FLAIR',), ('T2',)]
    """
    return [chosen for count in range(1, len(sequences)) for chosen in itertools.combinations(sequences, count)]


def withhold(places: pd.DataFrame, kept: Sequence[str], sequences: Sequence[str]) -> pd.DataFrame:
    """Take the other sequences away from each place; places where nothing is left are gone."""
    blank = dict.fromkeys((name for name in sequences if name not in kept), "")
    return places[(places[list(kept)] != "").any(axis=1)].assign(**blank).reset_index(drop=True)


def _refuse_lost(rows: pd.DataFrame) -> None:
    lost = rows[rows["slice_mm"].isna()]
    if len(lost):
        raise ManifestError(
            f"{plural(len(lost), 'slice')} without a position (for example {', '.join(lost['id'][:5])}), so what lies at one place is "
            "not known. Give slice_mm in the manifest, or leave them out."
        )


def _frames(rows: pd.DataFrame) -> "pd.Series[str]":
    """The frame of reference of each slice; a DICOM series that names none is alone, a picture without a header is in its patient's."""
    return rows["frame_of_reference"].where(rows["frame_of_reference"] != "", rows["series"])


def _match(position: NDArray[np.float64], sequence: NDArray[np.str_]) -> NDArray[np.int64]:
    """Number the places of one frame of reference: (N,) mm and (N,) names -> (N,) from 0, in order of position."""
    spacing = {name: _spacing(position[sequence == name]) for name in np.unique(sequence)}
    known = [value for value in spacing.values() if np.isfinite(value)]
    reach = np.array([spacing[name] if np.isfinite(spacing[name]) else min(known, default=0.0) for name in sequence]) / 2
    first, second = np.triu_indices(len(position), 1)
    apart = np.abs(position[first] - position[second])
    near = (sequence[first] != sequence[second]) & (apart <= np.maximum(np.minimum(reach[first], reach[second]), SAME_MM))
    group = [{row} for row in range(len(position))]
    for pair in np.flatnonzero(near)[np.argsort(apart[near], kind="stable")]:
        a, b = group[first[pair]], group[second[pair]]
        if a is not b and _fit(a | b, position, sequence, reach):
            for row in b:
                group[row] = a
            a |= b
    order = sorted({id(one): one for one in group}.values(), key=lambda one: (min(position[row] for row in one), min(one)))
    number = np.empty(len(position), dtype=np.int64)
    for place, members in enumerate(order):
        number[list(members)] = place
    return number


def _spacing(position: NDArray[np.float64]) -> float:
    """The usual distance between neighbours; infinite where there is one position only."""
    gaps = np.diff(np.unique(position.round(3)))
    return float(np.median(gaps)) if len(gaps) else np.inf


def _fit(members: set[int], position: NDArray[np.float64], sequence: NDArray[np.str_], reach: NDArray[np.float64]) -> bool:
    """Whether slices can be one place: each of another sequence, and the farthest two within reach."""
    rows = sorted(members)
    wide = position[rows].max() - position[rows].min()
    return len(set(sequence[rows])) == len(rows) and bool(wide <= max(reach[rows].min(), SAME_MM))


def _table(rows: pd.DataFrame, sequences: Sequence[str]) -> pd.DataFrame:
    labels = rows[rows["label"] != ""].groupby("place")["label"].unique()
    torn = labels[labels.str.len() > 1]
    if len(torn):
        ids = rows["id"][rows["place"].isin(torn.index)]
        raise ManifestError(
            f"{plural(len(torn), 'place')} with slices of different labels (for example {', '.join(ids[:6])}), so a fused case has no "
            "answer. Choose a label that holds for the place, or judge each sequence on its own (leave data.fuse out)."
        )
    members = rows.set_index(["place", "sequence"])["id"].unstack().reindex(columns=list(sequences)).fillna("")  # noqa: PD010
    first = rows.drop_duplicates("place").set_index("place").sort_index()
    table = first[["patient", "site"]].assign(label=labels.str[0].reindex(first.index).fillna(""))
    table["sequences"] = ["+".join(name for name in sequences if row[name]) for row in members.to_dict("records")]
    table["id"] = [hashlib.sha256("|".join(sorted(filter(None, row))).encode()).hexdigest()[:16] for row in members.itertuples(index=False)]
    return table[COLUMNS].join(members).reset_index(drop=True)
