"""Puts a run folder into one offline HTML file: no script, no request, no path, no identity."""

import os
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medimg import __version__
from medimg.report import beside, calibration, checklists, cohort, confusion, others, results, summary, training
from medimg.report.cases import error_cases
from medimg.report.drawn_names import key_to_numbers
from medimg.report.figures import draw_figures, save
from medimg.report.folder import RunFolder, read_run
from medimg.report.generating import generated, generated_tests
from medimg.report.generating.verdict import verdict
from medimg.report.label_counts import label_counts_table
from medimg.report.limits import built_in, limits, not_measured
from medimg.report.phases import phases_table, phases_told
from medimg.report.reproduction import config_text, environment_table, settings
from medimg.report.svg import inline_svg
from medimg.report.words import number, scrub, words

RESEARCH = "Research use only: not a medical device, not for diagnosis or treatment."
METHOD = "Built-in cohort: shows the method, not medicine."
DESCRIPTIONS = {
    "flow": "Flow of patients from files found to training, validation and test", "training": "Training curves per fold and seed",
    "generators": "Losses of the networks that draw images",
    "roc": "ROC curves with 95 % bands", "pr": "Precision-recall curves with 95 % bands", "confusion": "Confusion matrix",
    "reliability": "Reliability of the probabilities, as stated and after temperature scaling",
    "forest": "Headline measure with its interval per fold, seed, site and subgroup",
}  # fmt: skip


def write_report(run: Path, *, images: bool = True) -> Path:
    """Write report.html and figures/ into a run folder, from that folder alone; `images=False` leaves out pictures of cases."""
    folder = read_run(run)
    figures = draw_figures(folder)
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in save(run, figures) if path.suffix == ".svg"}
    inline = {name: Markup(inline_svg(name, text, DESCRIPTIONS[name])) for name, text in drawn.items()}
    return write_page(run, "report.html", figures=inline, **context(folder, images))


def write_page(run: Path, template: str, **values: Any) -> Path:
    """Fill a template with the style of all reports, and write RUN/report.html, complete or not at all."""
    page = _environment().get_template(template).render(**values)
    path, part = run / "report.html", run / ".report.html.part"
    part.write_text(page, encoding="utf-8")
    os.replace(part, path)
    return path


@cache
def _environment() -> Environment:
    """Templates with the style of all reports."""
    loader = PackageLoader("medimg.report")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.globals["style"] = Markup(found.get_template("report.css").render())
    return found


def context(run: RunFolder, images: bool) -> dict[str, Any]:
    """Everything the template prints, as tables, texts and lists."""
    return _top(run) | patients(run) | _results(run) | trained(run) | _generated(run, images) | {
        "errors": error_cases(run, images), "images": images, "limits": limits(run), "not_measured": not_measured(),
        "environment": environment_table(run), "config": config_text(run), "overrides": settings(run), "number": number,
    }  # fmt: skip


def _top(run: RunFolder) -> dict[str, Any]:
    claim, stard = checklists.checklist("CLAIM", run), checklists.checklist("STARD", run)
    return {
        "title": words(str(run.evaluation.get("title") or run.config.get("experiment") or "Run without a title")),
        "banners": [*map(scrub, run.warnings), *([METHOD] if built_in(run) else []), RESEARCH],
        "verdict": summary.verdict(run), "tiles": summary.tiles(run),
        "external": run.external, "several": run.several, "shared": run.kind == "distribution", "version": __version__,
        "missing": [(name, scrub(what)) for name, what in run.missing],
        "claim": claim, "stard": stard, "claim_filled": checklists.filled(claim), "stard_filled": checklists.filled(stard),
    }  # fmt: skip


def patients(run: RunFolder) -> dict[str, Any]:
    """What is said of the patients: the cohort, its parts and their proof."""
    return {
        "cohort": cohort.cohort_table(run), "parts": cohort.parts_table(run), "proof": cohort.proof_table(run),
        "refused": cohort.refused_table(run), "left_out": cohort.left_out_table(run),
        "split_sha256": scrub(run.proof.get("split_sha256") or ""),
        "dealt": "Images, not patients," if run.warnings else "Patients",
        "proof_notes": [scrub(note) for note in run.proof.get("notes") or []],
        "fingerprint": scrub(run.proof.get("key_fingerprint") or ""),
    }  # fmt: skip


def _results(run: RunFolder) -> dict[str, Any]:
    groups = [results.group_table(run, key, level) for key in results.group_keys(run) for level in results.levels(run)]
    return {
        "overall": results.overall_table(run), "label_counts": label_counts_table(run), "phases": phases_table(run),
        "phases_told": phases_told(run),
        "groups": [group for group in groups if group],
        "paper": beside.paper_table(run),
        "source": beside.source_table(run), "against": others.against_table(run), "fewer": others.fewer_table(run),
        "confusion": confusion.confusion_table(run), "mixups": confusion.mixups_table(run),
        "calibration": calibration.calibration_table(run),
        "thresholds": calibration.threshold_table(run.calibration, results.levels(run), calibration.answer(run)),
        "temperature": calibration.spread(run.calibration),
        "numbered": key_to_numbers(run), "numbered_classes": key_to_numbers(run, run.classes),
    }  # fmt: skip


def trained(run: RunFolder) -> dict[str, Any]:
    """What is said of the training stages."""
    return {"stages": training.stages_table(training.read_stages(run.path))}


def _generated(run: RunFolder, images: bool) -> dict[str, Any]:
    return {
        "generated": bool(generated.generated_rows(run)), "generated_warnings": generated.warnings(run),
        "generated_verdict": verdict(run),
        "not_extended": generated.not_extended(run), "enough": generated.enough(run), "montages": generated.montages(run, images),
        "copies": [generated.copies_table(run), generated.copies_table(run, each=True)],
        "likeness": [generated.likeness_table(run), generated.likeness_table(run, each=True)],
        "real_test": generated_tests.real_test_table(run), "generated_test": generated_tests.generated_test_table(run),
    }  # fmt: skip
