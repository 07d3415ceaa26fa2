"""The paper's test on generated pictures, which is no evidence: how many of a run's further generated pictures are recognised."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from medimg.evaluate.calibration import decide
from medimg.evaluate.cases import targets_of
from medimg.evaluate.files import write_table
from medimg.evaluate.question import read_question
from medimg.losses import probabilities
from medimg.recipes.generating.extend import read_extension
from medimg.recipes.generating.groups import groups_of
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Job, best_of, network_of, prepares, stage_name
from medimg.report.generating.generated_tests import lacking_note
from medimg.settings import Settings
from medimg.training.machine import Machine
from medimg.training.score import score

COLUMNS = ["class", "recognised", "shown", "share"]
HEADING = "Not evidence: tested on generated images, as the paper did"


def write_generated_test(settings: Settings, cohort: Cohort, machine: Machine, run: Path, jobs: Sequence[Job]) -> None:
    """Write tables/generated_test of a judged run: of each set of labels, pictures whose every label was decided rightly, of those shown.

    Each network is shown pictures of its own fold's generators that it was not trained on. A set of labels that none were generated of
    has a row without a share, and a word in the note.
    """
    found = [table for job in jobs if len(table := _shown(settings, cohort, machine, run, job))]
    if not found:
        return
    rows = pd.concat(found, ignore_index=True).astype({"right": bool})
    counts = rows.groupby("class", sort=False)["right"].agg(recognised="sum", shown="size")
    lacking = [name for name in _sets(cohort, jobs) if name not in counts.index]
    counts = counts.reindex([*counts.index, *lacking], fill_value=0)
    counts.loc["all"] = [int(rows["right"].sum()), len(rows)]
    table = counts.assign(share=counts["recognised"] / counts["shown"]).rename_axis("class").reset_index()[COLUMNS]
    write_table(run / "tables", "generated_test", table, HEADING, lacking_note(lacking))


def _sets(cohort: Cohort, jobs: Sequence[Job]) -> list[str]:
    """List the sets of labels that the real training parts show."""
    groups = [group for job in jobs for group in groups_of(cohort.part(*job[1:], "train"), cohort.manifest.classes)]
    return list(dict.fromkeys(group.label for group in groups))


def _shown(settings: Settings, cohort: Cohort, machine: Machine, run: Path, job: Job) -> pd.DataFrame:
    """One row a picture: its set of labels, and whether the network of a job decided just these."""
    folder, question = run / "stages" / prepares("5_extend", job), read_question(run)
    extension = read_extension(folder) if folder.is_dir() else None
    chosen = extension.table["test"].to_numpy(dtype=bool) if extension else np.zeros(0, dtype=bool)
    if extension is None or not chosen.any():
        return pd.DataFrame()
    network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=job[0], trained=best_of(run / "stages" / stage_name(*job)))
    drawn = extension.drawn(chosen, cohort.manifest.classes, settings.model.channels)
    logits = score(network, drawn, machine, batch_size=settings.trainer.batch_size, alone=True)
    p = probabilities(torch.from_numpy(logits), cohort.kind).numpy()
    thresholds = json.loads((run / "calibration.json").read_text())[f"{job[0]}/{job[1]}"]["thresholds"]
    labels = extension.table["label"][chosen]
    decided = decide(p[:, -len(question.targets) :], question, thresholds)
    return pd.DataFrame({"class": labels.to_numpy(), "right": (decided == targets_of(labels, question)).all(axis=1)})
