"""What may be said of a simulation in plain words: a claim only where its interval carries it, otherwise 'not shown'."""

from itertools import groupby
from typing import Any

from medimg.evaluate.simulating.contrasts import BASELINE

Row = dict[str, Any]
ALPHA = 0.05
GUESSING = 0.5


def better(row: Row) -> bool:
    """Whether a difference is above nought by its interval and by its corrected p-value, both."""
    return row["low"] is not None and row["low"] > 0 and row.get("p_holm") is not None and row["p_holm"] < ALPHA


def worse(row: Row) -> bool:
    """Whether a difference is below nought by its interval and by its corrected p-value, both."""
    return row["high"] is not None and row["high"] < 0 and row.get("p_holm") is not None and row["p_holm"] < ALPHA


def verdict(result: dict[str, Any]) -> list[str]:
    """Sentences, the most wanted first: better than random, full-data performance, and what is missing for either."""
    units = result["units"]
    opening = [] if units["complete"] else [f"Unfinished: {units['finished']} of {units['planned']} units are there."]
    if not result["curves"]:
        return [*opening, "Nothing can be compared yet: no repeat and fold has its initial training."]
    return opening + _against_random(result) + _against_full(result)


def _against_random(result: dict[str, Any]) -> list[str]:
    rows = [row for row in result["differences"] if row["what"] == "area" and row["axis"] == "labels"]
    if BASELINE not in result["strategies"]:
        return ["Random was not run, so nothing can be said to be better than random."]
    if result["units"]["alone"]:
        return ["Better than random: not shown, as a fold has one repeat only; chance in the initial labels is not in any interval."]
    sentences = []
    for row in rows:
        amount = _amount(row)
        if better(row):
            sentences.append(f"{row['strategy']} is better than random{amount}.")
        elif worse(row):
            sentences.append(f"{row['strategy']} is worse than random{amount}.")
    unshown = [row for row in rows if not better(row) and not worse(row)]
    amounts = {row["strategy"]: _amount(row, of="", among=len(rows)) for row in unshown}
    shared = groupby(unshown, lambda row: row["strategy"] if row["low"] is not None else amounts[row["strategy"]])  # one reason, told once
    told = [[row["strategy"] for row in own] for _, own in shared]
    names = "; ".join(", ".join(own) + amounts[own[0]] for own in told)
    return sentences + ([f"A difference from random is not shown at {_repeats(result)}: {names}."] if unshown else [])


def _amount(row: Row, of: str = "mean AUROC over the labels ", among: int = 1) -> str:
    """Write a difference with its interval; where that is off nought and among several, the corrected p-value that decides."""
    if row["low"] is None:
        return f" ({row['undefined'] or row['method']})"
    text = f" ({of}{row['estimate']:+.3f}, 95 % {row['low']:+.3f} to {row['high']:+.3f}".replace("-", "\u2212")
    decides = among > 1 and row.get("p_holm") is not None and row["low"] * row["high"] > 0
    return text + (f", p {row['p_holm']:.3f} after correction for {among} strategies)" if decides else ")")


def _repeats(result: dict[str, Any]) -> str:
    used = result["units"]["repeats_used"]
    return f"{used} repeat" if used == 1 else f"{used} repeats"


def _against_full(result: dict[str, Any]) -> list[str]:
    margin, full = result["margin"], next((row for row in result["full"] if row["metric"] == "auroc"), None)
    if full is None:
        return ["Full-data performance: not shown, as the training on all labels is not there for every fold."]
    if result["units"]["alone"]:
        return ["Full-data performance: not shown, as a fold has one repeat only."]
    if full["low"] is None or full["low"] <= GUESSING:
        return ["Full-data performance: even with all labels the model is not shown to be better than guessing; to reach it is no merit."]
    first = {name: _first(result, name) for name in result["strategies"]}
    reached = sorted((row["labels"], name) for name, row in first.items() if row and row["round"])
    trivial = [name for name, row in first.items() if row and not row["round"]]
    unshown = [name for name, row in first.items() if row is None]
    sentences = []
    if reached:
        named = "; ".join(
            f"{name} from {labels:.0f} labels ({100 * labels / full['labels']:.0f} % of the pool)" for labels, name in reached
        )
        apart = f"{result['curves'][0]['val_labels']:.0f} validation labels beside these"
        sentences.append(f"What reaches full-data performance within {margin:g}: {named}; {apart}.")
    if trivial:
        sentences.append(
            f"Within {margin:g} of full-data performance already with the initial labels alone, no merit of theirs: {', '.join(trivial)}."
        )
    if unshown:
        sentences.append(f"Reaching full-data performance within {margin:g} is not shown at {_repeats(result)}: {', '.join(unshown)}.")
    return sentences


def _first(result: dict[str, Any], name: str) -> Row | None:
    """The AUROC row of the first round from which on a strategy is within the margin of the full data; None: not shown."""
    within = [row["round"] for row in result["against_full"] if row["strategy"] == name and row["within"]]
    rows = [row for row in result["curves"] if (row["strategy"], row["metric"]) == (name, "auroc")]
    return next((row for row in rows if within and row["round"] == min(within)), None)
