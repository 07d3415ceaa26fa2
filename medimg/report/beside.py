"""Other numbers beside ours: the paper's, and those of the run whose model is judged on new cases."""

from typing import Any

from medimg.report.folder import RunFolder
from medimg.report.results import OVERALL, pick
from medimg.report.table import Cell, Table, measure_cell
from medimg.report.words import AGGREGATES, finite, metric_name, number, scrub, signed, words


def paper_table(run: RunFolder) -> Table:
    """The paper's printed figures with ours of the same measure beside them, as the evaluation has matched them."""
    table = run.tables.get("paper")
    printed = [] if table is None else table.to_dict("records")
    metrics = list(dict.fromkeys(str(line.get("metric")) for line in printed))
    lines: dict[tuple[str, str], dict[str, list[Cell]]] = {}
    for line in printed:
        ours = {"estimate": line.get("ours"), "low": line.get("low"), "high": line.get("high"), "undefined": line.get("scope")}
        place = words(str(line.get("row", ""))), scrub(line.get("source") or "")
        lines.setdefault(place, {})[str(line.get("metric"))] = [Cell(number(line.get("paper")), look="num dim"), measure_cell(ours)]
    sources = list(dict.fromkeys(source for _, source in lines))
    one = len(sources) < 2  # said once, below
    none = [Cell("–", look="num dim")] * 2
    rows = [
        [Cell(name, "" if one else source), *(cell for metric in metrics for cell in own.get(metric, none))]
        for (name, source), own in lines.items()
    ]
    head = [f"{metric_name(metric)}, {whose}" for metric in metrics for whose in ("paper", "here")]
    note = f"From {sources[0]} of the paper. " if one and sources and sources[0] else ""
    note += "Other patients, other images: the paper's figures and ours cannot be subtracted. The paper gives no interval unless stated."
    return Table("Printed in the paper, and measured here", ["", *head], rows, note)


def source_table(run: RunFolder) -> Table:
    """An external run: the numbers on the cases the model was made on beside those on these cases."""
    source: Any = run.evaluation.get("source_metrics") or []
    before = source.get("rows") or [source.get("headline") or source] if isinstance(source, dict) else source
    lines = []
    for row in before:
        if not isinstance(row, dict) or finite(row.get("estimate")) is None or row.get("scope", "all") not in OVERALL:
            continue
        here = [r for r in run.rows if r["metric"] == row["metric"] and r.get("scope") == row.get("scope", "all")
                and r.get("level") == row.get("level", "image") and bool(r.get("calibrated")) == bool(row.get("calibrated"))]  # fmt: skip
        ours = pick(here, row.get("aggregate"))
        change = Cell("–", look="num dim")
        if ours and finite(ours.get("estimate")) is not None:
            change = Cell(signed(ours["estimate"] - row["estimate"]), look="num")
        way = f"per {row.get('level', 'image')}, {AGGREGATES.get(str(row.get('aggregate')), 'as stated')}"
        lines.append([Cell(metric_name(row["metric"]), way), measure_cell(row), measure_cell(ours), change])
    note = "The difference stands without an interval: other patients on either side. An interval of it was not measured."
    return Table("On the source's own cases, and on these", ["Measure", "Source run", "These cases", "Difference"], lines, note)


def against_table(run: RunFolder) -> Table:
    """This run and others on the same cases, and the paired difference."""
    lines = []
    for row in _records(run, "against"):
        within = {"estimate": row.get("difference"), "low": row.get("low"), "high": row.get("high"), "method": row.get("method")}
        name = Cell(words(str(row["other"])), f"per {row['level']}, {AGGREGATES.get(str(row.get('aggregate')), 'not compared')}")
        counts = [Cell(f"{int(row[key]):,}", look="num") for key in ("n", "patients")]
        both = [Cell(number(row.get(key)), look="num") for key in ("a", "b")]
        lines.append([name, *counts, *both, _signed_cell(within | {"undefined": row.get("undefined")})])
    note = f"{scrub(run.metrics.get('against') or '')} On the cases that both have judged; patients drawn once for both."
    head = ["Other run", "Cases", "Patients", "AUROC here", "AUROC there", "Difference"]
    return Table("This run beside others", head, lines, note)


def fewer_table(run: RunFolder) -> Table:
    """The same networks with only some of the sequences given."""
    lines = []
    for row in _records(run, "fewer"):
        change = {"estimate": row.get("difference"), "low": row.get("difference_low"), "high": row.get("difference_high")}
        counts = [Cell(f"{int(row[key]):,}", look="num") for key in ("n", "patients")]
        lines.append([Cell(words(str(row["sequences"])), f"per {row['level']}"), *counts, measure_cell(row), _signed_cell(change)])
    note = "The trained networks, given these sequences alone; the difference is from all that each place has, on the same places."
    return Table("With fewer sequences", ["Sequences given", "Places", "Patients", "AUROC", "Difference"], lines, note)


def _records(run: RunFolder, name: str) -> list[dict[str, Any]]:
    table = run.tables.get(name)
    return [] if table is None else [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _signed_cell(row: dict[str, Any]) -> Cell:
    """A difference with its sign and its interval below."""
    cell = measure_cell(row)
    if finite(row.get("estimate")) is None:
        return cell
    low, high = finite(row.get("low")), finite(row.get("high"))
    small = f"{signed(low)} to {signed(high)}" if low is not None and high is not None else "no interval"
    return Cell(signed(row["estimate"]), small, "num")
