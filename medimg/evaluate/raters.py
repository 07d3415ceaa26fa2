"""Our verdicts beside those of human readers, and readers beside each other: one table of agreement for every group and rule."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pandas as pd

from medimg.evaluate.agreement import agreement, table
from medimg.evaluate.bland_altman import continuous
from medimg.evaluate.human_labels import FAIL, UNSURE

Row = dict[str, Any]
OURS = "medimg"
WORST = ["fail", "review", "unevaluable", "warn", "pass", "not_applicable"]
OPEN = ("review", "unevaluable")  # verdicts that leave a film to a person
WAYS = ("left_out", "fail", "pass")  # what becomes of those


def verdicts(labels: pd.DataFrame, films: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Put each label beside our verdict: labels with unit (film or study id), patient, ours, ours_value; and the ids that we have not.

    `films` is long, one row a film and item: film, study, patient, item (group, rule id, or film for the whole), verdict, value (a number
    or NaN); what is said of a study itself has no film. A study's verdict is the worst of its own and of its films.
    """
    rank = films["verdict"].map(WORST.index)
    by_film = films.assign(unit=films["film"], rank=rank)
    by_study = films.assign(unit=films["study"], rank=rank, value=films["value"].where(films["film"] == ""))
    parts, lost = [], set[str]()
    for name, ours in (("film", by_film), ("study", by_study)):
        worst = ours.sort_values("rank", kind="stable").drop_duplicates(["unit", "item"])
        worst = worst.rename(columns={"verdict": "ours", "value": "ours_value"})[["unit", "item", "patient", "ours", "ours_value"]]
        theirs = labels[(labels["film"] != "") if name == "film" else (labels["film"] == "") & (labels["study"] != "")]
        theirs = theirs.assign(unit=theirs[name])
        lost |= set(theirs["unit"]) - set(worst["unit"])
        parts.append(theirs.merge(worst, on=["unit", "item"], how="inner"))
    return pd.concat(parts, ignore_index=True), sorted(lost)


def agree(found: pd.DataFrame, way: str = "left_out", draws: int = 2000, seed: int = 0) -> list[Row]:
    """Measure agreement of every item: ours with each reader, the reader as reference, and readers with each other.

    `found` is the first answer of `verdicts`. `way`: what becomes of films that we leave to a person. A warning of ours is a pass;
    what a reader left open is left out. Rows are those of `agreement` with item, reference, answer, left_out and the table's cells.
    """
    if way not in WAYS:
        raise ValueError(f"way {way!r}: choose one of {', '.join(WAYS)}")
    rows: list[Row] = []
    for item, part in found.groupby("item", sort=True):
        for reference, answer, pairs in _pairs(part):
            pairs = pairs[pairs["theirs"] != UNSURE]
            open_ = pairs["answered"].isin([*OPEN, UNSURE]) | (pairs["answered"] == "not_applicable")
            kept = pairs[~open_] if way == "left_out" else pairs[~pairs["answered"].isin([UNSURE, "not_applicable"])]
            fails = (kept["answered"] == FAIL) | (kept["answered"].isin(OPEN) if way == "fail" else False)
            frame = pd.DataFrame({"id": kept["unit"], "patient": kept["patient"], "reference": kept["theirs"] == FAIL, "answer": fails})
            rows += _told(item, reference, answer, frame, len(pairs) - len(kept), draws, seed)
    return rows


def _pairs(part: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Each reader with us, then readers with each other: reference, answer, and their verdicts on the same films."""
    readers = sorted(set(part["reader"]))
    for reader in readers:
        here = part[part["reader"] == reader]
        yield reader, OURS, here.assign(theirs=here["verdict"], answered=here["ours"])
    for one, other in combinations(readers, 2):
        both = part[part["reader"] == one].merge(part[part["reader"] == other][["unit", "verdict"]], on="unit", suffixes=("", "_other"))
        yield one, other, both.assign(theirs=both["verdict"], answered=both["verdict_other"])


def _told(item: Any, reference: str, answer: str, frame: pd.DataFrame, left_out: int, draws: int, seed: int) -> list[Row]:
    counts = table(frame["reference"].to_numpy(dtype=bool), frame["answer"].to_numpy(dtype=bool)).astype(int)
    who: Row = {"item": str(item), "reference": reference, "answer": answer, "left_out": left_out}
    cells = {"both_pass": counts[0, 0], "answer_only": counts[0, 1], "reference_only": counts[1, 0], "both_fail": counts[1, 1]}
    return [who | {name: int(count) for name, count in cells.items()} | row for row in agreement(frame, draws, seed)]


def measured(found: pd.DataFrame) -> list[Row]:
    """Compare numbers that readers measured with ours, ours minus theirs: rows of `continuous` with item, reference and answer."""
    both = found[found["value"].notna() & found["ours_value"].notna()]
    return [
        {"item": str(item), "reference": str(reader), "answer": OURS} | row
        for (item, reader), part in both.groupby(["item", "reader"], sort=True)
        for row in continuous(part["ours_value"], part["value"], part["patient"])
    ]
