"""The report of a simulated learning curve: one offline HTML file from learning.json, and a table for the terminal."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table as RichTable

from medimg import __version__
from medimg.errors import RunError
from medimg.report import plots
from medimg.report.figures import save
from medimg.report.folder import RunFolder, read_run
from medimg.report.html import METHOD, RESEARCH, write_page
from medimg.report.reproduction import config_text, environment_table, settings
from medimg.report.simulating import learning_plots, learning_tables
from medimg.report.svg import inline_svg
from medimg.report.words import plural, scrub, words

Result = dict[str, Any]
FEW_REPEATS = 5
DESCRIPTIONS = {
    "learning": "AUROC over labels and over patients opened, with 95 % bands, and that of training on all labels",
    "learning_measures": "Other measures over labels",
    "learning_differences": "AUROC of each strategy minus random at every round, with 95 % intervals",
}


def write_simulation_report(run: Path) -> Path:
    """Write report.html and figures/ into the folder of a judged simulation, from learning.json and the run's settings alone."""
    folder, result = read_run(Path(run)), _read(Path(run))
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in save(folder.path, draw(result)) if path.suffix == ".svg"}
    inline = {name: Markup(inline_svg(name, text, DESCRIPTIONS[name])) for name, text in drawn.items()}
    return write_page(folder.path, "simulation.html", figures=inline, **context(folder, result))


def _read(run: Path) -> Result:
    path = run / "learning.json"
    if not path.is_file():
        raise RunError(f"run {run.name}: learning.json is missing; judge the simulation first: medimg active-label --simulate {run}.")
    result: Result = json.loads(path.read_text(encoding="utf-8"))
    return result


def draw(result: Result) -> dict[str, Figure]:
    """Name -> figure, for everything that can be drawn yet."""
    if not result["curves"]:
        return {}
    table, strategies = pd.DataFrame(result["curves"]).astype({"estimate": float, "low": float, "high": float}), result["strategies"]
    full = {row["metric"]: row for row in result["full"]}
    gaps = pd.DataFrame(result["differences"])
    gaps = gaps.astype({"estimate": float, "low": float, "high": float}) if len(gaps) else gaps
    with mpl.rc_context(plots.STYLE):
        made = {
            "learning": learning_plots.curves(table, full.get("auroc"), strategies),
            "learning_measures": learning_plots.measures(table, full, strategies),
            "learning_differences": learning_plots.differences(gaps, strategies),
        }
        found = {name: figure for name, figure in made.items() if figure is not None}
        for figure in found.values():
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
    return found


def context(run: RunFolder, result: Result) -> dict[str, Any]:
    """Everything the template prints, as tables, texts and lists."""
    makers = ("areas", "targets", "scores", "wins", "spread", "picks", "seconds", "stops")
    tables = {name: getattr(learning_tables, f"{name}_table")(result) for name in makers}
    built_in = str(result.get("cohort") or "").startswith("phantom:")
    return {
        "title": words(str(result.get("title") or "Learning curves")), "banners": [*([METHOD] if built_in else []), RESEARCH],
        "verdict": [words_of(line, result) for line in result["verdict"]], "tiles": list(_tiles(result)), "tables": tables,
        "drawn": learning_tables.drawn(result),
        "complete": result["units"]["complete"], "units": result["units"], "limits": list(_limits(result, built_in)),
        "not_measured": not_measured(), "notes": [scrub(note) for note in result["notes"]], "environment": environment_table(run),
        "config": config_text(run), "overrides": settings(run), "version": __version__,
    }  # fmt: skip


def words_of(line: str, result: Result) -> str:
    """A sentence of the verdict with the strategies' names as they are read."""
    for name in sorted(result["strategies"], key=len, reverse=True):
        line = line.replace(name, words(name))
    return scrub(line[:1].upper() + line[1:])


def _tiles(result: Result) -> Iterator[tuple[str, str]]:
    units = result["units"]
    yield "Repeats and folds", f"{result['repeats']} × {result['folds']}"
    yield "Rounds", f"{result['rounds']} × {result['budget']} {'patients' if result['unit'] == 'patient' else 'labels'}"
    start = next((row for row in result["curves"] if row["round"] == 0 and row["metric"] == "auroc"), None)
    if start:
        yield "Start", f"{start['labels']:.0f} labels of {start['patients']:.0f} patients"
        yield "Validation, beside these", f"{start['val_labels']:.0f} labels of {start['val_patients']:.0f} patients"
    yield "Units finished", f"{units['finished']:,} of {units['planned']:,}"
    yield "Preset", words(str(result.get("preset") or "–"))
    if result.get("mode"):
        yield "Each round", {"retrain": "trained anew", "finetune": "trained on"}.get(str(result["mode"]), words(str(result["mode"])))


def _limits(result: Result, built_in: bool) -> Iterator[tuple[str, str]]:
    if built_in:
        yield (
            "Built-in cohort",
            "The images were computed, not taken from patients: which strategy wins here says little about a hospital's own.",
        )
    if not result["units"]["complete"]:
        yield "Unfinished", f"{plural(result['units']['cells'], 'repeat-and-fold')} of {result['units']['cells_planned']} compared."
    if result["repeats"] < FEW_REPEATS:
        yield (
            "Few repeats",
            f"{plural(result['repeats'], 'repeat')}; at least {FEW_REPEATS} are advised, as chance in the initial labels is large.",
        )
    if not result.get("noise"):
        yield (
            "Perfect reader",
            "The simulated reader gives the reference label every time; people err, most of all on the cases that are picked.",
        )
    yield (
        "Bands",
        "Bands are 95 % at each point, not for a whole curve. Whether strategies differ is told by the differences, not by bands.",
    )
    steps = [row["steps"] for row in result["curves"] if row["metric"] == "auroc"]
    if steps and min(steps) < max(steps):
        told = f"{min(steps):.0f} optimiser steps at the start, {max(steps):.0f} at the end"
        yield "Fewer steps early", f"{told}: part of a low start is little training, not few labels."
    for note in result["notes"]:
        yield "Note", scrub(note)


def not_measured() -> list[str]:
    """What no simulation measures, said in every report."""
    return [
        "Time of a reader: labels and patients are counted, not minutes; picked cases may take longer than others.",
        "Errors of a reader on hard cases, unless label noise was asked for; real noise depends on the case.",
        "Other pools: sites, scanners and shares of disease than those of this cohort.",
        "Strategies tuned for this cohort: all ran with their defaults.",
        "Other networks: whether labels picked for this one serve another as well.",
    ]


def simulation_table(run: Path) -> RichTable:
    """Each strategy's area over labels, difference from random, and labels needed, for the terminal; the verdict stands below."""
    result = _read(Path(run))
    title = f"{words(str(result.get('title') or 'Learning curves'))}: {result['units']['finished']} of {result['units']['planned']} units"
    table = RichTable(title=escape(title), title_justify="left", caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Strategy", no_wrap=True)
    for name in ("Mean AUROC", "minus random", "p (Holm)", f"Labels to full − {result['margin']:g}"):
        table.add_column(name, justify="right")
    areas, targets = learning_tables.areas_table(result), learning_tables.targets_table(result)
    needed = {line[0].text: line[1] for line in targets.rows}
    for line in areas.rows:
        cells = [line[1], line[2], None, needed.get(line[0].text)]
        shown = [f"{cell.text} ({cell.small})" if cell and cell.small else cell.text if cell else "–" for cell in cells]
        shown[2] = line[2].more.removeprefix("p ") or "–"
        table.add_row(escape(line[0].text), *map(escape, shown))
    table.caption = "\n".join(escape(words_of(line, result)) for line in result["verdict"])
    return table
