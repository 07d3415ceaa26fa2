"""Start from the networks of another run, and prove that they know nothing of what this run tests.

The rule: each of our folds starts from one network of the source run whose training and validation cases share no patient, study, SOP
instance or picture with our test part. Tried first is the network of our own fold, then of our own seed, then the others in order;
where none is left, the run stops with the ids. What the source itself had started from counts as its own. Where ids were hashed under
another key, only pictures can be compared, and the proof says so.

What a run started from is copied into its folder `encoder/` (weights, the hashed cases behind them, the proof), so that going on,
judging and predicting never need the source again, and an external manifest is compared with those cases too.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medimg.data.leaks import KEYS, prove_encoder
from medimg.data.split import load_split
from medimg.errors import ConfigError, LeakError, RunError
from medimg.io.files import write_atomically
from medimg.recipes.parts.cohort import Cohort, read_cases, taught_before
from medimg.recipes.parts.film_cohort import FilmCohort
from medimg.recipes.parts.networks import Encoder, Job, best_of, job_of, jobs, stage_name
from medimg.recipes.parts.stages import write_json
from medimg.settings import Settings
from medimg.training import ranks


def choose(settings: Settings, cohort: Cohort | FilmCohort) -> dict[Job, tuple[Encoder, pd.DataFrame]]:
    """Choose for each of our networks one to start from, with the cases it knows; empty where model.weights names no run.

    LeakError where no network of the source may be used, ConfigError where they are of another architecture.
    """
    found = source_of(settings.model.weights)
    outlines = isinstance(cohort, FilmCohort)
    if found is None:
        if outlines and settings.model.weights:
            raise ConfigError(
                f"model.weights={Path(settings.model.weights).name}: no run. Name a run of experiment=chest_qc, or leave it out."
            )
        return {}
    source, files = found
    _refuse_other(source, settings)
    title = str(json.loads((source / "evaluation.json").read_text()).get("title") or "")
    (column, kind, classes), ours = _question(source), list(cohort.answers)
    head = [column, kind, classes] == [settings.data.label, cohort.kind, ours]
    if outlines and not head:
        raise ConfigError(
            f"model.weights={source.name}: that run outlines {', '.join(classes)}, and this one asks for {', '.join(ours)}. "
            "Give both runs the same view.organs."
        )
    answers = column == settings.data.label and len({*classes} & {*ours}) > 1
    offers = {
        job: (Encoder(path, _whole_sha256(path), head, answers, source.name, stage_name(*job), title), _taught(source, job))
        for job, path in files.items()
    }
    alike = _deal_over(settings)
    return {job: offers[_first_allowed(source.name, offers, job, cohort, alike)] for job in jobs(settings, cohort)}


def _refuse_other(source: Path, settings: Settings) -> None:
    """Refuse a source of another network, or with projections of x_i that ours has no place for: its answers rest on them."""
    model, ours = _stored(source)["model"], settings.model
    for key, theirs, own in (("name", model["name"], ours.name), ("cross", model.get("cross", "none"), ours.cross)):
        if theirs not in (own, "none"):
            raise ConfigError(
                f"model.weights={source.name}: that run trained model.{key}={theirs}, and this one asks for model.{key}={own}. "
                f"Set model.{key}={theirs}, or start from a run with model.{key}={own}."
            )


def settle(settings: Settings, cohort: Cohort | FilmCohort, run: Path) -> dict[Job, Encoder]:
    """Choose on the first start and keep it in the run; afterwards take what was kept, proved anew without the source."""
    record = run / "encoder" / "encoder.json"
    if ranks.rank() == 0 and not record.is_file() and (chosen := choose(settings, cohort)):
        _keep(record, chosen, cohort)
    ranks.barrier()
    if not record.is_file():
        return {}
    prove_again(cohort, run)
    kept = {}
    for name, stored in json.loads(record.read_text()).items():
        path = record.with_name(stored["file"])
        answers = stored.get("answers", stored["head"])
        kept[job_of(name)] = Encoder(
            path, _sha256(path), stored["head"], answers, stored["run"], stored["network"], stored.get("title", "")
        )
    return kept


def prove_again(cohort: Cohort | FilmCohort, run: Path) -> None:
    """Prove anew that what a run's networks started from knows nothing of what they test."""
    record = run / "encoder" / "encoder.json"
    for name in json.loads(record.read_text()) if record.is_file() else ():
        _, fold, member = job_of(name)
        prove_encoder(cohort.part(fold, member, "test"), taught_before(run, name))


def source_of(weights: str | None) -> tuple[Path, dict[Job, Path]] | None:
    """Find the run that `model.weights` names, by its folder or by a checkpoint in it, and its networks; None for anything else."""
    path = Path(weights or "").resolve()
    stage = path.parent.parent
    if path.is_file() and path.parent.name == "checkpoints" and (stage.parent.parent / "split.csv").is_file():
        return stage.parent.parent, {job_of(stage.name): path}
    if not weights or not path.is_dir():
        return None
    stages = sorted((path / "stages").glob("1_train_seed*"))
    if not stages or not (path / "predictions" / "test.csv").is_file():
        raise RunError(f"model.weights={path.name}: this run has no finished networks. Finish it: medimg train resume={path}.")
    return path, {job_of(stage.name): best_of(stage) for stage in stages}


def _deal_over(settings: Settings) -> str:
    """How runs on several sequences of the same patients come to share their folds; empty where no condition tells runs apart."""
    keys = ",".join(key for key in settings.data.where if key not in settings.data.deal_over)
    return f" Runs on the same patients share their folds with data.deal_over=[{keys}] in both." if keys else ""


def _first_allowed(run: str, offers: dict[Job, tuple[Encoder, pd.DataFrame]], job: Job, cohort: Cohort | FilmCohort, alike: str) -> Job:
    test, leaks = cohort.part(job[1], job[2], "test"), list[str]()
    for other in sorted(offers, key=lambda other: (other[1:] != job[1:], other[0] != job[0], other)):
        try:
            prove_encoder(test, offers[other][1])
        except LeakError as fault:
            leaks = leaks or fault.faults
        else:
            return other
    raise LeakError(f"model.weights={run}: each of its {len(offers)} networks knows cases that fold {job[1]} tests.{alike}", *leaks)


def _keep(record: Path, chosen: dict[Job, tuple[Encoder, pd.DataFrame]], cohort: Cohort | FilmCohort) -> None:
    record.parent.mkdir(exist_ok=True)
    told: dict[str, Any] = {}
    for job, (encoder, taught) in chosen.items():
        proof = prove_encoder(cohort.part(job[1], job[2], "test"), taught)
        names = {"file": f"from_{encoder.network}{encoder.path.suffix}", "cases": f"from_{encoder.network}.csv"}
        if not any(names["file"] == other["file"] for other in told.values()):
            write_atomically(record.with_name(names["file"]), encoder.path.read_bytes())
            write_atomically(record.with_name(names["file"]).with_suffix(".sha256"), encoder.sha256.encode())
            write_atomically(record.with_name(names["cases"]), taught.to_csv(index=False).encode())
        origin: dict[str, Any] = {"run": encoder.run, "title": encoder.title, "network": encoder.network, "sha256": encoder.sha256}
        origin |= {"head": encoder.head, "answers": encoder.answers}
        told[stage_name(*job)] = {**origin, **names, **proof}
    write_json(record, told)


def _question(source: Path) -> list[Any]:
    """What a run answers: the column, the kind, and the classes or organs."""
    asked = json.loads((source / "evaluation.json").read_text())
    return [_stored(source)["data"]["label"], asked["kind"], asked["classes"] if "classes" in asked else asked["organs"]]


def _stored(source: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((source / "config.yaml").read_text()))


def _taught(source: Path, job: Job) -> pd.DataFrame:
    """The cases that one network of a run trained and chose on, and those of the network it had started from."""
    cases = read_cases(source / "cases.csv")
    split = load_split(source / "split.csv", cases, json.loads((source / "split_proof.json").read_text())["split_sha256"])
    seen = split[(split["fold"] == job[1]) & (split["member"] == job[2]) & split["part"].isin(["train", "val"])]["id"]
    return pd.concat([cases[cases["id"].isin(seen)][[*KEYS]], taught_before(source, stage_name(*job))], ignore_index=True)


def _whole_sha256(path: Path) -> str:
    found, sums = _sha256(path), path.with_suffix(".sha256")
    if not sums.is_file() or sums.read_text() != found:
        raise RunError(f"model.weights: checkpoint {path.name} of {path.parents[1].name} is damaged (its SHA-256 does not fit).")
    return found


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise RunError(f"encoder/{path.name} of this run is missing: the weights it started from. Put it back, or start a new run.")
    return hashlib.sha256(path.read_bytes()).hexdigest()
