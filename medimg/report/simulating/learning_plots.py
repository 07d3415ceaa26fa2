"""Draws learning curves: scores with bands over labels and over patients opened, and each strategy's difference from random."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medimg.report.plots import COLOURS, GREY
from medimg.report.words import words
from medimg.words import metric_name

AXES = {"labels": "labels of the pool, the initial ones among them", "patients": "patients opened"}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def colours(strategies: list[str]) -> dict[str, str]:
    """One colour for each strategy; random is grey, as it is what the others are held against."""
    others = [name for name in strategies if name != "random"]
    return {"random": "#444444"} | {name: COLOURS[n % (len(COLOURS) - 1)] for n, name in enumerate(others)}


def curves(table: pd.DataFrame, full: dict[str, Any] | None, strategies: list[str]) -> Figure:
    """AUROC over labels, with bands of pointwise 95 % intervals, and over patients opened; the dashed line is training on all labels.

    Curves over patients end at different numbers, where bands would hide each other and hold no chance of these numbers.
    """
    figure = Figure(figsize=(9.4, 4.0), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (cost, name) in zip(axes, AXES.items(), strict=True):
        _score(axis, table, "auroc", cost, full, strategies, bands=cost == "labels")
        axis.set_xlabel(name)
    axes[0].set_ylabel("AUROC")
    _legend(figure, axes[0])
    return figure


def measures(table: pd.DataFrame, full: dict[str, dict[str, Any]], strategies: list[str]) -> Figure | None:
    """Every other measure over labels, without bands; None where there is none."""
    shown = [
        name for name in dict.fromkeys(table["metric"]) if name != "auroc" and table.loc[table["metric"] == name, "estimate"].notna().any()
    ]
    if not shown:
        return None
    lines = -(-len(shown) // 3)
    figure = Figure(figsize=(9.4, 2.4 * lines + 0.4), layout="constrained")
    axes = figure.subplots(lines, 3, squeeze=False).ravel().tolist()
    for n, (axis, name) in enumerate(zip(axes, shown, strict=False)):
        _score(axis, table, name, "labels", full.get(name), strategies, bands=False)
        axis.set_title(metric_name(name) if name != "patient_auroc" else "AUROC per patient")
        axis.set_xlabel("labels of the pool" if n + 3 >= len(shown) else "")
    for spare in axes[len(shown) :]:
        spare.remove()
    _legend(figure, axes[0])
    return figure


def differences(table: pd.DataFrame, strategies: list[str]) -> Figure | None:
    """AUROC of each strategy minus random at every round, with its interval; a panel each, None without random."""
    rows = table[table["what"] == "round"] if len(table) else table
    names = [name for name in strategies if len(rows) and name in set(rows["strategy"])]
    if not names:
        return None
    columns = min(4, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(2.5 * columns + 0.4, 2.3 * lines + 0.2), layout="constrained")
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    paint = colours(strategies)
    for axis, name in zip(axes, names, strict=False):
        own = rows[rows["strategy"] == name]
        axis.axhline(0, color=GREY, linewidth=1)
        axis.fill_between(own["round"], own["low"], own["high"], color=paint[name], alpha=0.22, linewidth=0)
        axis.plot(own["round"], own["estimate"], color=paint[name], linewidth=1.5, marker="o", markersize=3)
        axis.set_title(words(name))
        axis.xaxis.get_major_locator().set_params(integer=True)
    for spare in axes[len(names) :]:
        spare.remove()
    figure.supxlabel("round", fontsize=9)
    figure.supylabel("AUROC minus random", fontsize=9)
    return figure


def _score(
    axis: Axes, table: pd.DataFrame, metric: str, cost: str, full: dict[str, Any] | None, strategies: list[str], bands: bool = True
) -> None:
    paint = colours(strategies)
    if full is not None:
        if bands and full.get("low") is not None:
            axis.axhspan(full["low"], full["high"], color="#e8eef4", linewidth=0)
        axis.axhline(full["estimate"], color=GREY, linewidth=1, linestyle="--", label="all labels")
    for n, name in enumerate(strategies):
        rows = table[(table["strategy"] == name) & (table["metric"] == metric)]
        if bands:
            axis.fill_between(rows[cost], rows["low"], rows["high"], color=paint[name], alpha=0.1, linewidth=0)
        mark = MARKERS[n % len(MARKERS)]
        axis.plot(rows[cost], rows["estimate"], color=paint[name], linewidth=1.5, marker=mark, markersize=3.5, label=words(name))


def _legend(figure: Figure, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(7, len(labels)))
