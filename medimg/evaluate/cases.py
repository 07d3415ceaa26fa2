"""Per-case tables: read from the run folder, checked, averaged over members, and pooled to patients where that has a meaning."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.errors import NumericError, RunError
from medimg.metrics import Array, Flags

KEYS = ("id", "patient", "seed", "fold", "label")
SUM_TOLERANCE = 1e-4  # a softmax in float32 and nine printed digits miss 1 by less than 1e-6; a sum off by more is another quantity
KINDS = ("binary", "multiclass", "multilabel")


@dataclass(frozen=True)
class Question:
    """What was asked (evaluation.json): kind of problem, classes in column order, and how to judge."""

    kind: str
    classes: tuple[str, ...]
    draws: int = 2000
    seed: int = 0
    subgroups: tuple[str, ...] = ()
    external: bool = False
    threshold: str = "youden"
    headline: str = "auroc"
    paper: tuple[dict[str, Any], ...] = ()

    @property
    def positive(self) -> str | None:
        """The class a binary question is about: the last one."""
        return self.classes[-1] if self.kind == "binary" else None

    @property
    def targets(self) -> tuple[str, ...]:
        """The classes that are answered yes or no: the positive one, or each."""
        return self.classes[-1:] if self.kind == "binary" else self.classes


@dataclass(frozen=True)
class Cases:
    """One row per (seed, fold, case): keys and subgroups in `frame`, and beside it truth and probability of each target.

    `calibrated` and `decided` say nothing (the raw probability, no) until `calibration.apply` has filled them.
    """

    question: Question
    frame: pd.DataFrame
    truth: Flags
    raw: Array
    calibrated: Array
    decided: Flags
    unlabelled: int = 0
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, rows: Flags) -> "Cases":
        """Keep some rows."""
        return replace(
            self,
            frame=self.frame[rows].reset_index(drop=True),
            truth=self.truth[rows],
            raw=self.raw[rows],
            calibrated=self.calibrated[rows],
            decided=self.decided[rows],
        )


def read_question(run: Path) -> Question:
    """Read evaluation.json; faults are named together."""
    path = run / "evaluation.json"
    if not path.is_file():
        raise RunError(f"run {run.name}: evaluation.json is missing, so what was asked is not known; is the training finished?")
    asked = json.loads(path.read_text())
    kind, classes = asked.get("kind"), asked.get("classes") or []
    faults = []
    if kind not in KINDS:
        faults.append(f"evaluation.json: kind is {kind!r}; it must be one of {', '.join(KINDS)}.")
    if len(classes) < (1 if kind == "multilabel" else 2) or (kind == "binary" and len(classes) != 2):
        faults.append(f"evaluation.json: {len(classes)} classes do not fit a {kind} question.")
    if len(set(classes)) != len(classes):
        faults.append("evaluation.json: a class is named twice.")
    if asked.get("threshold", "youden") not in ("youden", "half"):
        faults.append(f"evaluation.json: threshold is {asked['threshold']!r}; it must be youden or half.")
    if int(asked.get("draws", 2000)) < 200:
        faults.append(f"evaluation.json: {asked['draws']} draws are too few for an interval; use 2000.")
    if faults:
        raise RunError(*faults)
    return Question(
        kind=kind,
        classes=tuple(map(str, classes)),
        draws=int(asked.get("draws", 2000)),
        seed=int(asked.get("seed", 0)),
        subgroups=tuple(asked.get("subgroups") or ()),
        external=bool(asked.get("external", False)),
        threshold=asked.get("threshold", "youden"),
        headline=asked.get("headline") or "auroc",
        paper=tuple(asked.get("paper") or ()),
    )


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
    numbers = {name: table[name].astype(float) for name in columns}
    return table.assign(**numbers, **{name: table[name].astype(int) for name in ("seed", "fold", "member")})


def _named(table: pd.DataFrame, wrong: Flags, what: str) -> list[str]:
    if not wrong.any():
        return []
    ids = list(dict.fromkeys(table["id"][wrong]))
    more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
    return [f"{int(wrong.sum())} rows {what}: id {', '.join(ids[:10])}{more}."]


def _number_faults(table: pd.DataFrame, columns: list[str], question: Question) -> list[str]:
    values = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    broken = np.isnan(values).any(axis=1)
    endless = np.isinf(values).any(axis=1)
    outside = ~broken & ~endless & ((values < 0) | (values > 1)).any(axis=1)
    faults = _named(table, broken, "have a probability that is not a number (NaN or text)")
    faults += _named(table, endless, "have an infinite probability")
    faults += _named(table, outside, "have a probability outside 0 to 1 (were logits written?)")
    if question.kind != "multilabel":
        off = ~broken & ~endless & ~outside & (np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE)
        faults += _named(table, off, "have probabilities that do not add up to 1")
    return faults


def _key_faults(table: pd.DataFrame, question: Question) -> list[str]:
    whole = ["seed", "fold", "member"]
    if not all(table[name].str.fullmatch(r"-?\d+").all() for name in whole):
        return ["seed, fold and member must be whole numbers."]
    faults = _named(table, (table["id"] == "").to_numpy(), "have no id")
    faults += _named(table, (table["patient"] == "").to_numpy(), "have no patient")
    faults += _named(table, table.duplicated(["id", *whole]).to_numpy(), "repeat an id of the same seed, fold and member")
    for name in ("label", "patient"):
        faults += _named(table, (table.groupby("id")[name].transform("nunique") > 1).to_numpy(), f"disagree on the {name} of one id")
    named = table["label"].str.split("|").apply(set) if question.kind == "multilabel" else table["label"].apply(lambda label: {label})
    unknown = (table["label"] != "").to_numpy() & ~named.apply(lambda labels: labels <= set(question.classes)).to_numpy(dtype=bool)
    return faults + _named(table, unknown, f"have a label that is none of {', '.join(question.classes)}")


def _layout_faults(table: pd.DataFrame, question: Question, part: str) -> list[str]:
    members = table.groupby(["seed", "fold"])["member"].nunique()
    seen = table.groupby(["seed", "fold", "id"])["member"].nunique().reset_index(name="seen")
    seen = seen.assign(expected=members.loc[pd.MultiIndex.from_frame(seen[["seed", "fold"]])].to_numpy())
    faults = _named(seen, (seen["seen"] != seen["expected"]).to_numpy(), "were not judged by every member of their fold")
    folds = table.groupby(["seed", "id"])["fold"].nunique().reset_index(name="folds")
    if not question.external:
        faults += _named(folds, (folds["folds"] > 1).to_numpy(), "are test cases of more than one fold")
    ids = table.groupby("seed")["id"].agg(frozenset)
    if len(set(ids)) > 1:
        faults.append("the seeds were not tested on the same cases; finish all seeds first.")
    return [f"predictions/{part}.csv: {fault}" for fault in faults]


def targets_of(labels: pd.Series, question: Question) -> Flags:
    """Turn label texts into (n, targets) yes or no."""
    if question.kind == "multilabel":
        sets = [set(label.split("|")) for label in labels]
        return np.array([[name in labels for name in question.targets] for labels in sets], dtype=bool).reshape(-1, len(question.targets))
    return np.array([[label == name for name in question.targets] for label in labels], dtype=bool).reshape(-1, len(question.targets))


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


def read_test(run: Path, question: Question) -> Cases:
    """Read the test cases, averaged over members, with the subgroup columns of cases.csv; unlabelled cases are only counted."""
    table = read_table(run / "predictions" / "test.csv", question)
    faults = _layout_faults(table, question, "test")
    if faults:
        raise RunError(*faults)
    keys = ["seed", "fold", "id"]
    columns = [f"p_{name}" for name in question.classes]
    means = table.groupby(keys, sort=True)[columns].mean()
    facts = table.drop(columns=[*columns, "member"]).drop_duplicates(keys).set_index(keys)
    cases = _cases(facts.join(means).reset_index().sort_values(keys, ignore_index=True), question)
    if not len(cases):
        raise RunError("predictions/test.csv holds no labelled case, so there is nothing to judge.")
    return _with_subgroups(run, cases)


def _with_subgroups(run: Path, cases: Cases) -> Cases:
    wanted = [name for name in dict.fromkeys(("site", *cases.question.subgroups)) if name not in cases.frame or name == "site"]
    path = run / "cases.csv"
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


def mixed_patients(cases: Cases) -> int:
    """Count the patients whose images do not all have the same label."""
    labels = cases.frame.groupby("patient")["label"].nunique()
    return int((labels > 1).sum())


def to_patients(cases: Cases) -> Cases:
    """Average each patient's probabilities: one row per (seed, fold, patient), its id the smallest id among the images."""
    keys = ["seed", "fold", "patient"]
    groups = cases.frame.groupby(keys, sort=True)
    number = groups.ngroup().to_numpy()
    first = cases.frame.sort_values("id", kind="stable").drop_duplicates(keys).sort_values(keys)
    place = first.index.to_numpy()
    totals = np.zeros((len(place), cases.raw.shape[1]))
    np.add.at(totals, number, cases.raw)
    means = totals / np.bincount(number)[:, None]
    pooled = replace(cases, frame=first.reset_index(drop=True), truth=cases.truth[place], raw=means, calibrated=means)
    return replace(pooled, decided=np.zeros_like(pooled.truth))
