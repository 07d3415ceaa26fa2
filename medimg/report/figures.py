"""All figures of a run: drawn once, and kept as PNG and SVG for a publication."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from medimg.report import flow, plots, training_plots
from medimg.report.cohort import judged_cases
from medimg.report.confusion import confusion_counts
from medimg.report.drawn_names import families, label_of
from medimg.report.folder import RunFolder, read_run
from medimg.report.results import group_keys, headline_row, scope_of
from medimg.report.svg import svg_text
from medimg.report.training import Stage, measures, read_stages
from medimg.report.words import finite, interval, number
from medimg.words import metric_name

DPI = 300  # of a PNG, for a publication
MOST_POINTS = 400
MOST_PANELS = 12
MOST_LINES = 20
SAME = (("metric", None), ("level", "image"))


def draw_figures(run: RunFolder) -> dict[str, Figure]:
    """Name -> figure, for everything the run has data for."""
    makers: dict[str, Callable[[RunFolder], Figure | None]] = {
        "flow": flow.draw, "training": _training, "generators": _generators, "roc": _roc, "pr": _pr, "confusion": _confusion,
        "reliability": _reliability, "forest": _forest,
    }  # fmt: skip
    with mpl.rc_context(plots.STYLE | {"font.family": [*families(run), "sans-serif"]}):
        drawn = {name: maker(run) for name, maker in makers.items()}
        for figure in drawn.values():
            if figure is not None:
                plots.lay_out(figure)
    return {name: figure for name, figure in drawn.items() if figure is not None}


def write_figures(run: Path) -> list[Path]:
    """Draw every figure of a run folder into its figures/ as PNG (300 dpi) and SVG."""
    return save(run, draw_figures(read_run(run)))


def save(run: Path, figures: dict[str, Figure]) -> list[Path]:
    """Write figures/<name>.svg and .png, each complete or not at all."""
    folder = run / "figures"
    folder.mkdir(exist_ok=True)
    written = []
    for name, figure in figures.items():
        stream = io.BytesIO()
        with mpl.rc_context(plots.STYLE):
            figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
        for suffix, data in (("svg", svg_text(name, figure).encode()), ("png", stream.getvalue())):
            path = folder / f"{name}.{suffix}"
            part = path.with_name(f".{path.name}.part")
            part.write_bytes(data)
            os.replace(part, path)
            written.append(path)
    return written


def shown_classes(run: RunFolder, table: pd.DataFrame) -> list[str]:
    """The classes with a curve: for two classes the positive one alone, the other is its mirror."""
    if "class" not in table:
        return [run.classes[-1]] if run.classes else []
    there = list(dict.fromkeys(table["class"].astype(str)))
    names = run.classes[-1:] if run.kind == "binary" and run.classes[-1:][0:1] and run.classes[-1] in there else there
    return names[:MOST_PANELS]


def thin(table: pd.DataFrame) -> pd.DataFrame:
    """A long curve with as many points as a page can show, first and last included."""
    step = -(-len(table) // MOST_POINTS)
    return table if step < 2 else pd.concat([table.iloc[:-1:step], table.iloc[-1:]])


def _score(run: RunFolder, metric: str, name: str, area: float | None) -> str:
    """What stands over a curve: its own area, with the interval where one seed makes the pooled row the same; then the mean over folds."""
    scopes = [f"class={name}", *(["all"] if run.kind == "binary" and name == run.classes[-1] else [])]
    rows = [row for row in run.rows if row["metric"] == metric and row.get("scope") in scopes and row.get("level") == "image"]
    rows = [row for row in rows if not row.get("calibrated")]
    mean = next((row for row in rows if row.get("aggregate") == "mean_over_folds"), None)
    own = next((row for row in rows if row is not mean and finite(row.get("seed_sd")) is None), None)
    known = own.get("estimate") if own and finite(area) is None else area  # tables of older runs have no area
    told = [f"{metric_name(metric)} {number(known, 2)}{' pooled' if mean else ''}{_within(own)}"] if finite(known) is not None else []
    if mean:
        value = "undefined" if finite(mean.get("estimate")) is None else f"{number(mean['estimate'], 2)}{_within(mean)}"
        told.append(f"mean over folds {value}")
    return "\n".join(told)


def _within(row: dict[str, Any] | None) -> str:
    limits = interval(row, 2) if row else ""
    return f" ({limits})" if limits else ""


def _curve(run: RunFolder, kind: str, metric: str) -> Figure | None:
    table = run.tables.get(kind, pd.DataFrame())
    needed = {"fpr", "tpr"} if kind == "roc" else {"recall", "precision"}
    if table.empty or not needed <= set(table.columns):
        return None
    classes = shown_classes(run, table)
    thinned = pd.concat([thin(rows) for _, rows in table.groupby("class", sort=False)]) if "class" in table else thin(table)
    tested = judged_cases(run)
    labels = tested["label"].str.split("|") if "label" in tested else pd.Series(dtype=object)
    shares = {name: float(labels.map(lambda own, name=name: name in own).mean()) for name in classes} if len(labels) else {}
    areas = {str(name): value for name, value in table.groupby("class")["area"].first().items()} if {"class", "area"} <= set(table) else {}
    scores = {name: _score(run, metric, name, areas.get(name)) for name in classes}
    return plots.curves(thinned, classes, kind, scores, shares, label_of(run))


def _roc(run: RunFolder) -> Figure | None:
    return _curve(run, "roc", "auroc")


def _pr(run: RunFolder) -> Figure | None:
    return _curve(run, "pr", "auprc")


def _reliability(run: RunFolder) -> Figure | None:
    table = run.tables.get("reliability", pd.DataFrame())
    return None if table.empty or "observed" not in table else plots.reliability(table, shown_classes(run, table), label_of(run))


def _confusion(run: RunFolder) -> Figure | None:
    counts = confusion_counts(run)
    return None if counts.empty or max(counts.shape) > MOST_PANELS else plots.confusion(counts, label_of(run))


def _training(run: RunFolder) -> Figure | None:
    stages = [stage for stage in _learned(run) if not stage.draws and not stage.judges]
    return training_plots.training(stages) if stages else None


def _generators(run: RunFolder) -> Figure | None:
    stages = [stage for stage in _learned(run) if stage.draws]
    return training_plots.generators(stages) if stages else None


def _learned(run: RunFolder) -> list[Stage]:
    return [stage for stage in read_stages(run.path) if len(stage.epochs) and measures([stage])]


def _forest(run: RunFolder) -> Figure | None:
    whole = headline_row(run)
    if finite(whole.get("estimate")) is None:
        return None
    label = label_of(run)
    alike = [row for row in run.rows if all(row.get(name) == whole.get(name, usual) for name, usual in SAME) and not row.get("calibrated")]
    groups: list[tuple[str, list[dict[str, Any]]]] = []
    for key in group_keys(run):
        rows = [row for row in alike if list(scope_of(row)) == [key] and finite(row.get("estimate")) is not None]
        rows = list({row["scope"]: row for row in reversed(rows)}.values())[::-1]
        named = [row | {"name": f"{label(key)} {label(scope_of(row)[key])}"} for row in rows[:MOST_LINES]]
        if len(named) > 1:
            groups.append((key, named))
    return plots.forest(groups, whole, str(whole["metric"])) if groups else None
