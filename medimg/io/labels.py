"""Which label each row has, which classes there are and in which order, and which rows fall out because their label was not chosen."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medimg.io.table import closest, lines
from medimg.words import plural

MISSPELT = 0.8  # likeness of difflib from which a label that is left out may be a class written wrongly; told, never refused
MOST = 8  # labels named in one sentence
SEPARATORS = r"[;,/+&\uff1b\uff0c\u3001]"  # that labels are joined by elsewhere, Chinese ones too


@dataclass(frozen=True)
class Labels:
    """Labels of the rows that stay (several joined by "|" in the order of the classes, "" if unlabelled).

    `left_out` counts the rows of each value of the column that is none of the classes, the most frequent first.
    """

    labels: "pd.Series[str]"
    classes: list[str]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """One sentence on what is left out, with the class that a label may be a misspelling of; empty where nothing is."""
        if not self.left_out:
            return ""
        listed = [
            f"{name} ({count}{f'; did you mean {near}?' if (near := self.meant(name)) else ''})" for name, count in self.left_out.items()
        ]
        more = f" and {len(listed) - MOST} more labels" if len(listed) > MOST else ""
        return (
            f"{plural(sum(self.left_out.values()), 'row')} left out, as the label is none of the classes: {', '.join(listed[:MOST])}{more}."
        )

    def meant(self, label: str) -> str:
        """The class that a label which was left out may be a misspelling of, or an empty text."""
        known = {squeezed(name): name for name in self.classes}
        near = [difflib.get_close_matches(squeezed(part), known, 1, MISSPELT) for part in label.split("|") if part not in self.classes]
        return known[near[0][0]] if near and near[0] else ""


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
        _check_joined(found, names, multilabel, faults)
    order = {name: place for place, name in enumerate(names)}
    kept = {line: "|".join(sorted(parts, key=order.__getitem__)) for line, parts in found.items() if all(part in order for part in parts)}
    left_out = Counter(table[column].astype(str)[~table.index.isin(list(kept))])
    return Labels(pd.Series(kept, dtype=str).reindex(pd.Index(list(kept), dtype=table.index.dtype)), names, dict(left_out.most_common()))


def squeezed(name: str) -> str:
    """A name without case, blanks and signs, as people vary them."""
    return re.sub(r"[\W_]", "", name.lower()) or name


def _parts(value: str, multilabel: bool) -> list[str]:
    if not multilabel:
        return [value] if value else []
    return list(dict.fromkeys(part.strip() for part in value.split("|") if part.strip()))


def _check_single(found: dict[Any, list[str]], multilabel: bool, faults: list[str]) -> None:
    several = [line for line, parts in found.items() if not multilabel and any("|" in part for part in parts)]
    if several:
        faults.append(
            f"several labels in {plural(len(several), 'row')} ({lines(several)}), for example {found[several[0]][0]!r}. "
            "Set data.multilabel=true, or choose single labels with data.classes."
        )


def _check_joined(found: dict[Any, list[str]], names: list[str], multilabel: bool, faults: list[str]) -> None:
    """A label that is no class, and nothing but classes where it is taken apart at another sign than the bar, is a fault."""
    apart = {line: [_split(part) for part in parts if part not in names] for line, parts in found.items() if multilabel}
    joined = {line: parts for line, parts in apart.items() if any(len(part) > 1 and {*part} <= {*names} for part in parts)}
    if joined:
        first = next(iter(joined))
        meant = "|".join(name for part in found[first] for name in (_split(part) if part not in names else [part]))
        faults.append(
            f"several labels that no bar joins in {plural(len(joined), 'row')} ({lines(joined)}), for example {'|'.join(found[first])!r}. "
            f"Several labels are joined by a bar: {meant}."
        )


def _split(part: str) -> list[str]:
    return [name.strip() for name in re.split(SEPARATORS, part)]


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
