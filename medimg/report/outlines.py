"""The report of a run that outlines organs: Dice of each, the worst films with contours, patients, training, settings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from medimg import __version__
from medimg.qc.film import words as organ_words
from medimg.report import results, summary
from medimg.report.figures import draw_figures, save
from medimg.report.folder import Json, RunFolder, read_run
from medimg.report.html import DESCRIPTIONS, METHOD, RESEARCH, patients, trained, write_page
from medimg.report.limits import built_in, limits
from medimg.report.pictures import data_uri
from medimg.report.reproduction import config_text, environment_table, settings
from medimg.report.svg import inline_svg
from medimg.report.table import Table, name_cell
from medimg.report.words import number, scrub

SHOWN = 512  # pixels of a film's longer side
NOT_MEASURED = [
    "Agreement of those who outlined the organs.",
    "Distances between contours: Dice weighs area, and a thin organ loses more of it for the same distance.",
    "Whether measurements and verdicts of medimg qc run change with these outlines: medimg qc agree compares them.",
]


def write_outline_report(run: Path, *, images: bool = True) -> Path:
    """Write report.html and figures/ into a judged run folder, from that folder alone; `images=False` leaves out films."""
    folder = read_run(run)
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in save(run, draw_figures(folder)) if path.suffix == ".svg"}
    inline = {name: Markup(inline_svg(name, text, DESCRIPTIONS[name])) for name, text in drawn.items()}
    return write_page(run, "outlines.html", figures=inline, **context(folder, images))


def context(run: RunFolder, images: bool) -> dict[str, Any]:
    """Everything the template prints, as tables, texts and lists."""
    organs = [organ_words(scrub(name)) for name in run.evaluation.get("organs") or []]
    tiles = [("Organs", ", ".join(organs)) if name == "Classes" else (name, value) for name, value in summary.tiles(run)]
    groups = [_named(results.group_table(run, key, "image"), key) for key in results.group_keys(run)]
    return patients(run) | trained(run) | {
        "title": scrub(run.evaluation.get("title") or "Organs outlined"), "version": __version__, "number": number,
        "banners": [*map(scrub, run.warnings), *([METHOD] if built_in(run) else []), RESEARCH],
        "verdict": summary.verdict(run), "tiles": tiles, "external": run.external, "groups": [group for group in groups if group],
        "films": worst_films(run) if images else [], "images": images, "limits": limits(run), "not_measured": NOT_MEASURED,
        "environment": environment_table(run), "config": config_text(run), "overrides": settings(run), "size": run.evaluation.get("size"),
    }  # fmt: skip


def _named(table: Table, key: str) -> Table:
    """Organs in plain words: lung r -> right lung."""
    if key != "organ":
        return table
    return replace(table, rows=[[name_cell(organ_words(row[0].text.replace(" ", "_"))), *row[1:]] for row in table.rows])


def worst_films(run: RunFolder) -> list[Json]:
    """Films that the run has drawn, the worst first, each with its images as data: addresses."""
    folder, found = run.path / "explain", []
    for entry in run.explained:
        paths = [folder / Path(str(entry.get(name, ""))).name for name in ("image", "overlay")]
        told: Json = {
            "id": scrub(entry.get("id")),
            "mean": number(entry.get("mean_dice"), 2),
            "organ": organ_words(scrub(entry.get("worst_organ"))),
        }
        pictures = dict(zip(("image", "overlay"), (data_uri(path, SHOWN) for path in paths), strict=True))
        found.append(told | {"dice": number(entry.get("dice"), 2)} | pictures)
    return found
