"""Labels from a table of the user's own to the images of a scan, by the finest id that a row gives; nothing unmatched goes unsaid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import ManifestError
from medimg.io.identity import hash_ids
from medimg.io.table import closest, lines, read_table
from medimg.words import plural

KEYS = {  # finest first; names as written without case, blanks and signs
    "sop": ("sop", "sopuid", "sopinstanceuid", "instanceuid", "imageuid"),
    "series": ("series", "seriesuid", "seriesinstanceuid", "seriesid"),
    "study": ("study", "studyuid", "studyinstanceuid"),
    "accession": ("accession", "accessionnumber", "accessionno", "accessionid"),
    "patient": ("patient", "patientid", "pid"),
}
UNITS = {"sop": "slice", "accession": "study"}
RANGES = {"instance": ("slice_from", "slice_to"), "slice_mm": ("slice_from_mm", "slice_to_mm")}


@dataclass
class Joined:
    """For each image its label and unit ("" if none); rows of the labels that found no image, with the reason; what must be said."""

    table: pd.DataFrame
    unmatched: list[tuple[int, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def join_labels(images: pd.DataFrame, labels: Path | str, columns: Sequence[str] = ()) -> Joined:
    """Join on hashed patient, accession, study, series or sop; slice_from..slice_to are instance numbers, ..._mm positions.

    A label without a range that is joined on more than a slice makes that the unit: `unit` is patient, study or series.
    """
    rows = read_table(Path(labels), "labels")
    keys = _key_columns(rows, columns)
    carried = ["label", *[name for name in ("site", "part") if name in rows], *columns]
    result = Joined(pd.DataFrame("", index=images.index, columns=[*dict.fromkeys(carried), "unit"], dtype=str))
    hashed = {key: pd.Series(hash_ids(list(rows[column])), index=rows.index, dtype=str) for key, column in keys.items()}
    places = {key: images.groupby(key).indices for key in keys}
    faults: list[str] = []
    owner: dict[int, int] = {}
    values = result.table.to_numpy(dtype=object)
    for line, row in zip(rows.index, rows.to_dict("records"), strict=True):
        given = {key: hashed[key][line] for key in keys if hashed[key][line]}
        found, unit = _found(images, row, given, places, line, result.unmatched, faults)
        for place in found:
            _set(values, owner, int(place), int(line), [*(row[name] for name in result.table.columns[:-1]), unit], faults)
    if faults:
        raise ManifestError(*faults[:10], *([f"... and {len(faults) - 10} more faults of this kind."] if len(faults) > 10 else []))
    result.table.iloc[:, :] = values
    _say(result, images)
    return result


def _key_columns(rows: pd.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    squeezed = {re.sub(r"[^a-z]", "", str(name).lower()): str(name) for name in rows.columns}
    keys = {key: squeezed[name] for key, names in KEYS.items() for name in names if name in squeezed}
    faults = [f"labels: column {name} holds ids and stays out of the manifest." for name in columns if name in keys.values()]
    faults += [f"labels: column {name} is missing{closest(name, rows.columns) or '.'}" for name in ("label", *columns) if name not in rows]
    if not keys:
        faults.append("labels: no column tells which image: name one patient, accession, study, series or sop.")
    if faults:
        raise ManifestError(*faults)
    return keys


def _found(
    images: pd.DataFrame,
    row: dict[Any, str],
    given: dict[str, str],
    places: dict[str, Any],
    line: Any,
    unmatched: list[tuple[int, str]],
    faults: list[str],
) -> tuple[Any, str]:
    """Places of the images that a row of the labels speaks of, and the unit of its label."""
    if not given:
        unmatched.append((int(line), "no id in the row"))
        return [], ""
    finest = next(key for key in KEYS if key in given)
    found = places[finest].get(given[finest], np.array([], int))
    if not len(found):
        unmatched.append((int(line), f"no image has this {finest}"))
        return [], ""
    for key, wanted in given.items():
        found = found[(images[key].to_numpy()[found] == wanted)]
    if not len(found):
        unmatched.append((int(line), f"its {finest} belongs to another {' or '.join(key for key in given if key != finest)}"))
        return [], ""
    for column, names in RANGES.items():
        ends = [row.get(name, "") for name in names]
        if any(ends):
            found = _in_range(images, found, column, names, ends, line, unmatched, faults)
            return found, "slice"
    return found, UNITS.get(finest, finest)


def _in_range(
    images: pd.DataFrame,
    found: Any,
    column: str,
    names: tuple[str, str],
    ends: list[str],
    line: Any,
    unmatched: list[tuple[int, str]],
    faults: list[str],
) -> Any:
    try:
        low, high = (float(end.replace(",", ".")) if end else default for end, default in zip(ends, (-np.inf, np.inf), strict=True))
    except ValueError:
        faults.append(f"labels line {line}: {names[0]}, {names[1]} are not numbers. Correct them.")
        return []
    series = len(set(images["series"].iloc[found]))
    if column == "instance" and series > 1:
        faults.append(
            f"labels line {line}: slice numbers {ends[0]} to {ends[1]} could be of {series} series. "
            "Give the series, or positions in slice_from_mm and slice_to_mm."
        )
        return []
    at = images[column].to_numpy(dtype=float)[found]
    inside = found[(at >= min(low, high)) & (at <= max(low, high))]
    if not len(inside):
        unmatched.append((int(line), "no slice lies in its range"))
    return inside


def _set(values: Any, owner: dict[int, int], place: int, line: int, new: list[str], faults: list[str]) -> None:
    if place in owner and values[place][0] != new[0]:
        faults.append(
            f"labels lines {owner[place]} and {line} give one image two labels, {values[place][0]} and {new[0]}. "
            "Join them with | or remove one."
        )
    if place not in owner or new[-1] == "slice":
        values[place] = new
        owner[place] = line


def _say(result: Joined, images: pd.DataFrame) -> None:
    for unit in ("patient", "study", "series"):
        mask = (result.table["unit"] == unit).to_numpy()
        several = images.loc[mask].groupby(unit).size()
        if (several > 1).any():
            result.said.append(
                f"{int((several > 1).sum())} labels of a {unit} have no slice range: the {unit} is the unit (column unit), "
                f"its images are pooled; none is known to show the finding by itself."
            )
    if result.unmatched:
        result.said.append(
            f"no image found for {plural(len(result.unmatched), 'row')} of the labels ({lines(line for line, _ in result.unmatched)})."
        )
    bare = int((result.table["unit"] == "").sum())
    if bare:
        result.said.append(f"{plural(bare, 'image')} without a label: kept, unlabelled.")
