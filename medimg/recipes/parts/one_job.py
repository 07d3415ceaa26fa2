"""Train the network of one seed, fold and member, and score the cases it is judged on."""

from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from medimg.data.dataset import Pictures
from medimg.data.joined import Joined
from medimg.data.patients import Patients, Places
from medimg.data.places import subsets, withhold
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.layerwise import pretrain
from medimg.recipes.parts.networks import Job, named
from medimg.recipes.parts.one_network import train_network
from medimg.recipes.parts.scores import write_scores
from medimg.recipes.parts.stages import write_json
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.training.score import score

Taught = Pictures | Patients | Joined


def train_job(
    settings: Settings, cohort: Cohort, machine: Machine, job: Job, network: nn.Module, folder: Path, *, taught: Taught | None = None,
    val: pd.DataFrame | None = None, compete: bool = False, said: str = "",
) -> None:  # fmt: skip
    """Train `network` in place in the stage `folder`, and write its answers for val and test and which checkpoint is best.

    `taught` takes the place of the training part's pictures, `val` that of the validation cases on which the best state is chosen;
    with `compete` the state that training begins with is among those to choose from. Its progress is told as that of what is `said`.
    """
    classes, kind, (seed, fold, member) = cohort.manifest.classes, cohort.kind, job
    rows = {part: cohort.cases(fold, member, part) for part in ("train", "val", "test")}
    channels, batch_size = settings.model.channels, settings.trainer.batch_size

    def write(name: str, cases: pd.DataFrame) -> None:
        logits = score(network, cohort.pictures(cases, channels), machine, batch_size=batch_size)
        if ranks.rank() == 0:
            write_scores(folder / f"{name}.csv", cases, logits, kind, classes, seed=seed, fold=fold, member=member)

    taught = taught or _own(cohort, rows["train"], channels)
    chosen_on = cohort.pictures(rows["val"] if val is None else val, channels)
    if settings.model.layerwise:
        pretrain(network, taught, machine, epochs=settings.model.layerwise, batch_size=batch_size, seed=seed)
    keeper = train_network(
        settings, kind, network, taught, chosen_on, machine, seed=seed, folder=folder, compete=compete,
        loggers=loggers_of(settings, folder) if ranks.rank() == 0 else [],
        what=named(settings, cohort, job, said),
    )  # fmt: skip
    for part in ("val", "test"):
        write(part, rows[part])
    for fewer in subsets(cohort.fuse):
        cases = withhold(rows["test"], fewer, cohort.fuse)
        if len(cases):
            write(f"test_{'+'.join(fewer)}", cases)
    if ranks.rank() == 0:
        best = keeper.folder.path("best", keeper.best_step)
        write_json(folder / "best.json", {"file": best.name, "step": keeper.best_step, "val/loss": keeper.best})


def _own(cohort: Cohort, rows: pd.DataFrame, channels: int) -> Taught:
    pictures = cohort.pictures(rows, channels)
    return Patients(pictures, rows["patient"]) if isinstance(pictures, Places) else pictures


def loggers_of(settings: Settings, folder: Path) -> list[Any]:
    """Make the loggers that the settings ask for, beside the run's own files."""
    from pytorch_lightning import loggers

    made: list[Any] = []
    if settings.logger.tensorboard:
        made.append(loggers.TensorBoardLogger(folder, name=None, version="tensorboard"))
    if settings.logger.mlflow:
        store = f"sqlite:///{folder.parents[1] / 'mlflow.db'}"
        made.append(loggers.MLFlowLogger(experiment_name=settings.experiment or "medimg", tracking_uri=store, run_name=folder.name))
    return made
