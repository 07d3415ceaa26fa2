"""Turns the rows of metrics.json into the tables a reader expects."""

from collections.abc import Iterable

from medimg.report.folder import Json, RunFolder
from medimg.report.table import EXACT_NOTE, Table, count_cell, drop_empty, measure_cell, name_cell
from medimg.report.words import finite, interval, scrub, words
from medimg.words import AGGREGATES, METRICS, metric_name

OVERALL = ("all", "macro", "micro")
CALIBRATION = ("brier", "ece", "log_loss", "nll")
FIRST = ("auroc", "exact_match", "accuracy", "sensitivity", "specificity", "f1", "balanced_accuracy", "dice")
MOST_MEASURES = 5
COUNTS = {"n": "Images", "patients": "Patients", "positives": "Positive"}
LEVELS = ("image", "patient")
TITLES = {"class": "Per class", "fold": "Per fold", "seed": "Per seed", "site": "Per site", "organ": "Per organ"}


def scope_of(row: Json) -> dict[str, str]:
    """The part of the cases a row speaks of: "site=A,class=goitre" -> {"site": "A", "class": "goitre"}; {} for all cases."""
    parts = [part.split("=", 1) for part in str(row.get("scope", "all")).split(",") if "=" in part]
    return {name.strip(): value.strip() for name, value in parts}


def _order(metrics: Iterable[str], first: str = "") -> list[str]:
    known = [first, *METRICS]
    return sorted(set(metrics), key=lambda name: (known.index(name) if name in known else len(known), name))


def headline_row(run: RunFolder) -> Json:
    """The row the headline was taken from, the headline itself where none fits; {} without results."""
    headline: Json = run.metrics.get("headline") or {}
    same = [
        row for row in run.rows
        if row["metric"] == headline.get("metric") and not scope_of(row)
        and row.get("estimate") == headline.get("estimate") and row.get("low") == headline.get("low")
    ]  # fmt: skip
    ways = list(AGGREGATES)
    same.sort(key=lambda row: ways.index(row["aggregate"]) if row.get("aggregate") in ways else len(ways))
    return same[0] if same else headline


def levels(run: RunFolder) -> tuple[str, ...]:
    """The units worth telling apart: images alone where every judged patient has one."""
    whole = headline_row(run)
    return LEVELS[:1] if whole.get("n") is not None and whole.get("n") == whole.get("patients") else LEVELS


def pick(rows: Iterable[Json], aggregate: str | None) -> Json | None:
    """Of several rows for one cell the one to print: not recalibrated first, the headline's way of pooling first."""
    ranked = sorted(rows, key=lambda row: (bool(row.get("calibrated")), row.get("aggregate") != aggregate))
    return ranked[0] if ranked else None


def overall_table(run: RunFolder) -> Table:
    """All cases: one line per measure, one column per unit (image, patient) and way of pooling the folds."""
    rows = [row for row in run.rows if row.get("scope") in OVERALL and row["metric"] not in CALIBRATION]
    there = {_column(row) for row in rows}
    units = levels(run)
    columns = [(level, way) for level in units for way in AGGREGATES if (level, way) in there]
    lost = {column: reason for column in columns if (reason := _one_reason([row for row in rows if _column(row) == column]))}
    columns = [column for column in columns if column not in lost]
    lines = []
    scopes = sorted(OVERALL, key=lambda scope: scope != headline_row(run).get("scope"))
    for scope in scopes:
        for metric in _order((row["metric"] for row in rows if row["scope"] == scope), str(headline_row(run).get("metric"))):
            same = [row for row in rows if row["scope"] == scope and row["metric"] == metric]
            cells = [pick((row for row in same if _column(row) == column), None) for column in columns]
            mean = ", mean of classes" if scope == "macro" else ""
            lines.append([name_cell(metric_name(metric) + mean), *(measure_cell(cell, True) for cell in cells)])
    head = ["Measure", *(f"Per {run.unit(level)}, {AGGREGATES[way]}" for level, way in columns)]
    alone = "Each patient has one image: per image and per patient are the same."
    place = "A place is one position in a patient: the slices of all sequences there, judged together."
    notes = [
        _method_note(rows),
        *([place] if run.unit("image") == "place" else []),
        *([alone] if units == LEVELS[:1] else []),
        *dict.fromkeys(f"Per {run.unit(level)}: undefined, {scrub(reason)}." for (level, _), reason in lost.items()),
    ]
    return Table("All test cases", head, lines if columns else [], " ".join(notes))


def _column(row: Json) -> tuple[str, str]:
    return str(row.get("level")), str(row.get("aggregate"))


def _told_once(rows: list[Json]) -> list[Json]:
    """The rows with one reason for every mean over classes that lacks a class, whichever it is: the tables of the run name it."""
    lost = {str(row["undefined"]) for row in rows if str(row.get("undefined") or "").startswith("no value for ")}
    some = "no value for some class, so none for the mean of classes"
    return [row | {"undefined": some} if len(lost) > 1 and row.get("undefined") in lost else row for row in rows]


def _one_reason(rows: list[Json]) -> str:
    """The reason, when every row is undefined for the same one."""
    reasons = {str(row.get("undefined") or "") for row in rows}
    return reasons.pop() if len(reasons) == 1 else ""


def methods(rows: list[Json]) -> str:
    """How intervals were made, without the numbers that differ from row to row."""
    names = {str(row["method"]) for row in rows if row.get("method") and interval(row)}
    exact = [EXACT_NOTE] if any("exact" in name for name in names) else []
    return "; ".join(sorted(name for name in names if "exact" not in name) + exact)


def fixed_counts(rows: list[Json]) -> str:
    """What intervals hold still where patients were drawn within classes; empty where no row says so."""
    drawn = {str(row["metric"]) for row in rows if "within classes" in str(row.get("method"))}
    if not drawn:
        return ""
    told = "Patients are drawn within classes, so the intervals take the numbers of patients in each class as given"
    both = "; accuracy rests on all patients, balanced accuracy on the smallest class: equal values can have other intervals"
    return told + (both if {"accuracy", "balanced_accuracy"} <= drawn else "") + "."


def _method_note(rows: list[Json]) -> str:
    made = methods(rows)
    seeds = " Seeds ±: standard deviation over seeds." if any(finite(row.get("seed_sd")) is not None for row in rows) else ""
    wilson = "Wilson score interval: of as many independent cases as would scatter as the draws do." if "Wilson" in made else ""
    told = [f"Below each value its 95 % interval: {scrub(made)}.{seeds}", wilson, fixed_counts(rows)]
    return " ".join(filter(None, told)) if made else ""


def group_table(run: RunFolder, key: str, level: str, most: int = 30) -> Table:
    """One line per value of `key` (class, site, fold, seed or a subgroup), one column per measure."""
    rows = [row for row in run.rows if list(scope_of(row)) == [key] and row.get("level") == level]
    rows = _told_once([row for row in rows if row["metric"] not in CALIBRATION])
    if not rows or _one_reason(rows):
        return Table("", [])
    whole = headline_row(run)
    aggregate, there = whole.get("aggregate"), {row["metric"] for row in rows if not row.get("undefined")}
    metrics = [name for name in dict.fromkeys((str(whole.get("metric")), *FIRST)) if name in there][:MOST_MEASURES]
    counted = [name for name in COUNTS if level == "image" or name != "n"]
    lines = []
    for value in list(dict.fromkeys(scope_of(row)[key] for row in rows))[:most]:
        here = [row for row in rows if scope_of(row)[key] == value]
        size = max(here, key=lambda row: finite(row.get("n")) or 0)
        cells = [pick((row for row in here if row["metric"] == metric), aggregate) for metric in metrics]
        counts = [count_cell(size.get(name)) for name in counted]
        lines.append([name_cell(words(value) if value else "not stated"), *counts, *(measure_cell(cell) for cell in cells)])
    head = [
        words(key).capitalize(),
        *("Places" if name == "n" and run.unit(level) == "place" else COUNTS[name] for name in counted),
        *(metric_name(name) for name in metrics),
    ]
    return drop_empty(Table(f"{TITLES.get(key, f'By {words(key)}')}, per {run.unit(level)}", head, lines))


def group_keys(run: RunFolder) -> list[str]:
    """The single keys by which results are told apart, in the order class, site, subgroups, fold, seed; not the number of labels."""
    keys = {next(iter(scope)) for scope in map(scope_of, run.rows) if len(scope) == 1} - {"cases"}
    first, last = [key for key in ("class", "site") if key in keys], [key for key in ("fold", "seed") if key in keys]
    return [*first, *sorted(keys - {*first, *last}), *last]
