"""Puts a project's history into report.html, with its numbers as report.json, agreement.csv, reread.csv and audit.jsonl."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from medimg import __version__
from medimg.evaluate.files import write_json, write_text
from medimg.io.files import write_atomically
from medimg.report.html import METHOD, RESEARCH, write_page
from medimg.report.svg import inline_svg, svg_text
from medimg.report.words import count, words
from medimg.room.exchange import jsonl
from medimg.room.report import plots, tables
from medimg.room.report.facts import Facts, facts
from medimg.room.store import History
from medimg.words import plural

SHOWN_BEFORE = "Readers saw the model's answer before they gave theirs: their labels follow it more than their own eyes would."
DAMAGED = "The history of labels is not what was written: nothing here can be relied on. See provenance."
AGREEMENT = ["reader", "other", "metric", "estimate", "low", "high", "n", "patients", "method", "undefined"]


def write_report(
    history: History, folder: Path, *, threshold: float | None = None, min_kappa: float = 0.6, built_in: bool = False, draws: int = 2000
) -> Path:
    """Write the report into a folder and give the path of its page.

    `threshold`: entropy in nats at which the stop rules hold. `min_kappa`: readers who agree less are named among the limits.
    `built_in`: the images were computed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = facts(history, draws)
    write_json(folder / "report.json", found)
    agreement = [{"other": "itself, later"} | row for row in found["within_readers"]]
    write_text(folder / "agreement.csv", _csv([*found["between_readers"], *agreement], AGREEMENT))
    write_text(folder / "reread.csv", _csv(found["doubted"], ["item", "token", "label", "other", "probability", "why"]))
    write_atomically(folder / "audit.jsonl", jsonl.text(history))
    return write_page(folder, "labelling.html", **context(found, threshold, min_kappa, built_in))


def context(found: Facts, threshold: float | None, min_kappa: float, built_in: bool) -> dict[str, Any]:
    """Everything the template prints."""
    figures = plots.draw(found, threshold)
    inline = {name: Markup(inline_svg(name, svg_text(name, figure), plots.DESCRIPTIONS[name])) for name, figure in figures.items()}
    makers = ("answers", "classes", "skips", "rounds", "pool", "bias", "doubted", "provenance")
    made = {name: getattr(tables, f"{name}_table")(found) for name in makers}
    made |= {"entropy": tables.entropy_table(found, threshold)}
    made |= {which: tables.agreement_table(found, which) for which in ("between_readers", "within_readers")}
    before = any(row["arm"] == "shown before the answer" for row in (found["bias"] or {"arms": []})["arms"])
    damaged = bool(found["provenance"]["faults"])
    return {
        "title": "Labelling",
        "banners": [*[DAMAGED] * damaged, *[SHOWN_BEFORE] * before, *[METHOD] * built_in, RESEARCH],
        "verdict": list(_verdict(found)), "tiles": list(_tiles(found)), "tables": made, "figures": inline,
        "limits": list(_limits(found, min_kappa, built_in)), "not_measured": NOT_MEASURED, "version": __version__,
    }  # fmt: skip


NOT_MEASURED = [
    "Whether the labels are right: there is no reference beyond the readers.",
    "Whether the strategy saved labels: only a simulation on images whose labels are known can show that (medimg active-label --simulate).",
]


def _verdict(found: Facts) -> Iterator[str]:
    told, parts = found["totals"], found["totals"]["by_part"]
    val = f", {count(parts['val'])} of them of validation patients" if parts.get("val") else ""
    yield f"{count(told['labelled'])} of {count(told['images'])} images labelled{val}; {plural(told['patients_opened'], 'patient')} opened."
    stop = next((row["stop"] for row in reversed(found["rounds"]) if row["state"] == "scored"), None)
    if stop:
        yield f"Stop recommended: {', '.join(words(rule) for rule in stop)}."
    if told["disagreed"]:
        yield f"{plural(told['disagreed'], 'image')} with a disagreement that nobody has settled."


def _tiles(found: Facts) -> Iterator[tuple[str, str]]:
    told = found["totals"]
    yield "Rounds", count(len(found["rounds"]))
    yield "Readers", count(len({row["reader"] for row in found["by_reader"] if row["labelled"] or row["skipped"]}))
    yield "Patients opened", f"{count(told['patients_opened'])} of {count(told['patients'])}"
    yield "Undone", count(told["undone"])
    if told["skips"]:
        yield "Skipped", count(sum(told["skips"].values()))
    if told["flagged"]:
        yield "Flagged", count(told["flagged"])


def _limits(found: Facts, min_kappa: float, built_in: bool) -> Iterator[tuple[str, str]]:
    if built_in:
        yield "Built-in cohort", "The images were computed, not taken from patients."
    known = [row for row in found["between_readers"] if row["metric"] != "accuracy" and row["estimate"] is not None]
    low = [row for row in known if row["estimate"] < min_kappa]
    for row in low:
        who = f"{row['reader']} and {row['other']}" if row["other"] else row["reader"]
        yield "Readers disagree", f"{who}: {tables.FIGURES[row['metric']]} {row['estimate']:.2f}, below {min_kappa:g}."
    if not found["between_readers"]:
        yield "One reader an image", "No image was read by two readers, so nothing is known of their agreement."
    if not found["within_readers"]:
        yield "No repeats", "No image was shown again, so nothing is known of how steady a reader is."
    changed = [row for row in found["rounds"] if row["changed"]]
    if changed:
        yield "Trained on changed labels", f"Of round {changed[-1]['round']}, {plural(changed[-1]['changed'], 'label')} changed since."
    if found["rounds"]:
        yield (
            "Labels to read again",
            f"{count(found['judged'])} of {plural(found['totals']['labelled'], 'label')} could be held against what a network had said "
            "before it learnt them. The first batch, validation, test and labels from elsewhere have no such answer.",
        )
    if found["rounds"] and not found["pool"]:
        yield "No random share", "No image of the pool was drawn at random, so labels and scores follow the strategy's choice."


def _csv(rows: list[dict[str, Any]], columns: list[str]) -> str:
    return pd.DataFrame(rows).reindex(columns=columns).to_csv(index=False, float_format="%.9g", lineterminator="\n")
