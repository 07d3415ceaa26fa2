"""What every training ends with: the per-case tables joined, judged, explained and reported."""

from collections.abc import Callable, Sequence
from pathlib import Path

from medimg.data.places import subsets
from medimg.evaluate import evaluate
from medimg.recipes.parts.against import take_along
from medimg.recipes.parts.cohort import Cohort, name_of
from medimg.recipes.parts.explain import explain
from medimg.recipes.parts.networks import jobs, stage_name
from medimg.recipes.parts.scores import join_scores, question_of
from medimg.recipes.parts.stages import write_json
from medimg.report import write_report
from medimg.settings import Settings
from medimg.training.machine import Machine


def finish(
    settings: Settings, cohort: Cohort, machine: Machine, run: Path, *, notes: Sequence[str] = (), more: Callable[[], None] = lambda: None
) -> None:  # fmt: skip
    """Join the per-case tables, judge, explain, report; a recipe has `notes` on how it trained, and does `more` once the run is judged."""
    folders = [run / "stages" / stage_name(*job) for job in jobs(settings, cohort)]
    for part in ("val", "test"):
        join_scores([folder / f"{part}.csv" for folder in folders], run / "predictions" / f"{part}.csv")
    for name in map("+".join, subsets(cohort.fuse)):
        if tables := [path for folder in folders if (path := folder / f"test_{name}.csv").is_file()]:
            join_scores(tables, run / "predictions" / "fewer" / f"{name}.csv")
    take_along(settings.evaluate.against, run)
    question = question_of(settings, cohort.kind, cohort.manifest.classes)
    write_json(run / "evaluation.json", question | {"cohort": name_of(settings.data, cohort.manifest), "notes": list(notes)})
    evaluate(run)
    more()
    explain(settings, cohort, machine, run)
    write_report(run, images=settings.report.images)
