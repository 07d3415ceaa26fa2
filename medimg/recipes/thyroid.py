"""Train in stages: extend the training part by generated pictures, learn single signs, then several at once; judge and report."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn, Joined
from medimg.errors import MedimgError
from medimg.recipes import supervised
from medimg.recipes.generating.extend import Extension, extend
from medimg.recipes.generating.generated_test import write_generated_test
from medimg.recipes.generating.generators import Learner, try_networks, weights_sha256
from medimg.recipes.generating.lineage import lineage_sha256, read_tables, write_lineage
from medimg.recipes.generating.notes import foretold, notes_of
from medimg.recipes.generating.worth import Worth, write_worth
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.finish import finish
from medimg.recipes.parts.networks import Encoder, Job, best_of, jobs, network_of, prepares, stage_name
from medimg.recipes.parts.one_job import train_job
from medimg.recipes.parts.phases import Flags, compare_phases, everything, second, single_signs, skipped, with_replay
from medimg.recipes.parts.stages import digest, forget_last, stage
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine

_LOG = logging.getLogger("medimg")


def check(settings: Settings, run: Path) -> list[str]:
    """Try in a minute everything that could fail later, the networks that draw among it, and tell what images are too few for.

    Returns the faults found.
    """
    faults = supervised.check(settings, run, partial(_tell, settings))
    try:
        try_networks(settings)
    except MedimgError as fault:
        faults += fault.faults
    return faults


def _tell(settings: Settings, cohort: Cohort) -> None:
    for note in foretold(settings, cohort):
        _LOG.info("%s", note)


def train(settings: Settings, run: Path) -> None:
    """Do every stage that is not done yet, in the run folder; LeakError, Interrupted and NumericError stop it where it is."""
    machine, cohort, starts = supervised.begin(settings, run)
    start = next(iter(starts.values()), None)
    network_of(second(settings), cohort.kind, cohort.manifest.classes, seed=0, encoder=start)  # what cannot be is told before any drawing
    try_networks(settings)
    if ranks.rank() == 0:
        _tell(settings, cohort)
    for job in jobs(settings, cohort):
        extension = extend(Learner(settings, machine, run, job, generator_inputs(cohort, job)), cohort)
        _Phases(cohort, machine, run, job, extension).train(settings, starts.get(job))
        if extension and settings.generate.judge:
            Worth(settings, cohort, machine, run, job, extension).judge()
    if ranks.rank() == 0:
        finish(settings, cohort, machine, run, notes=notes_of(settings, cohort, run), more=partial(_more, settings, cohort, machine, run))
    ranks.barrier()


def _more(settings: Settings, cohort: Cohort, machine: Machine, run: Path) -> None:
    """Write the tables that this recipe has beside every other's, from what its stages have left."""
    made = jobs(settings, cohort)
    lineages = [folder for job in made if (folder := run / "stages" / prepares("5_extend", job)).is_dir()]
    if lineages:
        write_lineage(run, *zip(*map(read_tables, lineages), strict=True))
        write_generated_test(settings, cohort, machine, run, made)
    write_worth(run, made, cohort.manifest.classes)
    compare_phases(run, made)


def generator_inputs(cohort: Cohort, job: Job) -> dict[str, Any]:
    """What all generators of a job depend on besides their own settings: the training part, and how pictures are prepared.

    Not how many pictures are drawn or how they are judged, so that runs which differ in that can share their generators.
    """
    prepare = {key: value for key, value in cohort.cache.prepare.spec.items() if key != "size"}
    return {"split_sha256": cohort.split_sha256, "prepare": prepare, "job": job}


class _Phases:
    """The network of one job: trained on single signs, then on several, or on all at once."""

    def __init__(self, cohort: Cohort, machine: Machine, run: Path, job: Job, extension: Extension | None) -> None:
        self.cohort, self.machine, self.run, self.job, self.extension = cohort, machine, run, job, extension
        self.rows, self.val = cohort.cases(*job[1:], "train"), cohort.cases(*job[1:], "val")

    def train(self, settings: Settings, start: Encoder | None) -> None:
        """Do the stages of the phases that there are pictures for."""
        if not skipped(settings, self.rows):
            first = replace(settings, model=replace(settings.model, cross="none"))
            val = self.val[single_signs(self.val["label"])]
            before = self._stage(prepares("6_single", self.job), first, start, single_signs, val if len(val) else self.val, "single signs")
            keep = partial(with_replay, replay=settings.phases.replay, seed=self.job[0])
            start, settings = Encoder(best_of(before), weights_sha256(before), True, True, self.run.name, before.name), second(settings)
            self._stage(stage_name(*self.job), settings, start, keep, self.val, "several signs", compete=True)
        else:
            self._stage(stage_name(*self.job), settings, start, everything, self.val)

    def _stage(
        self, name: str, settings: Settings, start: Encoder | None, keep: Callable[[pd.Series], Flags], val: pd.DataFrame, said: str = "",
        *, compete: bool = False,
    ) -> Path:  # fmt: skip
        """Train on what `keep` chooses of real and generated pictures, the best state by `val`; the answers are for all cases.

        With `compete` the state it starts from is one of those to choose from.
        """
        sets = self._sets(keep, settings.model.channels)
        inputs = supervised.inputs_of(settings, self.cohort, self.job, start) | {"pictures": digest([list(each.ids) for each in sets])}
        if self.extension:
            inputs["lineage_sha256"] = lineage_sha256(self.extension.folder)

        def work(folder: Path) -> None:
            network = network_of(settings, self.cohort.kind, self.cohort.manifest.classes, seed=self.job[0], encoder=start)
            train_job(
                settings, self.cohort, self.machine, self.job, network, folder, taught=Joined(sets), val=val, compete=compete, said=said
            )  # fmt: skip

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
