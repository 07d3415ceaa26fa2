"""The top of a report: the run in one or two lines, and its size in a few numbers."""

from medimg.report import cohort, results
from medimg.report.folder import Json, RunFolder
from medimg.report.table import no_interval
from medimg.report.words import count, finite, interval, number, scrub, words
from medimg.words import AGGREGATES, metric_name, plural

GUESSING = 0.5  # AUROC


def verdict(run: RunFolder) -> list[str]:
    """The headline with interval, unit, images and patients; a second line with the same measure per patient, where defined."""
    whole = results.headline_row(run)
    if not whole:
        return ["No results yet: this run has not been evaluated."]
    images, patients = cohort.sizes(run)
    images, patients = int(finite(whole.get("n")) or images), int(finite(whole.get("patients")) or patients)
    counted = f"{plural(images, 'test ' + run.unit('image'))} of {plural(patients, 'patient')}"
    lines = [f"{_measure(run, whole)}; {counted}."]
    same = ("metric", "scope", "aggregate")
    rows = [row for row in run.rows if row.get("level") == "patient" and all(row.get(key) == whole.get(key) for key in same)]
    known = [row for row in rows if not row.get("calibrated") and finite(row.get("estimate")) is not None]
    lines += [f"{_measure(run, known[0])}."] if known and len(results.levels(run)) > 1 and whole.get("level") != "patient" else []
    return lines + ([scrub(run.metrics["against"])] if run.metrics.get("against") else [])


def _measure(run: RunFolder, row: Json) -> str:
    mean = ", mean of classes," if row.get("scope") == "macro" else ""
    name = f"{metric_name(str(row.get('metric')))}{mean}"
    if finite(row.get("estimate")) is None:
        return f"{name.rstrip(',')} is undefined ({scrub(row.get('undefined') or 'no reason given')})"
    within = f"95 % interval {interval(row)}" if interval(row) else ", ".join(dict.fromkeys(("no interval", no_interval(row))))
    way = AGGREGATES.get(str(row.get("aggregate")), "")
    guess = ", not shown better than guessing" if holds_guessing(row) else ""
    return f"{name} {number(row['estimate'])} ({within}), per {run.unit(row.get('level', 'image'))}{', ' + way if way else ''}{guess}"


def holds_guessing(row: Json) -> bool:
    """Whether a row is an AUROC whose interval holds 0.5, or lies below."""
    low = finite(row.get("low"))
    return row.get("metric") == "auroc" and low is not None and low <= GUESSING


def tiles(run: RunFolder) -> list[tuple[str, str]]:
    """The size of the run in a few numbers."""
    images, patients = cohort.sizes(run)
    seeds = {scope["seed"] for scope in map(results.scope_of, run.rows) if "seed" in scope}
    sites = {value for value in run.cases["site"] if value} if "site" in run.cases else set()
    shown = [
        ("Patients", count(patients)),
        ("Images", count(images)),
        ("Classes", ", ".join(map(words, run.classes)) or "–"),
        ("Design", cohort.design(run)),
    ]
    shown += [("Seeds", count(len(seeds)))] if seeds else []
    shown += [("Sites", count(len(sites)))] if sites else []
    others = (("Sequences", cohort.sequences(run)), ("Network", network(run)), ("Acquired", cohort.period(run)))
    return [*shown, *((name, value) for name, value in others if value)]


def network(run: RunFolder) -> str:
    """Name the network of a run that classifies, and the size of its images; empty where the run does not say."""
    model, data = (run.config.get(group) or {} for group in ("model", "data"))
    size = f", {data['size']} px" if data.get("size") else ""
    return f"{scrub(model['name'])}{size}" if run.kind and model.get("name") else ""
