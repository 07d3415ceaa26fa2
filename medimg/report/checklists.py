"""CLAIM (2024 update) and STARD (2015): the items a machine can fill from the run, the others as blanks to write.

Item numbers are those of the two guidelines; their wording is ours and short, the guidelines' own text rules.
The items lie in checklists.csv; `topic` names the answer a run can give.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files

from medimg.report.cohort import design, parts, period, sizes
from medimg.report.folder import RunFolder
from medimg.report.limits import built_in
from medimg.report.results import headline_row, methods, scope_of
from medimg.report.table import EXACT
from medimg.report.words import HIDDEN, count, interval, number, plain, words
from medimg.words import metric_name, plural


@dataclass(frozen=True)
class Item:
    """One item: its number, what it asks, and the answer; an empty answer is a blank to write."""

    number: str
    asks: str
    answer: str


def checklist(guideline: str, run: RunFolder) -> list[Item]:
    """Every item of "CLAIM" or "STARD" in order, filled where the run knows the answer."""
    answers = _cohort_answers(run) | _method_answers(run) | _result_answers(run)
    table = files("medimg.report").joinpath("checklists.csv").read_text(encoding="utf-8")
    lines = [line for line in csv.DictReader(table.splitlines()) if line["guideline"] == guideline]
    return [Item(line["item"], line["asks"], answers.get(line["topic"], "")) for line in lines]


def filled(items: list[Item]) -> int:
    """How many items have an answer."""
    return sum(bool(item.answer) for item in items)


def _cohort_answers(run: RunFolder) -> dict[str, str]:
    images, patients = sizes(run)
    if not images:
        return {}
    sites = sorted({value for value in run.cases["site"] if value}) if "site" in run.cases else []
    when, where = period(run), f"{plural(len(sites), 'site')}: {', '.join(map(words, sites))}" if sites else ""
    lost = [f"{count(run.flow[name])} {name}" for name in ("found", "refused", "excluded", "duplicate") if name in run.flow]
    source = "built-in cohort, computed images" if built_in(run) else words(run.cohort)
    refused = f"{count(run.flow['refused'])} inputs refused, each with its reason; no value was imputed." if "refused" in run.flow else ""
    used = f"{plural(patients, 'patient')}, {plural(images, 'image')} in the run"
    return {
        "source": "; ".join(text for text in (source, where) if text),
        "where": "; ".join(text for text in (where, when) if text) if not built_in(run) else "",
        "flow": f"{used} ({', '.join(lost) or 'no losses recorded'}); see Flow.",
        "criteria": _criteria(run),
        "identity": "Patient, study, series and instance ids are keyed hashes; the key stays on the machine that made the run.",
        "missing": refused,
        "alternatives": f"Classes: {', '.join(map(words, run.classes))}." if len(run.classes) > 2 else "",
    }


def _criteria(run: RunFolder) -> str:
    data = run.config.get("data") or {}
    chosen = {str(name): wanted for name, wanted in plain(data.get("where") or {}).items()}
    chosen |= {"classes": plain(data["classes"])} if data.get("classes") else {}
    told = [
        f"{words(name)}: {', '.join(map(words, map(str, value if isinstance(value, list) else [value])))}" for name, value in chosen.items()
    ]
    return "; ".join(told + ["withdrawn patients left out"] * bool(data.get("exclude")))


def _method_answers(run: RunFolder) -> dict[str, str]:
    config, versions = run.config, run.environment.get("versions")
    answers: dict[str, str] = {}
    if isinstance(versions, dict) and versions:
        answers["software"] = ", ".join(f"{name} {version}" for name, version in list(versions.items())[:8])
    folds = parts(run)
    if folds and not run.external:
        way = design(run).replace("-fold cross-validation", " folds") if len(folds) > 1 else "one hold-out"
        unit = "image, not by patient" if run.warnings else "patient"
        answers["dealt"] = f"By {unit}, {way}, a pure function of images and seed; see Split and its proof."
        answers["internal"] = f"{way.capitalize()}, test parts never used for training, thresholds or calibration."
    if run.proof.get("checks"):
        apart = "Patient; proved for patients, studies, instances and identical pixels, see Leak check."
        answers["disjoint"] = "Image only: patients stand in several parts, see Leak check." if run.warnings else apart
    model = config.get("model")
    if isinstance(model, dict):
        answers["model"] = ", ".join(f"{key} {plain(value)}" for key, value in model.items() if isinstance(value, str | int | float))[:300]
        answers["weights"] = _weights(plain(model["weights"])) if "weights" in model else ""
    for topic, keys in (("training", ("trainer", "task")), ("preprocessing", ("data", "augment"))):
        if there := [key for key in keys if isinstance(config.get(key), dict)]:
            answers[topic] = f"See Configuration: {', '.join(there)}."
    return answers


def _weights(value: object) -> str:
    if not value:
        return "Random; no weight file was read."
    return "From a weight file given by the user." if value == HIDDEN else str(value)


def _result_answers(run: RunFolder) -> dict[str, str]:
    whole = headline_row(run)
    if not whole:
        return {}
    name = metric_name(str(whole.get("metric")))
    groups = sorted({"number of labels" if key == "cases" else key for row in run.rows for key in scope_of(row)} - {"class"})
    errors, confusion = (run.tables.get(name, ()) for name in ("errors", "confusion"))
    return {
        "result": f"{name} {number(whole.get('estimate'))} ({interval(whole) or 'no interval'}); see Results.",
        "metrics": ", ".join(dict.fromkeys(metric_name(row["metric"]) for row in run.rows)),
        "uncertainty": f"95 % intervals: {methods(run.rows).replace(f'{EXACT} ', '')}." if methods(run.rows) else "",
        "cutoffs": "Fixed on validation; see Thresholds and calibration." if run.calibration else "",
        "chosen": "" if run.external else "By validation; see Training.",
        "failures": "See Worst errors." if len(errors) else "",
        "explained": f"Grad-CAM of {plural(len(run.explained), 'image')}; see Worst errors." if run.explained else "",
        "external": "This run is one." if run.external else "Not done.",
        "variability": f"By {', '.join(map(words, groups))}; see Groups of cases." if groups else "",
        "crosstab": f"See {'Found and missed' if run.several else 'Confusion matrix'}." if len(confusion) else "",
        "limits": "See Limits; add those of the study.",
    }
