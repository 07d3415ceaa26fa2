"""Draws how networks learned: measures of those that answer, epoch by epoch, and losses of those that draw images, step by step."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from medimg.report.plots import COLOURS, grid
from medimg.report.training import Stage, measures
from medimg.words import metric_name

LINES = ("-", "--", ":", "-.")
TRAINING = "#b0b0b0"
MOST_PANELS = 6
SHORT = 3  # rows up to which a line has points, as one row alone has no line
LOSSES = {"generator": "Generator's loss", "discriminator": "Discriminator's loss"}


def training(stages: list[Stage]) -> Figure:
    """One panel per measure, and phase where there are several; grey: training, coloured: validation by fold, a line style per seed."""
    phases = list(dict.fromkeys(stage.title for stage in stages))
    names = measures(stages)[: max(1, MOST_PANELS // len(phases))]
    figure, axes = grid(len(phases) * len(names), width=3.9, height=2.7)
    folds = sorted({stage.marks.get("fold", 0) for stage in stages})
    seeds = sorted({stage.marks.get("seed", 0) for stage in stages})
    for axis, (phase, name) in zip(axes, [(phase, name) for phase in phases for name in names], strict=True):
        for stage in (stage for stage in stages if stage.title == phase):
            line = LINES[seeds.index(stage.marks.get("seed", 0)) % 4]
            for side, colour in (("train", TRAINING), ("val", COLOURS[folds.index(stage.marks.get("fold", 0)) % len(COLOURS)])):
                if (column := f"{side}/{name}") in stage.epochs:
                    _line(axis, stage.epochs["epoch"] + 1, stage.epochs[column], colour, line, 0.8 if side == "train" else 1.3)
        _name(axis, metric_name(name) + (f", {phase}" if len(phases) > 1 else ""), "epoch")
    handles = [_key(COLOURS[n % len(COLOURS)], "-", f"fold {fold}" if len(folds) > 1 else "validation") for n, fold in enumerate(folds)]
    handles += [_key("#444444", LINES[n % 4], f"seed {seed}") for n, seed in enumerate(seeds) if len(seeds) > 1]
    figure.legend(handles=[*handles, _key(TRAINING, "-", "training")], loc="outside lower center", ncols=min(8, len(handles) + 1))
    return figure


def generators(stages: list[Stage]) -> Figure:
    """The losses of both networks of each pair that draws or enlarges, a panel each; one colour per kind, a line per fold and seed."""
    kinds = list(dict.fromkeys(stage.title for stage in stages))
    figure, axes = grid(len(LOSSES), width=3.9, height=2.7)
    styles = {kind: (COLOURS[n % len(COLOURS)], LINES[n // len(COLOURS) % 4]) for n, kind in enumerate(kinds)}
    for axis, (name, title) in zip(axes, LOSSES.items(), strict=True):
        for stage in stages:
            if (column := f"train/{name}") in stage.epochs:
                _line(axis, stage.epochs["step"], stage.epochs[column], *styles[stage.title], 1.1)
        _name(axis, title, "step")
    figure.legend(handles=[_key(*styles[kind], kind) for kind in kinds], loc="outside lower center", ncols=min(3, len(kinds)))
    return figure


def _line(axis: Axes, x: pd.Series, y: pd.Series, colour: str, line: str, width: float) -> None:
    axis.plot(x, y, color=colour, linestyle=line, linewidth=width, marker="." if y.notna().sum() <= SHORT else "")


def _name(axis: Axes, title: str, unit: str) -> None:
    axis.set_title(title)
    axis.set_xlabel(unit)
    axis.margins(x=0.01)
    axis.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def _key(colour: str, line: str, label: str) -> Any:
    return Line2D([], [], color=colour, linestyle=line, label=label)
