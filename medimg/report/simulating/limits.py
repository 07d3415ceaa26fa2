"""What a reader must know before believing a simulated learning curve."""

from collections.abc import Iterator
from typing import Any

from medimg.report.words import scrub
from medimg.words import plural

Result = dict[str, Any]
FEW_REPEATS = 5


def limits(result: Result, built_in: bool) -> Iterator[tuple[str, str]]:
    """(heading, sentence) of every limit that a simulation's numbers have."""
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
    else:
        yield (
            "Reader who errs",
            f"The simulated reader names a wrong class for {100 * result['noise']:g} % of the pool and validation images, drawn by lot "
            "and not by how hard they are; test labels are the reference.",
        )
    yield (
        "Bands",
        "Bands are 95 % at each point, not for a whole curve. Whether strategies differ is told by the differences, not by bands.",
    )
    steps = [row["steps"] for row in result["curves"] if row["metric"] == "auroc"]
    if steps and min(steps) < max(steps) and not result.get("frozen"):  # steps of a logistic regression say nothing of training
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
