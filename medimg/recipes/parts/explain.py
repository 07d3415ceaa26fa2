"""Heat-maps of the worst errors, written into the run folder by the one who has the model."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
from matplotlib import colormaps
from numpy.typing import NDArray
from torch import nn

from medimg.data.dataset import Pictures
from medimg.data.patients import Places
from medimg.losses import Kind
from medimg.models.fusion import FusedClassifier
from medimg.models.gradcam import fused_grad_cam, grad_cam, has_convolutions
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import best_of, jobs, network_of, stage_name
from medimg.recipes.parts.stages import write_json
from medimg.settings import Settings
from medimg.training.machine import Machine

STRENGTH = 0.45  # of the heat over the picture


def explain(settings: Settings, cohort: Cohort, machine: Machine, run: Path) -> None:
    """Draw the worst test errors of the first seed, each by the network of the fold that tested it."""
    if not (settings.evaluate.explain and settings.report.images):
        return
    errors = pd.read_csv(run / "tables" / "errors.csv", dtype={"id": str, "label": str, "predicted": str}, keep_default_na=False)
    errors = errors.head(settings.evaluate.explain)
    classes, told = cohort.manifest.classes, list[dict[str, Any]]()
    seed = min(settings.every_seed)
    for _, fold, member in [job for job in jobs(settings, cohort) if job[0] == seed and job[2] == 0]:
        cases = cohort.cases(fold, member, "test")
        here = errors[errors["id"].isin(cases["id"])]
        if len(here):
            best = best_of(run / "stages" / stage_name(seed, fold, member))
            network = network_of(settings, cohort.kind, classes, seed=seed, trained=best)
            told += draw_heat_maps(
                run / "explain", here, cohort.pictures(cases, settings.model.channels), cohort.kind, classes, network, machine
            )
    (run / "explain").mkdir(exist_ok=True)
    write_json(run / "explain" / "explain.json", told)


def draw_heat_maps(
    folder: Path, errors: pd.DataFrame, pictures: Pictures | Places, kind: Kind, classes: list[str], network: nn.Module, machine: Machine
) -> list[dict[str, Any]]:
    """Draw picture and heat-map of each wrong case (columns id, label, predicted) for the answer given, the true one where none was.

    Of a fused case the sequences stand side by side, blank where one is missing.
    A map without any evidence (Grad-CAM keeps what speaks for an answer) is not drawn: the entry's overlay is empty. Of a network
    without convolutions, which has no maps, it is None.
    """
    folder.mkdir(exist_ok=True)
    network = network.to(machine.device).eval()
    told, mapped = [], has_convolutions(network)
    for case in errors.itertuples():
        image = pictures[int(np.flatnonzero(pictures.ids == case.id)[0])]["image"]
        named = [*str(case.predicted).split("|"), *str(case.label).split("|")]
        target = next(name for name in named if name in classes)  # of several classes where each is its own question, "none" may be decided
        output, sign = (0, 1.0 if target == classes[1] else -1.0) if kind == "binary" else (classes.index(target), 1.0)
        cam = fused_grad_cam if isinstance(network, FusedClassifier) else grad_cam
        heat = np.hstack(list(cam(network, image.to(machine.device), output, sign=sign).cpu().numpy())) if mapped else None  # type: ignore[arg-type]
        planes = image[0] if isinstance(network, FusedClassifier) else image[0, :1]
        picture = np.hstack([_grey(plane) for plane in planes.numpy()])
        overlay = None if heat is None else f"{case.id}_cam.png" if heat.any() else ""
        PIL.Image.fromarray(picture).save(folder / f"{case.id}.png")
        if heat is not None and overlay:
            PIL.Image.fromarray(_overlay(picture, heat)).save(folder / overlay)
        told.append({"id": case.id, "label": case.label, "target": target, "image": f"{case.id}.png", "overlay": overlay})
    return told


def _grey(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(picture.min()), float(np.percentile(picture, 99.5))
    return np.asarray(np.clip((picture - low) / max(high - low, 1e-6), 0, 1) * 255, dtype=np.uint8)


def _overlay(picture: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    colour = colormaps["inferno"](heat)[..., :3] * 255
    weight = (STRENGTH * heat)[..., None]
    return np.asarray(picture[..., None] * (1 - weight) + colour * weight, dtype=np.uint8)
