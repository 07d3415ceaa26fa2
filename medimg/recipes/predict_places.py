"""Probabilities of a run that judges several sequences together, for the places of a manifest and for its patients."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from medimg.errors import ConfigError
from medimg.io import read_manifest
from medimg.losses import outputs_of, probabilities
from medimg.recipes.parts.cohort import fill
from medimg.recipes.parts.images import Images, cache_of, sequences_of
from medimg.recipes.parts.networks import networks
from medimg.recipes.predict import table_of, trained_network
from medimg.settings import Settings
from medimg.training.machine import look
from medimg.training.score import score


def predict_places(settings: Settings, run: Path, sources: list[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Score a manifest (no labels needed): a table (image, patient, p_<class> ..., decided) and a reason for each refused row.

    First a row for each place, its images joined by a plus; then one for each patient, `image` empty: the mean over places by the
    networks' weights, with temperature and thresholds of patients. Patients are hashed ids (medimg data whois).
    """
    if len(sources) != 1 or sources[0].suffix.lower() != ".csv":
        raise ConfigError(
            f"run {run.name} judges {', '.join(settings.data.fuse)} of one place together, so it needs a manifest that tells sequence and "
            "place: medimg data scan FOLDER --out OUT, then medimg predict RUN OUT/manifest.csv."
        )
    manifest = read_manifest(sources[0], label=None, where={"sequence": list(settings.data.fuse)})
    asked, machine = json.loads((run / "evaluation.json").read_text()), look(settings.trainer)
    images = Images(manifest, cache_of(manifest, settings.data), sequences_of(settings.data), asked["kind"])
    fill(images.cache, images.rows)
    cases = images.cases_of(images.rows.assign(label=""))
    machine.settle()
    pictures, count = images.pictures(cases, settings.model.channels), outputs_of(asked["kind"], len(asked["classes"]))
    said = [
        score(trained_network(settings, run, job, asked, machine), pictures, machine, batch_size=settings.trainer.batch_size)
        for job in networks(run)
    ]
    p = np.mean([probabilities(torch.from_numpy(one[:, :count]), asked["kind"]).numpy() for one in said], axis=0)
    weight = np.mean([one[:, count] for one in said], axis=0)
    patients = cases["patient"].unique()
    pooled = np.stack([softmax(weight[rows]) @ p[rows] for rows in ((cases["patient"] == name).to_numpy() for name in patients)])
    places = table_of(_names(cases, images), p, asked["classes"], run)
    whole = table_of([""] * len(patients), pooled, asked["classes"], run, "patient")
    places.insert(1, "patient", cases["patient"].to_numpy())
    whole.insert(1, "patient", patients)
    refused = [f"line {row}: {reason}" for row, reason in manifest.refused.itertuples(index=False)]
    return pd.concat([places, whole], ignore_index=True), refused


def _names(cases: pd.DataFrame, images: Images) -> list[str]:
    """The files of each place, in the order of the sequences."""
    path = images.rows.set_index("id")["path"]
    return ["+".join(path[name] for name in row if name) for row in cases[list(images.fuse)].itertuples(index=False)]
