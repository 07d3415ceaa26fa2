"""The network of one seed, fold and member that outlines organs: built, trained, and asked about films."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from medimg.models.flips import Mirrored
from medimg.models.segmenters import build_segmenter
from medimg.recipes.parts.film_cohort import FilmCohort
from medimg.recipes.parts.networks import Encoder, Job, named
from medimg.recipes.parts.one_job import loggers_of
from medimg.recipes.parts.one_segmenter import train_segmenter
from medimg.recipes.parts.stages import write_json
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.checkpoints import load_weights
from medimg.training.machine import Machine
from medimg.training.score_masks import score_masks
from medimg.transforms.mirror import mirror_order
from medimg.transforms.randomise import Randomise

HEAVY = 3.0  # how often the loss of an organ of view.heavy counts
FACTS = ["id", "patient", "site", "view"]


def outliner(settings: Settings, *, seed: int, trained: Path | None = None) -> nn.Module:
    """Build the network, drawn by `seed` or as its training left it. ConfigError where no network that segments has its name."""
    model = settings.model
    torch.manual_seed(seed)
    network = build_segmenter(model.name, len(settings.view.organs), supervise=True)
    if trained:
        network.load_state_dict(load_weights(trained))
    return network


def randomised(settings: Settings, network: nn.Module) -> Randomise | None:
    """Give the domain randomisation of training films, masks as large as the network answers; None where films stay as they are."""
    asked = asdict(settings.randomise)
    order = mirror_order(settings.view.organs) if asked.pop("mirror") else None
    return Randomise(mirror=order, shrink=getattr(network, "shrink", 1), **asked) if asked["share"] else None


def train_outliner(settings: Settings, cohort: FilmCohort, machine: Machine, job: Job, start: Encoder | None, folder: Path) -> None:
    """Train the network of one job, from another run's where there is a `start`, in the stage `folder`.

    Writes which checkpoint is best and how its test films are outlined.
    """
    (seed, fold, member), organs = job, settings.view.organs
    parts = {name: cohort.films(cohort.part(fold, member, name)) for name in ("train", "val")}
    network = outliner(settings, seed=seed, trained=start.path if start else None)
    keeper = train_segmenter(
        network, organs, parts["train"], parts["val"], machine, settings.task, settings.trainer, seed=seed, folder=folder,
        what=named(settings, cohort, job, "outlining"), augment=randomised(settings, network),
        weight=torch.tensor([HEAVY if organ in settings.view.heavy else 1.0 for organ in organs]),
        loggers=loggers_of(settings, folder) if ranks.rank() == 0 else [],
    )  # fmt: skip
    table = outlined(settings, cohort, cohort.test(fold, member), machine, network, job)
    if ranks.rank() == 0:
        table.to_csv(folder / "test.csv", index=False, float_format="%.9g")
        best = keeper.folder.path("best", keeper.best_step)
        write_json(folder / "best.json", {"file": best.name, "step": keeper.best_step, "val/loss": keeper.best})


def outlined(
    settings: Settings, cohort: FilmCohort, rows: pd.DataFrame, machine: Machine, network: nn.Module, told_as: Job
) -> pd.DataFrame:  # fmt: skip
    """Measure a network on films: id, patient, site, view, subgroups, seed, fold, member, loss, dice_<organ> (nothing where none)."""
    asked = answering(settings, network, settings.evaluate.mirror)
    counts, loss = score_masks(asked, cohort.films(rows), machine, batch_size=settings.trainer.batch_size)
    facts = [*FACTS, *(name for name in settings.data.subgroups if name not in FACTS)]
    told = dict(zip(("seed", "fold", "member"), told_as, strict=True))
    dice = pd.DataFrame(counts.dice(), columns=[f"dice_{organ}" for organ in settings.view.organs])
    return pd.concat([rows[facts].reset_index(drop=True).assign(**told, loss=loss), dice], axis=1)


def answering(settings: Settings, network: nn.Module, mirror: bool) -> nn.Module:
    """Give the network as it answers: over film and mirror image where asked."""
    return Mirrored(network, mirror_order(settings.view.organs)) if mirror else network
