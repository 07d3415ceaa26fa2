"""The results of a run as a table for the terminal."""

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table as RichTable

from medimg.report.folder import Json, RunFolder, read_run
from medimg.report.generating.generated import warnings
from medimg.report.generating.verdict import verdict
from medimg.report.label_counts import KINDS, label_rows
from medimg.report.results import OVERALL, headline_row, levels, scope_of
from medimg.report.table import EXACT_NOTE, measure_cell
from medimg.report.words import count, finite, scrub, words
from medimg.words import AGGREGATES, METRICS, metric_name

OF_KIND = ("exact_match", "no_decision", "sensitivity")
PER_CLASS = ("auroc", "sensitivity", "specificity", "f1")


def results_table(run: Path) -> RichTable:
    """Headline first, then the other measures per image and per patient, each class, and cases by number of labels; each with interval."""
    folder = read_run(run)
    table = RichTable(title=_title(folder), title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Measure", min_width=24, max_width=40)
    for name in ("Estimate", "95 % interval", f"{folder.unit('image').capitalize()}s", "Patients"):
        table.add_column(name, justify="right", no_wrap=True)
    whole = headline_row(folder)
    if not whole:
        table.add_row("no results yet: metrics.json is not there", "", "", "", "")
        return table
    _add(table, folder, whole, "bold")
    shown = [whole]
    for title, rows in _groups(folder, whole):
        table.add_section()
        table.add_row(escape(title), "", "", "", "", style="dim")
        for row in rows:
            _add(table, folder, row)
        shown += rows
    table.caption = "\n".join(_remarks(folder, shown))
    return table


def _remarks(folder: RunFolder, shown: list[Json]) -> Iterator[str]:
    """Say once what the cells only point to, above it the gravest: patients that generated images repeat, then the recipe's own notes."""
    yield from (f"[bold red]{escape(told)}[/]" for told in warnings(folder))
    if told := verdict(folder):
        yield escape(f"Generated images: {' '.join(told)}")
    yield from (escape(scrub(note)) for note in folder.evaluation.get("notes") or ())
    if any("exact" in str(row.get("method")) for row in shown):
        yield EXACT_NOTE
    if len(levels(folder)) == 1:
        yield "Each patient has one image: per image and per patient are the same."
    for reason in dict.fromkeys(str(row["undefined"]) for row in shown if row.get("undefined")):
        yield f"undefined: {escape(scrub(reason))}"


def _title(folder: RunFolder) -> str:
    title = escape(words(str(folder.evaluation.get("title") or "Results")))
    told = f"{title}: built-in cohort, shows the method, not medicine" if folder.cohort.startswith("phantom:") else title
    return "\n".join([*(f"[bold red]{escape(warning)}[/]" for warning in folder.warnings), told])


def _groups(folder: RunFolder, whole: Json) -> Iterator[tuple[str, list[Json]]]:
    way = AGGREGATES.get(str(whole.get("aggregate")), "")
    for level in levels(folder):
        rows = [row for row in folder.rows if row.get("scope") in OVERALL and row.get("level") == level and _alike(row, whole)]
        rows = sorted((row for row in rows if row is not whole), key=_rank)
        if rows and all(row.get("undefined") for row in rows):
            yield f"Per {folder.unit(level)}: undefined, {scrub(rows[0]['undefined'])}", []
        elif rows:
            yield f"Per {folder.unit(level)}{', ' + way if way else ''}", rows
    for name in folder.classes:
        rows = [row for row in folder.rows if scope_of(row) == {"class": name} and row["metric"] in PER_CLASS and _alike(row, whole)]
        rows = sorted((row for row in rows if row.get("level") == "image"), key=_rank)
        if rows:
            shown = finite(rows[0].get("positives"))
            yield f"{words(name)}, per image" + (f", {count(shown)} positive" if shown is not None else ""), rows
    organs = [row for row in folder.rows if list(scope_of(row)) == ["organ"]]
    if organs:
        yield "Per organ", organs
    for kind, title in KINDS.items():
        rows = label_rows(folder, kind) + [row for name in folder.classes for row in label_rows(folder, kind, name)]
        rows = [row for row in rows if row["metric"] in OF_KIND and not row.get("undefined")]
        if rows:
            yield f"{title}, per {folder.unit('image')}, {AGGREGATES.get(str(rows[0].get('aggregate')), '')}", rows


def _alike(row: Json, whole: Json) -> bool:
    return not row.get("calibrated") and whole.get("aggregate") in (None, row.get("aggregate"))


def _rank(row: Json) -> tuple[int, int]:
    known = list(METRICS)
    metric = known.index(row["metric"]) if row["metric"] in known else len(known)
    return (OVERALL.index(row["scope"]) if row.get("scope") in OVERALL else 0), metric


def _add(table: RichTable, folder: RunFolder, row: Json, style: str | None = None) -> None:
    cell = measure_cell(row)
    name = metric_name(row["metric"]) + (", mean of classes" if row.get("scope") == "macro" else "")
    of = scope_of(row)
    name += f", {words(of['class'])}" if {"cases", "class"} <= set(of) else f", {words(of['organ'])}" if "organ" in of else ""
    name = f"{name}, per {folder.unit(row.get('level', 'image'))}" if style else f"  {name}"
    table.add_row(
        escape(name),
        escape(cell.text),
        escape("" if row.get("undefined") else cell.small),
        count(row.get("n")),
        count(row.get("patients")),
        style=style,
    )
