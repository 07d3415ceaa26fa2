"""Other numbers beside ours: the paper's, and those of the run whose model is judged on new cases."""

from typing import Any

from medimg.metrics.printed import f1_is_beyond
from medimg.report.folder import Json, RunFolder
from medimg.report.results import LEVELS, OVERALL, levels, pick
from medimg.report.summary import network
from medimg.report.table import Cell, Table, measure_cell
from medimg.report.words import finite, number, scrub, signed, words
from medimg.words import AGGREGATES, metric_name

BEYOND = "*"  # marks a printed F1 that cannot be


def paper_table(run: RunFolder) -> Table:
    """The paper's printed figures with ours of the same measure beside them, as the evaluation has matched them."""
    table = run.tables.get("paper")
    printed: list[Json] = [] if table is None else [{str(name): cell for name, cell in line.items()} for line in table.to_dict("records")]
    metrics = list(dict.fromkeys(str(line.get("metric")) for line in printed))
    lines: dict[tuple[str, str], dict[str, list[Cell]]] = {}
    for line in printed:
        ours = {"estimate": line.get("ours")} | {name: line.get(name) for name in ("low", "high", "method", "undefined")}
        place = _place(line)
        mark = BEYOND if line.get("metric") == "f1" and _beyond([other for other in printed if _place(other) == place]) else ""
        lines.setdefault(place, {})[str(line.get("metric"))] = [Cell(number(line.get("paper")) + mark, look="num dim"), measure_cell(ours)]
    sources = list(dict.fromkeys(source for _, source in lines))
    one = len(sources) < 2  # said once, below
    none = [Cell("–", look="num dim")] * 2
    rows = [
        [Cell(name, "" if one else source), *(cell for metric in metrics for cell in own.get(metric, none))]
        for (name, source), own in lines.items()
    ]
    head = [f"{metric_name(metric)}, {whose}" for metric in metrics for whose in ("paper", "here")]
    by = f" Here {network(run)}." if network(run) else ""
    note = f"From {sources[0]} of the paper.{by} " if one and sources and sources[0] else ""
    note += "Other patients, other images: the paper's figures and ours cannot be subtracted. The paper gives no interval unless stated."
    if any(cell.text.endswith(BEYOND) for line in rows for cell in line):
        note += f" {BEYOND} No F1 is above the mean of its sensitivity and precision: these figures of the paper contradict each other."
    return Table("Printed in the paper, and measured here", ["", *head], rows, note)


def _place(line: Json) -> tuple[str, str]:
    """The row of the paper's table that a figure stands in, and which table."""
    return words(str(line.get("row", ""))), scrub(line.get("source") or "")


def _beyond(line: list[Json]) -> bool:
    """Whether the F1 of one row of a paper's table is more than its sensitivity and precision allow."""
    own = {str(figure.get("metric")): finite(figure.get("paper")) for figure in line}
    sensitivity, precision, f1 = (own.get(name) for name in ("sensitivity", "precision", "f1"))
    return sensitivity is not None and precision is not None and f1 is not None and f1_is_beyond(sensitivity, precision, f1)


def source_table(run: RunFolder) -> Table:
    """An external run: the numbers on the cases the model was made on, and how far these cases' (in the table of all) are from them."""
    source: Any = run.evaluation.get("source_metrics") or []
    rows = source.get("rows") or [source.get("headline") or source] if isinstance(source, dict) else source
    rows = [row for row in rows if isinstance(row, dict) and finite(row.get("estimate")) is not None and not row.get("calibrated")]
    before = [row for row in rows if row.get("scope", "all") in OVERALL]
    units = [level for level in LEVELS if any(row.get("level", "image") == level for row in before) and level in levels(run)]
    lines = []
    for scope, metric in dict.fromkeys((row.get("scope", "all"), row["metric"]) for row in before):
        same = [row for row in before if (row.get("scope", "all"), row["metric"]) == (scope, metric)]
        cells = [cell for level in units for cell in _apart(run, [row for row in same if row.get("level", "image") == level], level)]
        lines.append([Cell(metric_name(metric) + (", mean of classes" if scope == "macro" else "")), *cells])
    ways = [AGGREGATES[way] for way in AGGREGATES if any(row.get("aggregate") == way for row in before)]
    note = f"Source run: {ways[0] if ways else 'as stated'}. Difference: these cases, as in the table above, minus the source's; it "
    note += "stands without an interval, as other patients are on either side."
    head = ["Measure", *(f"Per {level}: {what}" for level in units for what in ("source run", "difference"))]
    return Table("On the source's own cases, and how far these are from them", head, lines, note)


def _apart(run: RunFolder, before: list[Json], level: str) -> list[Cell]:
    """The source's number of one measure with its interval, and the difference of ours from it."""
    was = pick(before, "mean_over_folds")
    if was is None:
        return [measure_cell(None)] * 2
    place = (was["metric"], was.get("scope", "all"), level)
    here = [row for row in run.rows if (row["metric"], row.get("scope"), row.get("level")) == place and not row.get("calibrated")]
    ours = pick(here, was.get("aggregate"))
    known = finite(ours.get("estimate")) if ours else None
    return [measure_cell(was), measure_cell(None) if known is None else Cell(signed(known - was["estimate"]), look="num")]
