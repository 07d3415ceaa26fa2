"""Training in two phases: which pictures each of them sees, whether there are two, and what the second one changed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.loader import draw
from medimg.evaluate.compare import judged
from medimg.evaluate.files import write_table
from medimg.evaluate.phases import COLUMNS, phase_rows
from medimg.recipes.parts.aside import judge_aside
from medimg.recipes.parts.networks import Job, prepares, stage_name
from medimg.settings import Settings

REPLAY = 3  # what the pictures of the second phase are drawn for
HEADING = "After the first phase, and at the end"
Flags = NDArray[np.bool_]


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
    """Say how many phases training has, and why no second one; None where it has one."""
    if settings.phases.count == 1:
        return "one, as asked (phases.count=1): images of one and of several signs together."
    single, least = single_signs(rows["label"]), max(2, settings.generate.least)
    for count, what in ((int((~single).sum()), "several signs"), (int(single.sum()), "a single sign")):
        if count < least:
            few = f"only {count} training images show" if count > 1 else f"{'only one' if count else 'no'} training image shows"
            return f"one, as {few} {what}; two need {least} of each kind (generate.least)."
    return None


def second(settings: Settings) -> Settings:
    """Give the settings of the second phase; layers that were trained one by one are not begun anew."""
    lr = settings.task.lr if settings.phases.lr is None else settings.phases.lr
    trainer, task = replace(settings.trainer, epochs=settings.phases.epochs), replace(settings.task, lr=lr)
    return replace(settings, trainer=trainer, task=task, model=replace(settings.model, layerwise=0))


def with_first_phase(run: Path, jobs: Sequence[Job]) -> list[Job]:
    """Those of a run's networks that were trained in two phases."""
    return [job for job in jobs if (run / "stages" / prepares("6_single", job)).is_dir()]


def compare_phases(run: Path, jobs: Sequence[Job]) -> None:
    """Write tables/phases of a judged run: what its networks answer after their first phase and at the end, where they have two."""
    both = with_first_phase(run, jobs)
    if not both:
        return
    before = judge_aside(run, "first_phase", [run / "stages" / prepares("6_single", job) for job in both])[0]
    after = run if both == [*jobs] else judge_aside(run, "second_phase", [run / "stages" / stage_name(*job) for job in both])[0]
    rows = phase_rows(judged(before)["image"], judged(after)["image"])
    write_table(run / "tables", "phases", pd.DataFrame(rows, columns=COLUMNS), HEADING, "Test cases of networks trained in two phases.")
