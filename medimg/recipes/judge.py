"""Judge a finished run again: on its own test part, or on another site's manifest with everything learned left as it is."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from medimg.data.leaks import prove
from medimg.data.places import subsets, withhold
from medimg.errors import RunError
from medimg.evaluate import calibration, evaluate
from medimg.evaluate.cases import mixed_patients
from medimg.evaluate.question import read_question
from medimg.evaluate.reading import read_validation
from medimg.io.files import write_atomically
from medimg.recipes.generating.lineage import lineages
from medimg.recipes.parts import cohort as cohorts
from medimg.recipes.parts import encoder
from medimg.recipes.parts.against import take_along
from medimg.recipes.parts.environment import settle_machine, tell_differences
from medimg.recipes.parts.explain import draw_heat_maps
from medimg.recipes.parts.images import Images, images_of
from medimg.recipes.parts.networks import Job, best_of, network_of, networks, stage_name
from medimg.recipes.parts.scores import join_scores, question_of, write_scores
from medimg.recipes.parts.stages import write_json
from medimg.report import write_report
from medimg.settings import Data, Settings
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.training.score import score
from medimg.words import plural


@dataclass(frozen=True)
class Judged:
    """The networks of a run (`source`, its settings) on images, and the folder `run` that keeps their answers."""

    settings: Settings
    source: Path
    run: Path
    machine: Machine
    images: Images

    def network(self, job: Job) -> nn.Module:
        """Build one of the networks as its training left it."""
        best = best_of(self.source / "stages" / stage_name(*job))
        return network_of(self.settings, self.images.kind, self.images.manifest.classes, seed=job[0], trained=best)

    def score(self, job: Job, cases: pd.DataFrame, part: str, told_as: Job) -> Path:
        """Write the per-case table of one network under `stages/`; in it seed, fold and member are `told_as`."""
        trainer, images = self.settings.trainer, self.images
        pictures = images.pictures(cases, self.settings.model.channels)
        logits = score(self.network(job), pictures, self.machine, batch_size=trainer.batch_size, workers=trainer.workers)
        path = self.run / "stages" / stage_name(*job).replace("train", "score") / f"{part}.csv"
        if ranks.rank() == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            seed, fold, member = told_as
            write_scores(path, cases, logits, images.kind, images.manifest.classes, seed=seed, fold=fold, member=member)
        return path


def judge(settings: Settings, source: Path, asked: Mapping[str, Any], run: Path) -> None:
    """Judge the networks of `source` (its settings given) into the folder `run`.

    `asked` holds keys of `data` for an external validation (manifest, where, ...); without any, the run's own test part is scored again.
    RunError where the source is unfinished, LeakError where the manifests share a patient or a picture.
    """
    for name in ("split.csv", "cases.csv", "calibration.json", "evaluation.json"):
        if not (source / name).is_file():
            raise RunError(f"run {source.name}: {name} is missing, so it cannot be judged. Finish it first: medimg train resume={source}.")
    trainer = settings.trainer
    ranks.launch(trainer.accelerator, trainer.devices, trainer.nodes, trainer.strategy)
    machine = settle_machine(settings, run)
    tell_differences(source, machine, f"the networks of {source.name} were trained elsewhere")
    if asked:
        _external(settings, dataclasses.replace(settings.data, **asked), source, run, machine)
    else:
        _again(settings, source, run, machine)
    if ranks.rank() == 0:
        take_along(settings.evaluate.against, run)
        evaluate(run)
        _carry_generated(source, run)
        if asked and settings.evaluate.explain and settings.report.images:
            _explain(settings, dataclasses.replace(settings.data, **asked), source, run, machine)
        write_report(run, images=settings.report.images)
    ranks.barrier()


def _score_fewer(judged: Judged, jobs: list[Job], cases: Callable[[Job], pd.DataFrame], told_as: Callable[[Job], Job]) -> None:
    """Score test cases with some of their sequences held back, each set of them into predictions/fewer."""
    for kept in subsets(judged.images.fuse):
        name = "+".join(kept)
        left = {job: withhold(cases(job), kept, judged.images.fuse) for job in jobs}
        tables = [judged.score(job, table, f"test_{name}", told_as(job)) for job, table in left.items() if len(table)]
        if ranks.rank() == 0 and tables:
            join_scores(tables, judged.run / "predictions" / "fewer" / f"{name}.csv")


def _again(settings: Settings, source: Path, run: Path, machine: Machine) -> None:
    """Score the run's own val and test parts with its networks, under its own split, proved anew."""
    if ranks.rank() == 0:
        for name in ("split.csv", "split_proof.json"):
            (run / name).write_bytes((source / name).read_bytes())
    ranks.barrier()
    cohort = cohorts.load(settings, run)
    encoder.prove_again(cohort, source)
    for generated in lineages(source, networks(source)):
        prove(cohort.rows, cohort.split, generated, by=settings.data.deal_by)
    judged = Judged(settings, source, run, machine, cohort)
    for part in ("val", "test"):
        tables = [judged.score(job, cohort.cases(*job[1:], part), part, job) for job in networks(source)]
        if ranks.rank() == 0:
            join_scores(tables, run / "predictions" / f"{part}.csv")
    _score_fewer(judged, networks(source), lambda job: cohort.cases(*job[1:], "test"), lambda job: job)
    if ranks.rank() == 0:
        if (source / "against").is_dir():
            shutil.copytree(source / "against", run / "against", dirs_exist_ok=True)
        question = question_of(settings, cohort.kind, cohort.manifest.classes)
        notes = [*_notes(source), *_relabelled(cohort, source)]
        question |= {"cohort": cohorts.name_of(settings.data, cohort.manifest), "judged": source.name, "notes": notes}
        write_json(run / "evaluation.json", question)


def _external(settings: Settings, data: Data, source: Path, run: Path, machine: Machine) -> None:
    """Score another manifest with every network; their mean probability is the answer, judged by what the run's validation fixed."""
    asked = json.loads((source / "evaluation.json").read_text())
    data = dataclasses.replace(data, classes=tuple(asked["classes"]))
    asking = dataclasses.replace(settings, data=data)
    images = cohorts.load_external(asking, source, run)
    judged, jobs, cases = Judged(settings, source, run, machine, images), networks(source), images.cases_of(images.rows)
    members = {pair: k for k, pair in enumerate(sorted({job[1:] for job in jobs}))}
    tables = [judged.score(job, cases, "test", (job[0], 0, members[job[1:]])) for job in jobs]
    _score_fewer(judged, jobs, lambda _: cases, lambda job: (job[0], 0, members[job[1:]]))
    if ranks.rank() == 0:
        join_scores(tables, run / "predictions" / "test.csv")
        known = json.loads((source / "metrics.json").read_text()) if (source / "metrics.json").is_file() else {}
        question = question_of(asking, images.kind, images.manifest.classes) | {
            "cohort": cohorts.name_of(data, images.manifest), "external": True, "judged": source.name, "source_metrics": known.get("rows"),
            "notes": _notes(source),
        }  # fmt: skip
        write_json(run / "evaluation.json", question)
        write_json(run / "calibration.json", learned_together(source))


def _notes(source: Path) -> list[str]:
    """What the recipe of a run has said of its training."""
    return [f"Training of {source.name}: {note}" for note in json.loads((source / "evaluation.json").read_text()).get("notes") or ()]


def _relabelled(cohort: cohorts.Cohort, source: Path) -> list[str]:
    """Say of how many images the networks were told another label than they are judged by."""
    count = len(cohorts.changed(cohort.rows, source, "label"))
    told = f"Another label than when the networks were trained: {plural(count, 'image')}; thresholds and numbers go by the labels of now."
    return [told] if count else []


def _carry_generated(source: Path, run: Path) -> None:
    """Take along what is known of the generated pictures that the networks were trained on: whom they repeat, above all."""
    for path in (source / "tables" / f"{name}.{end}" for name in ("generated", "memorised") for end in ("csv", "md")):
        if path.is_file():
            write_atomically(run / "tables" / path.name, path.read_bytes())


def learned_together(source: Path) -> calibration.Calibration:
    """Fix temperature and thresholds of the joint answer of a run's networks, on the validation cases of all its folds."""
    validation = read_validation(source, read_question(source))
    validation = dataclasses.replace(validation, frame=validation.frame.assign(fold=0))
    seeds = sorted(validation.frame["seed"].unique())
    return calibration.learn(validation, [(int(seed), 0) for seed in seeds], bool(mixed_patients(validation)))


def _explain(settings: Settings, data: Data, source: Path, run: Path, machine: Machine) -> None:
    """Draw the worst external errors as the first network sees them."""
    asked = json.loads((source / "evaluation.json").read_text())
    asking = dataclasses.replace(settings, data=dataclasses.replace(data, classes=tuple(asked["classes"])))
    images = images_of(cohorts.read(asking.data), asking)
    network = Judged(settings, source, run, machine, images).network(networks(source)[0])
    errors = pd.read_csv(run / "tables" / "errors.csv", dtype={"id": str, "label": str, "predicted": str}, keep_default_na=False)
    pictures = images.pictures(images.cases_of(images.rows), settings.model.channels)
    worst = errors.head(settings.evaluate.explain)
    told = draw_heat_maps(run / "explain", worst, pictures, images.kind, images.manifest.classes, network, machine)
    write_json(run / "explain" / "explain.json", told)
