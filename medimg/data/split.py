"""Who trains, who chooses, who judges: patients are dealt to parts once, and the deal is written down."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.deal import Ints
from medimg.data.strata import Cohort, cohort, column_of
from medimg.errors import ConfigError, LeakError, ManifestError, RunError
from medimg.words import plural

PARTS = ("train", "val", "test")
UNUSED = "unused"  # of the training part, by data.train_share
TRAIN, VAL, TEST = range(3)
COLUMNS = ["id", "fold", "member", "part"]


def make_split(
    rows: pd.DataFrame,
    *,
    folds: int = 5,
    inner_folds: int = 1,
    val_share: float = 0.2,
    test_share: float = 0.2,
    seed: int = 0,
    stratify: Sequence[str] = ("label",),
    leave_out: str | None = None,
) -> pd.DataFrame:
    """Deal whole patients to train, val and test: manifest rows -> one row (id, fold, member, part) per image, fold and member.

    `folds=1` is one hold-out of `test_share`; `leave_out="site"` makes each value of that column one test fold, in sorted order.
    `val_share` is a share of the patients not tested; `inner_folds=J` nests: member m of a fold has its inner fold m as val.
    A manifest column `part` with values in it is the user's own split and is kept; if it names no val, val comes out of its train.
    """
    _refuse_settings(folds, inner_folds, val_share, test_share)
    _refuse_rows(rows)
    people = cohort(rows, stratify)
    test_fold, given_val = _outer(people, folds, test_share, seed, "label" in stratify, leave_out)
    if given_val.any() and inner_folds > 1:
        raise ConfigError(f"data.inner_folds={inner_folds}, but column 'part' names val itself. Set 1, or name only train and test.")
    shares = [1 / inner_folds] * inner_folds if inner_folds > 1 else [val_share, 1 - val_share]
    deals, faults = [], []
    for fold in range(max(0, test_fold.max()) + 1):
        learning = np.flatnonzero(test_fold != fold)
        val_of = np.where(given_val[learning], 0, -1)
        if shares[0] and not given_val.any():
            val_of = people.deal(learning, shares, f"{seed}/val/{fold}")
        for member in range(inner_folds):
            part = np.full(len(test_fold), TEST)
            part[learning] = np.where(val_of == member, VAL, TRAIN)
            needed = [TRAIN, *[VAL] * bool(shares[0]), *[TEST] * bool((test_fold >= 0).any())]
            faults += _gaps(people, part, needed, f"fold {fold}, member {member}")
            deals.append(_table(people, fold, member, part))
    if faults:
        raise ManifestError(*faults)
    return pd.concat(deals, ignore_index=True)


def _refuse_settings(folds: int, inner_folds: int, val_share: float, test_share: float) -> None:
    counts, shares = {"folds": folds, "inner_folds": inner_folds}, {"val_share": val_share, "test_share": test_share}
    faults = [f"data.{key}={n} must be at least 1." for key, n in counts.items() if n < 1]
    faults += [f"data.{key}={n} must be a share from 0 to below 1, for example 0.2." for key, n in shares.items() if not 0 <= n < 1]
    if faults:
        raise ConfigError(*faults)


def _refuse_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise ManifestError("no rows are left to split. Look at data.where, data.classes and data.exclude.")
    twice = rows[rows["id"].duplicated(keep=False)]
    if len(twice):
        several = [f"{row_id} ({_where(same)})" for row_id, same in twice.groupby("id", sort=True)]
        way_out = "Correct patient_id (medimg data whois tells whose a hash is), or take one of the rows out of the manifest."
        raise LeakError(f"the same image stands under several patients: {named(several)}. {way_out}")


def _where(same: pd.DataFrame) -> str:
    """Say in which lines of the manifest, and of whom, some rows are."""
    lines = f"lines {' and '.join(map(str, same['line'].iloc[:3]))}, " if "line" in same else ""
    return f"{lines}patients {' and '.join(same['patient'].unique()[:3])}"


def _outer(
    people: Cohort, folds: int, test_share: float, seed: int, stratified: bool, leave_out: str | None
) -> tuple[Ints, NDArray[np.bool_]]:
    """Say per patient which fold tests him (-1: none), and whether the manifest has him in val."""
    everyone = np.arange(len(people.has))
    if "part" in people.rows and (people.rows["part"] != "").any():
        if leave_out:
            raise ConfigError(f"data.leave_out={leave_out}, but column 'part' gives the split itself. Unset it, or rename the column.")
        part = _one_per_patient(people, "part", "a split given by the manifest")
        wrong = sorted(set(part) - set(PARTS))
        if wrong:
            raise ManifestError(f"column 'part' has {named(wrong)}; it may say train, val or test. Correct it, or rename the column.")
        return np.where(part == "test", 0, -1), part == "val"
    val = np.zeros(len(everyone), dtype=bool)
    if leave_out:
        values, fold = np.unique(_one_per_patient(people, leave_out, "data.leave_out"), return_inverse=True)
        if len(values) < 2:
            raise ManifestError(f"data.leave_out={leave_out}: all rows have '{values[0]}', so nothing is left to train on. Use data.folds.")
        return fold, val
    _refuse_too_few(people, folds, test_share, stratified)
    if folds > 1:
        return people.deal(everyone, [1 / folds] * folds, f"{seed}/test"), val
    if not test_share:
        return np.full(len(everyone), -1), val
    # The first part is tested by fold 0, the second by none, -1.
    return -people.deal(everyone, [test_share, 1 - test_share], f"{seed}/test"), val


def _one_per_patient(people: Cohort, column: str, key: str) -> NDArray[Any]:
    values = column_of(people.rows, column, key)
    blank = people.rows["id"][values == ""]
    if len(blank):
        raise ManifestError(
            f"column '{column}' is empty in rows {named(blank)}, and {key} needs it. Fill it in, or take the rows out of the manifest."
        )
    several = values.groupby(people.rows["patient"]).nunique().loc[lambda n: n > 1].index
    if len(several):
        raise LeakError(f"{key}: patients {named(several)} have two values of '{column}' and would be in two parts. Use data.exclude.")
    return values.iloc[people.first_row].to_numpy()


def _refuse_too_few(people: Cohort, folds: int, test_share: float, stratified: bool) -> None:
    needed = folds if folds > 1 else 1 + (test_share > 0)
    groups = {"the manifest": len(people.has)}
    if stratified and people.labelled:
        groups |= {f"class '{name}'": int(n) for name, n in zip(people.classes, people.has.sum(axis=0), strict=True)}
    most = min(groups.values())
    way_out = f"At most data.folds={most} is possible" if most > 1 else "No split is possible as it stands"
    faults = [
        f"{name} has {plural(n, 'patient')}, but data.folds={folds} needs {needed}. {way_out}; "
        "otherwise merge classes, choose others with data.classes, or add patients."
        for name, n in groups.items()
        if n < needed
    ]
    if faults:
        raise ManifestError(*faults)


def _gaps(people: Cohort, part: Ints, needed: Sequence[int], where: str) -> list[str]:
    faults = [
        f"{where}: no patient is left for {PARTS[p]}; the manifest has {len(part)}. Use fewer folds, or add patients."
        for p in needed
        if not (part == p).any()
    ]
    untaught = [name for name, taught in zip(people.classes, people.has[part == TRAIN].any(axis=0), strict=True) if not taught]
    if untaught and not faults and people.labelled:
        faults.append(
            f"{where}: no patient of class {named(untaught)} is left to train on. "
            "Use fewer folds, merge the class, or leave it out with data.classes."
        )
    return faults


def _table(people: Cohort, fold: int, member: int, part: Ints) -> pd.DataFrame:
    words = np.array(PARTS, dtype=object)[part[people.patient]]
    return pd.DataFrame({"id": people.rows["id"], "fold": fold, "member": member, "part": words})


def named(ids: Iterable[object]) -> str:
    """List the first ten ids and how many there are, for an error text."""
    every = [str(value) for value in ids]
    return ", ".join(every[:10]) + (", ..." if len(every) > 10 else "") + f" ({len(every)} in all)"


def parts_of(rows: pd.DataFrame, split: pd.DataFrame) -> tuple[list[tuple[int, int]], NDArray[np.int8]]:
    """Lay a split out as (fold, member) pairs and their (pairs, rows) parts; refuse one that does not cover exactly the rows."""
    ids = pd.Index(rows["id"])
    row = ids.get_indexer(split["id"])
    pair = split.groupby(["fold", "member"]).ngroup().to_numpy()
    pairs = sorted({(int(fold), int(member)) for fold, member in split[["fold", "member"]].drop_duplicates().to_numpy()})
    times = np.zeros((max(1, len(pairs)), len(ids)), dtype=np.int64)
    np.add.at(times, (pair[row >= 0], row[row >= 0]), 1)
    faults = {
        "names rows that the manifest lacks": split["id"][row < 0].unique(),
        "misses rows of the manifest": _with_lines(rows[(times == 0).any(axis=0)]),
        "deals rows twice in one fold": ids[(times > 1).any(axis=0)],
        "gives rows a part other than train, val, test or unused": split["id"][~split["part"].isin([*PARTS, UNUSED])].unique(),
    }
    if any(len(found) for found in faults.values()):
        way_out = (
            "The manifest, the pixels of its images (which make an image's id) or the split have changed since they were made together: "
            "put it back, or start a new run."
        )
        raise LeakError(*[f"the split {what}: {named(found)}. {way_out}" for what, found in faults.items() if len(found)])
    part = np.empty(times.shape, dtype=np.int8)
    part[pair, row] = pd.Categorical(split["part"], categories=[*PARTS, UNUSED]).codes
    return pairs, part


def _with_lines(rows: pd.DataFrame) -> list[str]:
    """Name rows by their ids and, where they are known, their lines in the manifest."""
    if "line" not in rows:
        return list(rows["id"])
    return [f"{row_id} (line {line})" for row_id, line in zip(rows["id"], rows["line"], strict=True)]


def split_sha256(split: pd.DataFrame) -> str:
    """SHA-256 of the split as saved: what `sha256sum split.csv` prints."""
    return hashlib.sha256(_text(split)).hexdigest()


def save_split(split: pd.DataFrame, path: Path) -> str:
    """Write split.csv whole or not at all, and return its SHA-256."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(text := _text(split))
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return hashlib.sha256(text).hexdigest()


def load_split(path: Path, rows: pd.DataFrame, sha256: str | None = None) -> pd.DataFrame:
    """Read split.csv and prove that it deals exactly these rows and, where its SHA-256 is known, that nobody has edited it."""
    types = {"id": "str", "fold": "int64", "member": "int64", "part": "str"}
    try:
        split = pd.read_csv(path, dtype=types, keep_default_na=False)[COLUMNS]
    except (OSError, ValueError, KeyError) as fault:
        reason = f"{path.name} cannot be read ({type(fault).__name__}): it needs the columns {', '.join(COLUMNS)}."
        raise RunError(f"{reason} Put it back, or start a new run.") from None
    found = split_sha256(split)
    if sha256 not in (None, found):
        raise LeakError(f"{path.name} was edited after it was proved: SHA-256 {found}, not {sha256}. Put it back, or start a new run.")
    parts_of(rows, split)
    return split


def _text(split: pd.DataFrame) -> bytes:
    return split[COLUMNS].sort_values(["fold", "member", "id"]).to_csv(index=False, lineterminator="\n").encode()
