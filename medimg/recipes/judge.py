"""Judge a finished run again: on its own test part, or on another site's manifest with everything learned left as it is."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from medimg.data.cache import PictureCache
from medimg.data.dataset import Pictures
from medimg.errors import RunError
from medimg.evaluate import calibration, evaluate
from medimg.evaluate.cases import mixed_patients
from medimg.evaluate.question import read_question
from medimg.evaluate.reading import read_validation
from medimg.io import Manifest
from medimg.recipes import cohort as cohorts
from medimg.recipes import encoder
from medimg.recipes.environment import settle_machine
from medimg.recipes.explain import draw_heat_maps
from medimg.recipes.networks import Job, best_of, network_of, stage_name
from medimg.recipes.scores import join_scores, question_of, write_scores
from medimg.recipes.stages import write_json
from medimg.report import write_report
from medimg.settings import Data, Settings
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.training.score import score


@dataclass(frozen=True)
class Judged:
    """The networks of a run (`source`, its settings) on the images of a manifest, and the folder `run` that keeps their answers."""

    settings: Settings
    source: Path
    run: Path
    machine: Machine
    manifest: Manifest
    cache: PictureCache

    def network(self, job: Job) -> nn.Module:
        """Build one of the networks as its training left it."""
        best = best_of(self.source / "stages" / stage_name(*job))
        return network_of(self.settings, cohorts.kind_of(self.manifest), self.manifest.classes, seed=job[0], trained=best)

    def score(self, job: Job, rows: pd.DataFrame, part: str, told_as: Job) -> Path:
        """Write the per-case table of one network under `stages/`; in it seed, fold and member are `told_as`."""
        trainer, classes = self.settings.trainer, self.manifest.classes
        pictures = Pictures(rows, classes, self.cache, self.settings.model.channels)
        logits = score(self.network(job), pictures, self.machine, batch_size=trainer.batch_size, workers=trainer.workers)
        path = self.run / "stages" / stage_name(*job).replace("train", "score") / f"{part}.csv"
        if ranks.rank() == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            seed, fold, member = told_as
            write_scores(path, rows, logits, cohorts.kind_of(self.manifest), classes, seed=seed, fold=fold, member=member)
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
    if asked:
        _external(settings, dataclasses.replace(settings.data, **asked), source, run, machine)
    else:
        _again(settings, source, run, machine)
    if ranks.rank() == 0:
        evaluate(run)
        if asked and settings.evaluate.explain and settings.report.images:
            _explain(settings, dataclasses.replace(settings.data, **asked), source, run, machine)
        write_report(run, images=settings.report.images)
    ranks.barrier()


def _again(settings: Settings, source: Path, run: Path, machine: Machine) -> None:
    """Score the run's own val and test parts with its networks, under its own split, proved anew."""
    if ranks.rank() == 0:
        for name in ("split.csv", "split_proof.json"):
            (run / name).write_bytes((source / name).read_bytes())
    ranks.barrier()
    cohort = cohorts.load(settings, run)
    encoder.prove_again(cohort, source)
    judged = Judged(settings, source, run, machine, cohort.manifest, cohort.cache)
    for part in ("val", "test"):
        tables = [judged.score(job, cohort.part(*job[1:], part), part, job) for job in networks(source)]
        if ranks.rank() == 0:
            join_scores(tables, run / "predictions" / f"{part}.csv")
    if ranks.rank() == 0:
        question = question_of(settings, cohort.kind, cohort.manifest.classes)
        write_json(run / "evaluation.json", question | {"cohort": cohorts.name_of(settings.data, cohort.manifest), "judged": source.name})


def _external(settings: Settings, data: Data, source: Path, run: Path, machine: Machine) -> None:
    """Score another manifest with every network; their mean probability is the answer, judged by what the run's validation fixed."""
    asked = json.loads((source / "evaluation.json").read_text())
    data = dataclasses.replace(data, classes=tuple(asked["classes"]))
    manifest, cache = cohorts.load_external(data, source, run)
    judged, jobs = Judged(settings, source, run, machine, manifest, cache), networks(source)
    members = {pair: k for k, pair in enumerate(sorted({job[1:] for job in jobs}))}
    tables = [judged.score(job, manifest.rows, "test", (job[0], 0, members[job[1:]])) for job in jobs]
    if ranks.rank() == 0:
        join_scores(tables, run / "predictions" / "test.csv")
        known = json.loads((source / "metrics.json").read_text()) if (source / "metrics.json").is_file() else {}
        question = question_of(settings, cohorts.kind_of(manifest), manifest.classes) | {
            "cohort": cohorts.name_of(data, manifest), "external": True, "judged": source.name, "subgroups": list(data.subgroups),
            "source_metrics": known.get("rows"),
        }  # fmt: skip
        write_json(run / "evaluation.json", question)
        write_json(run / "calibration.json", learned_together(source))


def learned_together(source: Path) -> calibration.Calibration:
    """Fix temperature and thresholds of the joint answer of a run's networks, on the validation cases of all its folds."""
    validation = read_validation(source, read_question(source))
    validation = dataclasses.replace(validation, frame=validation.frame.assign(fold=0))
    seeds = sorted(validation.frame["seed"].unique())
    return calibration.learn(validation, [(int(seed), 0) for seed in seeds], bool(mixed_patients(validation)))


def networks(source: Path) -> list[Job]:
    """List (seed, fold, member) of every network the run has finished; RunError names those it has not."""
    path = source / "predictions" / "test.csv"
    if not path.is_file():
        raise RunError(f"run {source.name} is not finished: go on with medimg train resume={source} first.")
    table = pd.read_csv(path, usecols=["seed", "fold", "member"]).drop_duplicates()
    jobs = sorted((int(seed), int(fold), int(member)) for seed, fold, member in table.itertuples(index=False))
    for job in jobs:
        best_of(source / "stages" / stage_name(*job))
    return jobs


def _explain(settings: Settings, data: Data, source: Path, run: Path, machine: Machine) -> None:
    """Draw the worst external errors as the first network sees them."""
    asked = json.loads((source / "evaluation.json").read_text())
    manifest = cohorts.read(dataclasses.replace(data, classes=tuple(asked["classes"])))
    judged = Judged(settings, source, run, machine, manifest, PictureCache(cohorts.prepare_of(data)))
    errors = pd.read_csv(run / "tables" / "errors.csv", dtype={"id": str, "label": str, "predicted": str}, keep_default_na=False)
    told = draw_heat_maps(
        run / "explain", errors.head(settings.evaluate.explain), manifest.rows, judged.cache, settings.model.channels,
        cohorts.kind_of(manifest), manifest.classes, judged.network(networks(source)[0]), machine,
    )  # fmt: skip
    write_json(run / "explain" / "explain.json", told)
