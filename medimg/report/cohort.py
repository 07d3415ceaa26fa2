"""Who is in the run: patients and images by class, site and part, and the proof that no patient is in two parts."""

from typing import Any

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.table import Cell, Table, count_cell, drop_empty, name_cell
from medimg.report.words import count, finite, scrub, words

PARTS = {"train": "Training", "val": "Validation", "test": "Test"}
MOST_LABELS = 12
FIXED = {"id", "patient", "study", "series", "sop", "pixel_sha256", "header_sha256", "acquired_month", "label", "site", "sequence", "view"}


def sizes(run: RunFolder) -> tuple[int, int]:
    """Images and patients of the run; zeros when the cohort is not written yet."""
    if run.cases.empty:
        return 0, 0
    return len(run.cases), int(run.cases["patient"].nunique()) if "patient" in run.cases else 0


def sequences(run: RunFolder) -> str:
    """The sequences of the run's images; empty where none has one."""
    return ", ".join(sorted({words(value) for value in run.cases["sequence"] if value})) if "sequence" in run.cases else ""


def judged_cases(run: RunFolder) -> pd.DataFrame:
    """The rows of cases.csv that are in the test part of some fold; all of them in an external run or before the split."""
    if run.external or run.split.empty or run.cases.empty:
        return run.cases
    return run.cases[run.cases["id"].isin(run.split.loc[run.split["part"] == "test", "id"])]


def cohort_table(run: RunFolder) -> Table:
    """Images and patients by class, site, sequence, view and subgroup."""
    lines = []
    for column, title in _columns(run.cases):
        groups = run.cases.groupby(column, sort=False, observed=True)
        counted = sorted(((value, len(rows), rows["patient"].nunique()) for value, rows in groups), key=lambda item: -item[1])
        for position, (value, images, patients) in enumerate(counted):
            shown = words(str(value)) if str(value) else ("unlabelled" if column == "label" else "not stated")
            share = f"{100 * images / len(run.cases):.0f} %"
            lines.append(
                [
                    name_cell(title if position == 0 else ""),
                    name_cell(shown),
                    count_cell(patients),
                    count_cell(images),
                    Cell(share, look="num"),
                ]
            )
    note = "A patient can be in several lines of a block. Columns with a value for nearly every patient are left out: they could name one."
    return Table("Cohort", ["", "", "Patients", "Images", "Share of images"], lines, note)


def _columns(cases: pd.DataFrame) -> list[tuple[str, str]]:
    """The columns worth a block: few values, and none that names a patient."""
    if cases.empty or "patient" not in cases:
        return []
    known = [(name, title) for name, title in (("label", "Class"), ("site", "Site"), ("sequence", "Sequence"), ("view", "View"))]
    others = [(name, words(name).capitalize()) for name in cases.columns if name not in FIXED]
    limit = min(20, max(6, cases["patient"].nunique() // 3))
    return [
        (name, title) for name, title in known + others
        if name in cases and cases[name].nunique() <= (60 if name == "label" else limit) and (cases[name] != "").any()
    ]  # fmt: skip


def period(run: RunFolder) -> str:
    """First and last month of acquisition, as far as the headers say."""
    months = sorted(month for month in run.cases.get("acquired_month", pd.Series(dtype=str)).fillna("").astype(str) if month)
    if not months:
        return ""
    known = f", known for {count(len(months))} of {count(len(run.cases))} images" if len(months) < len(run.cases) else ""
    return (months[0] if months[0] == months[-1] else f"{months[0]} to {months[-1]}") + known


def parts(run: RunFolder) -> dict[str, dict[str, dict[str, int]]]:
    """fold -> part -> {images, patients}, from flow.json, else counted from split.csv and cases.csv."""
    if run.external:
        return {}
    told: Any = run.flow.get("parts")
    if isinstance(told, dict) and told:
        return {"0": told} if "train" in told or "test" in told else told
    if run.split.empty or run.cases.empty:
        return {}
    joined = run.split.merge(run.cases[["id", "patient"]], on="id").drop_duplicates(["id", "fold", "part"])
    counted = joined.groupby(["fold", "part"])["patient"].agg(["size", "nunique"]).reset_index()
    result: dict[str, dict[str, dict[str, int]]] = {}
    for row in counted.itertuples():
        result.setdefault(str(row.fold), {})[str(row.part)] = {"images": int(row.size), "patients": int(row.nunique)}  # type: ignore[arg-type]
    return result


def design(run: RunFolder) -> str:
    """How patients were dealt, and how many of the folds were trained."""
    folds, chosen = len(parts(run)), (run.config.get("data") or {}).get("fold")
    trained = folds if chosen is None else len(chosen) if isinstance(chosen, list) else 1
    if run.external:
        return "external test"
    if folds < 2:
        return "hold-out" if folds else "not split yet"
    return f"{folds}-fold cross-validation" if trained == folds else f"{trained} of {folds} folds"


def parts_table(run: RunFolder) -> Table:
    """Patients and images of each part, fold by fold; a single fold is not named."""
    lines, dealt = [], parts(run)
    titles = PARTS | ({"unused": "Not used"} if any("unused" in members for members in dealt.values()) else {})
    for fold, members in dealt.items():
        cells = []
        for part in titles:
            counts = members.get(part) or {}
            cells += [count_cell(counts.get("patients")), count_cell(counts.get("images"))]
        lines.append([name_cell(fold), *cells])
    head = ["Fold", *(f"{title}, {unit}" for title in titles.values() for unit in ("patients", "images"))]
    return Table("Parts", head, lines) if len(lines) > 1 else Table("Parts", head[1:], [line[1:] for line in lines])


def proof_table(run: RunFolder) -> Table:
    """What was compared between the parts, and how many shared entries were found."""
    lines = []
    for check in run.proof.get("checks") or []:
        found = finite(check.get("found"))
        verdict = Cell("none", look="num good") if found == 0 else Cell(count(found), look="num bad")
        name = str(check.get("name", ""))
        lines.append([name_cell(words(name)), count_cell(check.get("compared")), verdict])
    return Table("Leak check", ["What holds", "Compared", "Exceptions"], lines)


def left_out_table(run: RunFolder) -> Table:
    """Labels that are none of the run's classes, with their images, and the class that each may be a misspelling of."""
    amounts, meant = run.flow.get("labels_left_out") or {}, run.flow.get("labels_misspelt") or {}
    lines = [[name_cell(words(name)), count_cell(n), name_cell(words(str(meant.get(name, ""))))] for name, n in amounts.items()][
        :MOST_LABELS
    ]
    note = "" if len(lines) == len(amounts) else f"{len(amounts) - len(lines)} more labels; all of them are in flow.json of the run."
    return drop_empty(Table("Labels that are none of the classes", ["Label", "Images left out", "Misspelt for?"], lines, note))


def refused_table(run: RunFolder) -> Table:
    """Why inputs were refused."""
    if "reason" not in run.refused or run.refused.empty:
        return Table("", [])
    reasons = run.refused["reason"].map(scrub).value_counts()
    rest = int(reasons[12:].sum())
    lines = [[name_cell(reason), count_cell(int(amount))] for reason, amount in reasons[:12].items()]
    return Table("Refused inputs", ["Reason", "Files"], lines + ([[name_cell("other reasons"), count_cell(rest)]] if rest else []))
