"""The report of a simulated learning curve: one offline HTML file from learning.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from medimg import __version__
from medimg.errors import RunError
from medimg.report import plots
from medimg.report.cohort import sequences
from medimg.report.figures import save
from medimg.report.folder import RunFolder, read_run
from medimg.report.html import METHOD, RESEARCH, write_page
from medimg.report.reproduction import config_text, environment_table, settings
from medimg.report.simulating import learning_plots, learning_tables
from medimg.report.simulating.limits import limits, not_measured
from medimg.report.simulating.screening import SCREENING, start_limits
from medimg.report.svg import inline_svg
from medimg.report.words import count, scrub, words
from medimg.words import plural

Result = dict[str, Any]
DESCRIPTIONS = {
    "learning": "AUROC over labels, with 95 % bands, and over patients opened, and that of training on all labels",
    "learning_measures": "Other measures over labels",
    "learning_differences": "AUROC of each strategy minus random at every round, with 95 % intervals",
}


def write_simulation_report(run: Path) -> Path:
    """Write report.html and figures/ into the folder of a judged simulation, from learning.json and the run's settings alone."""
    folder, result = read_run(Path(run)), read_learning(Path(run))
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in save(folder.path, draw(result)) if path.suffix == ".svg"}
    inline = {name: Markup(inline_svg(name, text, DESCRIPTIONS[name])) for name, text in drawn.items()}
    return write_page(folder.path, "simulation.html", figures=inline, **context(folder, result))


def read_learning(run: Path) -> Result:
    """Read what a judged simulation has come to; RunError where it is not judged."""
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
    table = table[~table["metric"].isin(learning_tables.twice(result))]
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
            plots.lay_out(figure)
    return found


def context(run: RunFolder, result: Result) -> dict[str, Any]:
    """Everything the template prints, as tables, texts and lists."""
    makers = ("areas", "targets", "scores", "answers", "wins", "spread", "picks", "seconds", "stops")
    tables = {name: getattr(learning_tables, f"{name}_table")(result) for name in makers}
    built_in, frozen = str(result.get("cohort") or "").startswith("phantom:"), bool(result.get("frozen"))
    found = [*start_limits(run.path, frozen), *limits(result, built_in)]
    return {
        "title": words(str(result.get("title") or "Learning curves")),
        "banners": [*([SCREENING] if frozen else []), *([METHOD] if built_in else []), RESEARCH],
        "verdict": [words_of(line, result) for line in result["verdict"]], "tiles": list(_tiles(run, result)), "tables": tables,
        "drawn": learning_tables.drawn(result),
        "complete": result["units"]["complete"], "units": result["units"], "limits": found,
        "not_measured": not_measured(), "notes": [scrub(note) for note in result["notes"]], "environment": environment_table(run),
        "config": config_text(run), "overrides": settings(run), "version": __version__,
    }  # fmt: skip


def words_of(line: str, result: Result) -> str:
    """A sentence of the verdict with the strategies' names as they are read."""
    for name in sorted(result["strategies"], key=len, reverse=True):
        line = line.replace(name, words(name))
    return scrub(line[:1].upper() + line[1:])


def _tiles(run: RunFolder, result: Result) -> Iterator[tuple[str, str]]:
    units = result["units"]
    yield "Repeats and folds", f"{result['repeats']} × {result['folds']}"
    yield "Rounds", f"{result['rounds']} × {result['budget']} {'patients' if result['unit'] == 'patient' else 'labels'}"
    start = next((row for row in result["curves"] if row["round"] == 0 and row["metric"] == "auroc"), None)
    if start:
        yield "Start", f"{start['labels']:.0f} labels of {start['patients']:.0f} patients"
        yield "Validation, beside these", f"{start['val_labels']:.0f} labels of {start['val_patients']:.0f} patients"
    tests = [part["test"] for part in (result.get("parts") or {}).values()]
    if tests:
        yield "Test", f"{count(sum(one['images'] for one in tests))} images of {plural(sum(one['patients'] for one in tests), 'patient')}"
    if found := sequences(run):
        yield "Sequences", found
    if result.get("noise"):
        yield "Simulated reader", f"wrong on {100 * result['noise']:g} % of the images"
    yield "Trainings", f"{units['finished']:,} of {units['planned']:,}"
    yield "Preset", words(str(result.get("preset") or "–"))
    if result.get("mode"):
        yield "Each round", {"retrain": "trained anew", "finetune": "trained on"}.get(str(result["mode"]), words(str(result["mode"])))
