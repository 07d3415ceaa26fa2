"""Human verdicts for films: labels.csv, read and held against the films that were judged.

Columns: `film` (its id) or `study` or both; `group` (overall, organs, imaging, position, or film for the whole) or `rule`; `verdict`
(pass, fail, or unsure: looked at and left open); `reader` where there are several; `value` where something was measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.errors import ManifestError
from medimg.io.table import closest, lines, read_table

PASS, FAIL, UNSURE = "pass", "fail", "unsure"
WORDS = {
    "pass": PASS, "ok": PASS, "0": PASS, "合格": PASS, "通过": PASS, "fail": FAIL, "reject": FAIL, "1": FAIL, "不合格": FAIL,
    "unsure": UNSURE, "review": UNSURE, "": UNSURE, "存疑": UNSURE, "不确定": UNSURE,
}  # fmt: skip
COLUMNS = ["film", "study", "item", "verdict", "reader", "value"]
WHOLE = "film"


def read_labels(path: Path, items: Sequence[str]) -> pd.DataFrame:
    """Read labels.csv into the columns film, study, item, verdict, reader, value (NaN where none); `items`: known groups and rules.

    A rule's number (C1) may stand for the rule of the film's view: such a label becomes one for each rule of that number, of which the
    film has one. Raises ManifestError with every fault and its lines.
    """
    table = read_table(path, "labels")
    faults: list[str] = []
    for one in ({"film", "study"}, {"group", "rule"}, {"verdict", "value"}):
        if not one & set(table.columns):
            faults.append(
                f"labels {path}: a column {' or '.join(sorted(one))} is needed, and there is {', '.join(table.columns)}. Add one."
            )
    if table.empty and not faults:
        faults.append(f"labels {path}: there is no label below the header. Write one a line.")
    if faults:
        raise ManifestError(*faults)
    cells = {name: table[name] if name in table else pd.Series("", index=table.index) for name in (*COLUMNS, "group", "rule")}
    found = pd.DataFrame({name: cells[name] for name in ("film", "study", "reader")})
    found["item"] = cells["rule"].where(cells["rule"] != "", cells["group"])
    found["verdict"] = [WORDS.get(word.strip().lower(), word) for word in cells["verdict"]]
    found["value"] = pd.to_numeric(cells["value"].str.replace(",", "."), errors="coerce").astype(float)
    by_number = _by_number(items)
    whole = found.assign(item=[by_number.get(item, item) for item in found["item"]]).explode("item")
    faults += _faults(found, whole, cells["value"], items, by_number)
    if faults:
        raise ManifestError(*(f"labels {path}: {fault}" for fault in faults))
    return whole[COLUMNS].reset_index(drop=True)


def _by_number(items: Sequence[str]) -> dict[str, list[str]]:
    """Rules by their number, which may be another in each view."""
    found: dict[str, list[str]] = {}
    for item in items:
        if "_" in item:
            found.setdefault(item.partition("_")[0], []).append(item)
    return found


def _faults(
    found: pd.DataFrame, whole: pd.DataFrame, values: "pd.Series[str]", items: Sequence[str], by_number: Mapping[str, list[str]]
) -> Iterable[str]:  # fmt: skip
    for number, rules in by_number.items():
        there = found["item"] == number
        unlike = len({rule.removesuffix("_lat") for rule in rules}) > 1
        several = found.index[there & (unlike | ((found["film"] == "") & (len(rules) > 1)))]
        if len(several):
            yield f"'{number}' is several rules: {', '.join(rules)}; name one ({lines(several)}). Groups and rules: medimg qc rules."
    known = {*items, *by_number, WHOLE}
    for item in sorted(set(found["item"]) - known):
        what = f"'{item}' is no group and no rule{closest(item, known)}" if item else "neither group nor rule is told"
        yield f"{what} ({lines(found.index[found['item'] == item])}). Groups and rules: medimg qc rules."
    for word in sorted(set(found["verdict"]) - {PASS, FAIL, UNSURE}):
        rows = found.index[found["verdict"] == word]
        yield f"'{word}' is no verdict{closest(word, WORDS)} ({lines(rows)}). Write pass, fail or unsure."
    unnamed = found.index[(found["film"] == "") & (found["study"] == "")]
    if len(unnamed):
        yield f"neither film nor study is told ({lines(unnamed)}). Write the id that films.csv has."
    wrong = found.index[~np.isfinite(found["value"]) & (values.str.strip() != "")]
    if len(wrong):
        yield f"value is no number ({lines(wrong)}). Correct or empty it."
    unit = whole["film"].where(whole["film"] != "", "study " + whole["study"])
    twice = whole.assign(unit=unit).duplicated(["unit", "item", "reader"])
    if twice.any():
        yield f"the same film, item and reader again ({lines(whole.index[twice].unique())}). Keep one verdict of each reader."
