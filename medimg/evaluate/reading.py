"""Per-case tables read from the run folder: checked, averaged over members, with the columns that make subgroups."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.errors import NumericError, RunError
from medimg.evaluate.cases import Cases, targets_of
from medimg.evaluate.question import Question
from medimg.metrics import Flags
from medimg.words import plural

WEIGHT = ("log_weight",)  # of fused cases: how much each counts for its patient
KEYS = ("id", "patient", "seed", "fold", "label")
SUM_TOLERANCE = 1e-4  # a softmax in float32 and nine printed digits miss 1 by less than 1e-6; a sum off by more is another quantity


def read_table(path: Path, question: Question) -> pd.DataFrame:
    """Read one table of predictions as written, with every fault of its rows in one list."""
    if not path.is_file():
        raise RunError(f"predictions/{path.name} is missing; finish the training, or predict again.")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    columns = [f"p_{name}" for name in question.classes]
    missing = [name for name in (*KEYS, *columns) if name not in table]
    if missing:
        raise RunError(f"predictions/{path.name}: columns are missing: {', '.join(missing)}.")
    if not len(table):
        raise RunError(f"predictions/{path.name} holds no case.")
    table = table.assign(member=table.get("member", "0"))
    faults = [*_number_faults(table, columns, question), *_key_faults(table, question)]
    if faults:
        raise NumericError(*(f"predictions/{path.name}: {fault}" for fault in faults))
    numbers = {name: table[name].astype(float) for name in (*columns, *WEIGHT) if name in table}
    return table.assign(**numbers, **{name: table[name].astype(int) for name in ("seed", "fold", "member")})


def _named(table: pd.DataFrame, wrong: Flags, what: str) -> list[str]:
    if not wrong.any():
        return []
    ids = list(dict.fromkeys(table["id"][wrong]))
    more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
    return [f"{plural(int(wrong.sum()), 'row')} {what}: id {', '.join(ids[:10])}{more}."]


def _number_faults(table: pd.DataFrame, columns: list[str], question: Question) -> list[str]:
    values = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    broken = np.isnan(values).any(axis=1)
    endless = np.isinf(values).any(axis=1)
    outside = ~broken & ~endless & ((values < 0) | (values > 1)).any(axis=1)
    faults = _named(table, broken, "with a probability that is not a number (NaN or text)")
    faults += _named(table, endless, "with an infinite probability")
    faults += _named(table, outside, "with a probability outside 0 to 1 (were logits written?)")
    for name in (name for name in WEIGHT if name in table):
        told = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        faults += _named(table, ~np.isfinite(told), f"with a {name} that is no finite number")
    if question.kind != "multilabel":
        off = ~broken & ~endless & ~outside & (np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE)
        faults += _named(table, off, "with probabilities that do not add up to 1")
    return faults


def _key_faults(table: pd.DataFrame, question: Question) -> list[str]:
    whole = ["seed", "fold", "member"]
    if not all(table[name].str.fullmatch(r"-?\d+").all() for name in whole):
        return ["seed, fold and member must be whole numbers."]
    faults = _named(table, (table["id"] == "").to_numpy(), "without an id")
    faults += _named(table, (table["patient"] == "").to_numpy(), "without a patient")
    faults += _named(table, table.duplicated(["id", *whole]).to_numpy(), "with an id that stands twice in one seed, fold and member")
    for name in ("label", "patient"):
        faults += _named(
            table, (table.groupby("id")[name].transform("nunique") > 1).to_numpy(), f"with another {name} elsewhere under their id"
        )
    named = table["label"].str.split("|").apply(set) if question.several else table["label"].apply(lambda label: {label})
    unknown = (table["label"] != "").to_numpy() & ~named.apply(lambda labels: labels <= set(question.classes)).to_numpy(dtype=bool)
    return faults + _named(table, unknown, f"with a label that is none of {', '.join(question.classes)}")


def _layout_faults(table: pd.DataFrame, question: Question, part: str) -> list[str]:
    members = table.groupby(["seed", "fold"])["member"].nunique()
    seen = table.groupby(["seed", "fold", "id"])["member"].nunique().reset_index(name="seen")
    seen = seen.assign(expected=members.loc[pd.MultiIndex.from_frame(seen[["seed", "fold"]])].to_numpy())
    faults = _named(seen, (seen["seen"] != seen["expected"]).to_numpy(), "not judged by every member of their fold")
    folds = table.groupby(["seed", "id"])["fold"].nunique().reset_index(name="folds")
    if not question.external:
        faults += _named(folds, (folds["folds"] > 1).to_numpy(), "tested in more than one fold")
    ids = table.groupby("seed")["id"].agg(frozenset)
    if len(set(ids)) > 1:
        faults.append("the seeds were not tested on the same cases; finish all seeds first.")
    return [f"predictions/{part}.csv: {fault}" for fault in faults]


def _cases(table: pd.DataFrame, question: Question) -> Cases:
    labelled = table[table["label"] != ""].reset_index(drop=True)
    columns = [f"p_{name}" for name in question.targets]
    lost = table[table["label"] == ""]["id"].nunique()
    frame = labelled.drop(columns=[f"p_{name}" for name in question.classes])
    truth, raw = targets_of(labelled["label"], question), labelled[columns].to_numpy(dtype=float)
    return Cases(question, frame, truth, raw, raw, np.zeros_like(truth), unlabelled=lost)


def read_validation(run: Path, question: Question) -> Cases:
    """Read the validation cases, members one below the other: each member was validated on patients of its own."""
    table = read_table(run / "predictions" / "val.csv", question)
    return _cases(table.sort_values(["seed", "fold", "member", "id"], ignore_index=True), question)


def read_test(run: Path, question: Question, name: str = "test.csv") -> Cases:
    """Read test cases, averaged over members, with the subgroup columns of cases.csv; unlabelled cases are only counted."""
    table = read_table(run / "predictions" / name, question)
    faults = _layout_faults(table, question, "test")
    if faults:
        raise RunError(*faults)
    keys = ["seed", "fold", "id"]
    columns = [name for name in (*(f"p_{name}" for name in question.classes), *WEIGHT) if name in table]
    means = table.groupby(keys, sort=True)[columns].mean()
    facts = table.drop(columns=[*columns, "member"]).drop_duplicates(keys).set_index(keys)
    cases = _cases(facts.join(means).reset_index().sort_values(keys, ignore_index=True), question)
    if not len(cases):
        raise RunError("predictions/test.csv holds no labelled case, so there is nothing to judge.")
    return _with_subgroups(run, cases)


def _with_subgroups(run: Path, cases: Cases) -> Cases:
    wanted = [name for name in dict.fromkeys(("site", *cases.question.subgroups)) if name not in cases.frame or name == "site"]
    path = run / "places.csv" if (run / "places.csv").is_file() else run / "cases.csv"
    frame = cases.frame
    notes = []
    if path.is_file():
        facts = pd.read_csv(path, dtype=str, keep_default_na=False).drop_duplicates("id").set_index("id")
        here = [name for name in wanted if name in facts]
        frame = frame.drop(columns=[name for name in here if name in frame]).join(facts[here], on="id")
    for name in wanted:
        if name not in frame:
            frame = frame.assign(**{name: ""})
            if name in cases.question.subgroups:
                notes.append(f"Subgroup {name} is no column of cases.csv, so it was not judged.")
    subgroups = list(dict.fromkeys(("site", *cases.question.subgroups)))
    return replace(cases, frame=frame.assign(**{name: frame[name].fillna("") for name in subgroups}), notes=tuple(notes))
