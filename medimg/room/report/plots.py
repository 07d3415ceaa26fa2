"""Draws the rounds of a project: labels, scores and entropies."""

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from medimg.report.plots import COLOURS, GREY, STYLE

DESCRIPTIONS = {"rounds": "Validation and test AUROC, and entropy of the open pool, over labels"}


def draw(facts: dict[str, Any], threshold: float | None) -> dict[str, Figure]:
    """Scores and entropies over labels; nothing before two rounds were scored."""
    rows = [row for row in facts["rounds"] if row["state"] == "scored" and row["labels"] is not None]
    if len(rows) < 2:
        return {}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 3.4), layout="constrained")
        scores, entropies = figure.subplots(1, 2)
        labels = [row["labels"] for row in rows]
        for n, part in enumerate(("val", "test")):
            _line(scores, labels, [(row.get(part) or {}).get("auroc") for row in rows], n, {"val": "validation", "test": "test"}[part])
        for n, (name, told) in enumerate({"max_entropy": "highest", "high_entropy": "99th percentile"}.items()):
            _line(entropies, labels, [row[name] for row in rows], n + 2, told)
        if threshold is not None:
            entropies.axhline(threshold, color=GREY, linewidth=1, linestyle="--", label="threshold")
        for axis, name in ((scores, "AUROC"), (entropies, "entropy of the open pool, nats")):
            axis.set(xlabel="labels, validation among them", ylabel=name)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            if axis.get_legend_handles_labels()[0]:
                axis.legend()
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return {"rounds": figure}


def _line(axis: Any, labels: list[int], values: list[Any], colour: int, name: str) -> None:
    known = [(x, y) for x, y in zip(labels, values, strict=True) if y is not None]
    if known:
        axis.plot(*zip(*known, strict=True), color=COLOURS[colour], marker="os^D"[colour], markersize=4, linewidth=1.5, label=name)
