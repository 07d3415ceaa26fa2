"""Which label each row has, which classes there are and in which order, and which rows fall out because their label was not chosen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medimg.io.table import closest, lines


@dataclass(frozen=True)
class Labels:
    """Labels of the rows that stay (several joined by "|" in the order of the classes, "" if unlabelled)."""

    labels: "pd.Series[str]"
    classes: list[str]


def choose_labels(table: pd.DataFrame, column: str | None, classes: Sequence[Any] | None, multilabel: bool, faults: list[str]) -> Labels:
    """Labels of those rows whose every label is among `classes` (default: all found, sorted) or that have none."""
    if column is None:
        return Labels(pd.Series("", index=table.index, dtype=str), [str(name) for name in classes or []])
    found = {line: _parts(value, multilabel) for line, value in table[column].items()}
    counts = Counter(part for parts in found.values() for part in parts)
    if classes is None:
        names = sorted(counts)
        _check_single(found, multilabel, faults)
        if not names and len(table):
            faults.append(f"column {column} is empty in all {len(table)} rows. Fill it, or name another column with data.label.")
    else:
        names = [str(name) for name in classes]
        _check_classes(names, counts, column, faults)
    order = {name: place for place, name in enumerate(names)}
    kept = {line: "|".join(sorted(parts, key=order.__getitem__)) for line, parts in found.items() if all(part in order for part in parts)}
    return Labels(pd.Series(kept, dtype=str).reindex(pd.Index(list(kept), dtype=table.index.dtype)), names)


def _parts(value: str, multilabel: bool) -> list[str]:
    if not multilabel:
        return [value] if value else []
    return list(dict.fromkeys(part.strip() for part in value.split("|") if part.strip()))


def _check_single(found: dict[Any, list[str]], multilabel: bool, faults: list[str]) -> None:
    several = [line for line, parts in found.items() if not multilabel and any("|" in part for part in parts)]
    if several:
        faults.append(
            f"{len(several)} rows have several labels ({lines(several)}), for example {found[several[0]][0]!r}. "
            "Set data.multilabel=true, or choose single labels with data.classes."
        )


def _check_classes(names: list[str], counts: Counter[str], column: str, faults: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        faults.append(f"class {', '.join(twice)} is listed twice. List each class once.")
    others = {name: count for name, count in counts.items() if name not in names}
    listed = ", ".join(f"{name} ({count})" for name, count in counts.most_common(10)) or "none"
    if not any(name in counts for name in names):
        near = " ".join(filter(None, (closest(name, others).removeprefix("; ") for name in names)))
        faults.append(f"no row has a label of {', '.join(names)} in column {column}. {near} Found: {listed}.".replace("  ", " "))
        return
    for name in names:
        if name not in counts and (near := closest(name, others)):
            faults.append(f"no row has the label {name}{near} Labels found in column {column}: {listed}.")
