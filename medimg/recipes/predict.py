"""Probabilities of a finished run for new images, by the mean of its networks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.errors import UnreadableImage
from medimg.evaluate.calibration import decide, heat
from medimg.evaluate.question import read_question
from medimg.io import read_image
from medimg.io.scan import OWN
from medimg.io.told import Told
from medimg.losses import Kind, probabilities
from medimg.recipes.judge import learned_together
from medimg.recipes.parts.images import prepare_of
from medimg.recipes.parts.networks import Job, best_of, network_of, networks, stage_name
from medimg.settings import Settings
from medimg.training.machine import Machine, look
from medimg.training.score import logits_of


def predict(settings: Settings, run: Path, sources: list[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Score image files, or all files of folders: a table (image, p_<class> ..., decided) and a reason for each refused file.

    Probabilities are the mean over the run's networks after its temperature; `decided` applies the thresholds of its validation.
    Pictures are read a batch at a time, so that memory does not grow with their number.
    """
    asked = json.loads((run / "evaluation.json").read_text())
    classes, files = [str(name) for name in asked["classes"]], _files(sources)
    machine = look(settings.trainer)
    machine.settle()
    members = [trained_network(settings, run, job, asked, machine) for job in networks(run)]
    names, raw, refused = list[str](), list[NDArray[np.float64]](), list[str]()
    for here, image in _batches(files, settings, refused):
        batch = image[:, None].expand(-1, settings.model.channels, -1, -1)
        names += here
        raw.append(np.mean([_raw(network, batch, asked["kind"], machine) for network in members], axis=0))
    if not raw:
        raise UnreadableImage(*(refused[:10] or ["there is no image to score."]))
    return table_of(names, np.concatenate(raw), classes, run), refused


def _batches(files: list[Path], settings: Settings, refused: list[str]) -> Iterator[tuple[list[str], torch.Tensor]]:
    """Read and prepare files, as many readable ones at a time as a batch holds: names, (B, H, W) pictures; reasons go to `refused`."""
    prepare, names, pictures = prepare_of(settings.data), list[str](), list[NDArray[np.float32]]()
    with Told("scoring images", len(files)) as told:
        for number, path in enumerate(files, start=1):
            try:
                pictures.append(prepare(read_image(path))[0])
                names.append(str(path))
            except UnreadableImage as fault:
                refused.append(f"{path}: {str(fault).removeprefix('image: ')}")
            if pictures and (len(pictures) == settings.trainer.batch_size or number == len(files)):
                yield names, torch.from_numpy(np.stack(pictures))
                names, pictures = [], []
            told(number, len(files))


def _files(sources: list[Path]) -> list[Path]:
    missing = [f"{path}: there is no such file or folder." for path in sources if not path.exists()]
    if missing:
        raise UnreadableImage(*missing)
    return [file for path in sources for file in (_below(path) if path.is_dir() else [path])]


def _below(folder: Path) -> list[Path]:
    """All files of a folder but hidden ones and medimg's own tables."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in OWN and not path.name.startswith(".")]


def trained_network(settings: Settings, run: Path, job: Job, asked: dict[str, Any], machine: Machine) -> nn.Module:
    """Build one of a run's networks as its training left it, where this machine computes."""
    best = best_of(run / "stages" / stage_name(*job))
    network = network_of(settings, asked["kind"], asked["classes"], seed=job[0], trained=best).to(machine.device).eval()
    return network.to(memory_format=torch.channels_last) if machine.channels_last else network


@torch.inference_mode()
def _raw(network: nn.Module, image: torch.Tensor, kind: Kind, machine: Machine) -> NDArray[np.float64]:
    return np.asarray(probabilities(logits_of(network, image, machine).cpu(), kind).numpy())


def table_of(names: list[str], raw: NDArray[np.float64], classes: list[str], run: Path, level: str = "image") -> pd.DataFrame:
    """Lay out calibrated probabilities and the answer that the thresholds of validation give (the first seed's)."""
    question, learned = read_question(run), learned_together(run)
    known = learned[sorted(learned)[0]]
    known = (known.get("patient") or known) if level == "patient" else known
    told = raw[:, 1:] if question.kind == "binary" else raw
    p = heat(told, float(known["temperature"]), question.kind)
    answer = decide(told, question, known["thresholds"])
    if question.kind == "binary":
        p, answer = np.column_stack([1 - p, p]), np.column_stack([~answer, answer])
    decided = ["|".join(name for name, yes in zip(classes, row, strict=True) if yes) for row in answer]
    return pd.DataFrame({"image": names, **{f"p_{name}": p[:, k] for k, name in enumerate(classes)}, "decided": decided})
