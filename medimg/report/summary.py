"""The top of a report: the run in one or two lines, and its size in a few numbers."""

from medimg.report import cohort, results
from medimg.report.folder import Json, RunFolder
from medimg.report.table import no_interval
from medimg.report.words import AGGREGATES, count, finite, interval, metric_name, number, plural, scrub, words


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
    return f"{name} {number(row['estimate'])} ({within}), per {run.unit(row.get('level', 'image'))}{', ' + way if way else ''}"


def tiles(run: RunFolder) -> list[tuple[str, str]]:
    """The size of the run in a few numbers."""
    images, patients = cohort.sizes(run)
    folds = len(cohort.parts(run))
    seeds = {scope["seed"] for scope in map(results.scope_of, run.rows) if "seed" in scope}
    sites = {value for value in run.cases["site"] if value} if "site" in run.cases else set()
    design = (
        "external test" if run.external else (f"{folds}-fold cross-validation" if folds > 1 else ("hold-out" if folds else "not split yet"))
    )
    shown = [
        ("Patients", count(patients)),
        ("Images", count(images)),
        ("Classes", ", ".join(map(words, run.classes)) or "–"),
        ("Design", design),
    ]
    shown += [("Seeds", count(len(seeds)))] if seeds else []
    shown += [("Sites", count(len(sites)))] if sites else []
    return [*shown, *([("Acquired", cohort.period(run))] if cohort.period(run) else [])]
