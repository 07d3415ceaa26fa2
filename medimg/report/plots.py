"""Draws one figure from plain tables: curves with bands, reliability, confusion, forest of intervals."""

import math
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medimg.report.words import words
from medimg.words import metric_name

# Okabe and Ito's colours: told apart by colour-blind readers and in grey
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00", "#444444")
GREY = "#767676"
WIDEST_NAME = 34  # letters of a group's name on one line: longer ones would squeeze the plane until its label is cut
Label = Callable[[str], str]  # how a name is written
STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"], "font.size": 9,
    "axes.titlesize": 9.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#555555", "axes.linewidth": 0.8, "axes.grid": True,
    "grid.color": "#e4e4e4", "grid.linewidth": 0.7, "axes.axisbelow": True,
    "legend.framealpha": 0.85, "legend.edgecolor": "none", "legend.borderpad": 0.2, "legend.fontsize": 8,
    "svg.fonttype": "none", "figure.facecolor": "white", "savefig.facecolor": "white",
    "figure.autolayout": False, "figure.constrained_layout.use": False,
}  # fmt: skip


def lay_out(figure: Figure) -> None:
    """Fix layout and fonts for good, in the style that holds: with an engine, even one that does nothing, every file is drawn twice."""
    figure.draw_without_rendering()
    figure.set_layout_engine(None)


def grid(panels: int, width: float = 3.3, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """Lay out a figure of as many panels as asked, each of `width` and `height` inches, smaller where there are more than three."""
    columns = 2 if panels in (2, 4) else min(panels, 3)
    width, height = (width, height) if panels < 4 else (0.76 * width, 0.8 * height)
    lines = math.ceil(panels / columns)
    figure = Figure(figsize=(width * columns, height * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel().tolist()
    for spare in axes[panels:]:
        spare.remove()
    return figure, axes[:panels]


def _unit_square(axis: Axes, x: str, y: str) -> None:
    axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=x, ylabel=y, aspect="equal")
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])


def curves(
    table: pd.DataFrame, classes: list[str], kind: str, scores: dict[str, str], prevalence: dict[str, float],
    label: Label = words,
) -> Figure:  # fmt: skip
    """ROC (`kind` "roc") or precision-recall ("pr") curves, a panel per class, with the band of their intervals; dotted: chance."""
    x, y = ("fpr", "tpr") if kind == "roc" else ("recall", "precision")
    figure, axes = grid(len(classes))
    lines = max((text.count("\n") + 1 for text in scores.values() if text), default=0)
    for axis, name in zip(axes, classes, strict=True):
        rows = table[table["class"] == name] if "class" in table else table
        if {"low", "high"} <= set(rows.columns):
            axis.fill_between(rows[x], rows["low"], rows["high"], color=COLOURS[0], alpha=0.2, linewidth=0)
        axis.plot(rows[x], rows[y], color=COLOURS[0], linewidth=1.6)
        if kind == "roc":
            axis.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        elif name in prevalence:
            axis.axhline(prevalence[name], color=GREY, linestyle=":", linewidth=1)
        _unit_square(axis, *(("1 - specificity", "sensitivity") if kind == "roc" else ("recall (sensitivity)", "precision (PPV)")))
        axis.set_title(label(name), pad=6 + 11 * lines if lines else None)
        axis.text(0, 1.03, scores.get(name, ""), fontsize=8, color="#444444", transform=axis.transAxes)
    return figure


def reliability(table: pd.DataFrame, classes: list[str], label: Label = words) -> Figure:
    """Observed share against stated probability, raw and calibrated; a point's size is its number of images."""
    figure, axes = grid(len(classes))
    for axis, name in zip(axes, classes, strict=True):
        rows = table[table["class"] == name] if "class" in table else table
        after = (
            rows["calibrated"].astype(str).str.lower().isin(["true", "1", "calibrated"])
            if "calibrated" in rows
            else pd.Series(False, rows.index)
        )
        axis.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="ideal")
        for flag, told, colour, marker in ((False, "as stated", COLOURS[1], "s"), (True, "after scaling", COLOURS[0], "o")):
            part = rows[(after == flag) & rows["observed"].notna()].sort_values("mean_p")
            if part.empty:
                continue
            if {"low", "high"} <= set(part.columns):
                axis.fill_between(part["mean_p"], part["low"], part["high"], color=colour, alpha=0.15, linewidth=0)
            axis.plot(part["mean_p"], part["observed"], color=colour, linewidth=1.2, label=told)
            size = 8 + 60 * part["n"] / max(1, part["n"].max()) if "n" in part else 20
            axis.scatter(part["mean_p"], part["observed"], s=size, color=colour, marker=marker, zorder=3)
        _unit_square(axis, "stated probability", "observed share")
        axis.set_title(label(name))
    handles = {told: handle for axis in axes for handle, told in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)  # a box inside would lie over points
    return figure


def confusion(counts: pd.DataFrame, label: Label = words) -> Figure:
    """Counts with the share of the true class as shade; `counts` has the true classes as index."""
    values = counts.to_numpy(dtype=int)
    lines, columns = values.shape
    figure = Figure(figsize=(2.2 + 0.75 * columns, 1.4 + 0.5 * lines), layout="constrained")
    axis = figure.subplots()
    shares = values / values.sum(axis=1, keepdims=True).clip(min=1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        axis.text(column, line, f"{value:,}", ha="center", va="center", color="white" if shares[line, column] > 0.5 else "black")
    slanted: dict[str, Any] = {"rotation": 30, "ha": "right"} if columns > 2 else {}
    axis.set_xticks(range(columns), [label(str(name)) for name in counts.columns], **slanted)
    axis.set_yticks(range(lines), [label(str(name)) for name in counts.index])
    axis.set(xlabel="predicted", ylabel="true")
    axis.grid(False)
    return figure


def forest(groups: list[tuple[str, list[dict[str, Any]]]], whole: dict[str, Any], metric: str) -> Figure:
    """A point with its interval per group of cases (site, fold ...), the headline as a vertical band."""
    lines = [(title if n == 0 else "", row) for title, rows in groups for n, row in enumerate(rows)]
    labels = [textwrap.fill(row["name"], WIDEST_NAME, max_lines=2, placeholder=" ...") for _, row in lines]
    tallest = 1 + max(label.count("\n") for label in labels)
    figure = Figure(figsize=(6.6, 0.9 + (0.1 + 0.14 * tallest) * len(lines)), layout="constrained")
    axis = figure.subplots()
    if whole.get("low") is not None and whole.get("high") is not None:
        axis.axvspan(whole["low"], whole["high"], color="#e8eef4", linewidth=0)
    axis.axvline(whole["estimate"], color=GREY, linewidth=1, linestyle=":")
    colour = -1
    for place, (title, row) in enumerate(lines):
        colour += bool(title)
        paint = COLOURS[colour % len(COLOURS)]
        if row.get("low") is not None and row.get("high") is not None:
            axis.plot([row["low"], row["high"]], [place, place], color=paint, linewidth=1.4)
        inside = paint if row.get("low") is not None else "white"
        axis.plot([row["estimate"]], [place], "o", color=paint, markersize=4.5, markerfacecolor=inside)
        if title and place:
            axis.axhline(place - 0.5, color="#cccccc", linewidth=0.6)
    axis.set_yticks(range(len(lines)), labels)
    axis.set_ylim(len(lines) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel(f"{metric_name(metric)}, 95 % interval")
    return figure
