"""Train in stages: extend the training part by generated pictures, learn single signs, then several at once; judge and report."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn, Joined
from medimg.data.loader import draw
from medimg.evaluate.phases import write_phases
from medimg.recipes import supervised
from medimg.recipes.aside import judge_aside
from medimg.recipes.cohort import Cohort
from medimg.recipes.extend import Extension, extend
from medimg.recipes.finish import finish
from medimg.recipes.generated_test import write_generated_test
from medimg.recipes.generators import Learner, weights_sha256
from medimg.recipes.groups import groups_of
from medimg.recipes.lineage import read_tables, write_lineage
from medimg.recipes.networks import Encoder, Job, best_of, jobs, network_of, prepares, stage_name
from medimg.recipes.one_job import train_job
from medimg.recipes.stages import digest, forget_last, stage
from medimg.recipes.worth import Worth, write_worth
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine

REPLAY = 3  # what the pictures of the second phase are drawn for
GENERATORS = ("size", "width", "latent", "sr_width", "sr_blocks", "sr_perceptual")  # the keys of `generate` that make the networks
Flags = NDArray[np.bool_]

check = supervised.check


def train(settings: Settings, run: Path) -> None:
    """Do every stage that is not done yet, in the run folder; LeakError, Interrupted and NumericError stop it where it is."""
    machine, cohort, starts = supervised.begin(settings, run)
    start = next(iter(starts.values()), None)
    network_of(second(settings), cohort.kind, cohort.manifest.classes, seed=0, encoder=start)  # what cannot be is told before any drawing
    for job in jobs(settings, cohort):
        extension = extend(Learner(settings, machine, run, job, generator_inputs(settings, cohort, job)), cohort)
        _Phases(cohort, machine, run, job, extension).train(settings, starts.get(job))
        if extension and settings.generate.judge:
            Worth(settings, cohort, machine, run, job, extension).judge()
    if ranks.rank() == 0:
        finish(settings, cohort, machine, run, notes=_notes(settings, cohort), more=partial(_more, settings, cohort, machine, run))
    ranks.barrier()


def _notes(settings: Settings, cohort: Cohort) -> list[str]:
    """Say how the networks were trained, and on what."""
    how, parts = settings.generate, [cohort.cases(*job[1:], "train") for job in jobs(settings, cohort)]
    groups = [group for rows in parts for group in groups_of(rows, cohort.manifest.classes)]
    notes = [*dict.fromkeys(why for rows in parts if (why := skipped(settings, rows)))]
    drawn = sum(group.missing(how) for group in groups)
    if drawn and not how.judge:
        notes.append(
            f"{drawn} generated images were trained on and not judged (generate.judge=false): copies of patients were not looked for."
        )
    left = sorted({f"{group.label} ({len(group.rows)})" for group in groups if len(group.rows) < how.least})
    if left and (how.to or how.to_cross):
        notes.append(f"From fewer than {how.least} real training images none were generated: {', '.join(left)}.")
    return notes


def _more(settings: Settings, cohort: Cohort, machine: Machine, run: Path) -> None:
    """Write the tables that this recipe has beside every other's, from what its stages have left."""
    made = jobs(settings, cohort)
    lineages = [folder for job in made if (folder := run / "stages" / prepares("5_extend", job)).is_dir()]
    if lineages:
        write_lineage(run, *zip(*map(read_tables, lineages), strict=True))
        write_generated_test(settings, cohort, machine, run, made)
    write_worth(run, made)
    singles = [folder for job in made if (folder := run / "stages" / prepares("6_single", job)).is_dir()]
    if len(singles) == len(made):
        write_phases(run, judge_aside(run, "first_phase", singles)[0])


def generator_inputs(settings: Settings, cohort: Cohort, job: Job) -> dict[str, Any]:
    """What the generators of a job depend on besides the plan of each: the training part, how pictures are prepared, the networks.

    Not how many pictures are drawn or how they are judged, so that runs which differ in that can share their generators.
    """
    prepare = {key: value for key, value in cohort.cache.prepare.spec.items() if key != "size"}
    networks = {key: value for key, value in asdict(settings.generate).items() if key in GENERATORS}
    return {"split_sha256": cohort.split_sha256, "prepare": prepare, "job": job, "generate": networks}


class _Phases:
    """The network of one job: trained on single signs, then on several, or on all at once."""

    def __init__(self, cohort: Cohort, machine: Machine, run: Path, job: Job, extension: Extension | None) -> None:
        self.cohort, self.machine, self.run, self.job, self.extension = cohort, machine, run, job, extension
        self.rows, self.val = cohort.cases(*job[1:], "train"), cohort.cases(*job[1:], "val")

    def train(self, settings: Settings, start: Encoder | None) -> None:
        """Do the stages of the phases that there are pictures for."""
        keep: Callable[[pd.Series], Flags] = everything
        if not skipped(settings, self.rows):
            first = replace(settings, model=replace(settings.model, cross="none"))
            val = self.val[single_signs(self.val["label"])]
            before = self._stage(prepares("6_single", self.job), first, start, single_signs, val if len(val) else self.val)
            keep = partial(with_replay, replay=settings.phases.replay, seed=self.job[0])
            start, settings = Encoder(best_of(before), weights_sha256(before), True, True, self.run.name, before.name), second(settings)
        self._stage(stage_name(*self.job), settings, start, keep, self.val)

    def _stage(self, name: str, settings: Settings, start: Encoder | None, keep: Callable[[pd.Series], Flags], val: pd.DataFrame) -> Path:
        """Train on what `keep` chooses of real and generated pictures, the best state by `val`; the answers are for all cases."""
        sets = self._sets(keep, settings.model.channels)
        inputs = supervised.inputs_of(settings, self.cohort, self.job, start) | {"pictures": digest([list(each.ids) for each in sets])}

        def work(folder: Path) -> None:
            network = network_of(settings, self.cohort.kind, self.cohort.manifest.classes, seed=self.job[0], encoder=start)
            train_job(settings, self.cohort, self.machine, self.job, network, folder, taught=Joined(sets), val=val)

        folder = stage(self.run, name, inputs, work)
        forget_last(folder)
        return folder

    def _sets(self, keep: Callable[[pd.Series], Flags], channels: int) -> list[Pictures | Drawn]:
        classes, cache = self.cohort.manifest.classes, self.cohort.cache
        table = self.extension.table[~self.extension.table["test"]] if self.extension else self.rows.iloc[:0]
        kept = keep(pd.concat([self.rows["label"], table["label"]], ignore_index=True))
        real: list[Pictures | Drawn] = [Pictures(self.rows[kept[: len(self.rows)]], classes, cache, channels)]
        if self.extension is None:
            return real
        chosen = self.extension.table["id"].isin(table["id"][kept[len(self.rows) :]]).to_numpy()
        return [*real, self.extension.drawn(chosen, classes, channels)]


def single_signs(labels: pd.Series) -> Flags:
    """Keep pictures of one sign."""
    return ~labels.str.contains("|", regex=False).to_numpy(dtype=bool)


def everything(labels: pd.Series) -> Flags:
    """Keep all pictures."""
    return np.ones(len(labels), dtype=bool)


def with_replay(labels: pd.Series, *, replay: float, seed: int) -> Flags:
    """Keep pictures of several signs, and for each of them `replay` of one sign, drawn at random."""
    single = single_signs(labels)
    wanted = min(int(single.sum()), round(replay * int((~single).sum())))
    chosen = draw(seed, REPLAY).choice(np.flatnonzero(single), wanted, replace=False)
    return np.asarray(~single | np.isin(np.arange(len(labels)), chosen))


def skipped(settings: Settings, rows: pd.DataFrame) -> str | None:
    """Why training has no second phase; None where it has one."""
    if settings.phases.count == 1:
        return "Trained in one phase (phases.count=1): pictures of one and of several signs together."
    single = single_signs(rows["label"])
    if single.all() or not single.any():
        lacking = "several signs" if single.all() else "a single sign"
        return f"Trained in one phase: no training picture shows {lacking}, so there is nothing for two."
    return None


def second(settings: Settings) -> Settings:
    """Give the settings of the second phase; layers that were trained one by one are not begun anew."""
    lr = settings.task.lr if settings.phases.lr is None else settings.phases.lr
    trainer, task = replace(settings.trainer, epochs=settings.phases.epochs), replace(settings.task, lr=lr)
    return replace(settings, trainer=trainer, task=task, model=replace(settings.model, layerwise=0))
