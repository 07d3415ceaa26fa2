"""Films on which organs were outlined worst, with the true and the network's contours, for the report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import nn

from medimg.data.films import Films
from medimg.metrics import Flags
from medimg.qc.outlines import outlines
from medimg.training.machine import Machine
from medimg.training.score import logits_of

SIDE = 512  # pixels of a drawn film
TRUE, FOUND = (80, 220, 120), (255, 150, 40)  # green and orange


@torch.inference_mode()
def draw_contours(
    folder: Path, films: Films, organs: tuple[str, ...], worst: pd.DataFrame, network: nn.Module, machine: Machine
) -> list[dict[str, Any]]:  # fmt: skip
    """Draw films (rows of `worst`: id, mean_dice, worst_organ, dice) plain and with contours; returns entries of explain.json."""
    folder.mkdir(exist_ok=True)
    network = network.to(machine.device).eval()
    told = []
    for row in worst.to_dict("records"):
        film = films[int(np.flatnonzero(films.ids == row["id"])[0])]
        found = (logits_of(network, film["image"], machine) > 0)[0].cpu().numpy()
        known = film["known"][0].numpy()
        true = {organ: mask for organ, mask, flag in zip(organs, film["mask"][0].numpy() > 0, known, strict=True) if flag}
        grey = film["image"][0, 0].numpy()
        names = {"image": f"{row['id']}.png", "overlay": f"{row['id']}_contours.png"}
        plain(grey).save(folder / names["image"])
        with_contours(grey, true, dict(zip(organs, found, strict=True))).save(folder / names["overlay"])
        told.append({key: row[key] for key in ("id", "mean_dice", "worst_organ", "dice")} | names)
    return told


def plain(grey: NDArray[np.float32]) -> Image.Image:
    """Draw a film (size, size), 0 to 1, in grey, 512 px a side."""
    values = (np.clip(grey, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(values).resize((SIDE, SIDE), Image.Resampling.BILINEAR).convert("RGB")


def with_contours(grey: NDArray[np.float32], true: Mapping[str, Flags], found: Mapping[str, Flags]) -> Image.Image:
    """Draw a film with the true contours in green and over them the network's in orange."""
    image = plain(grey)
    pen, scale = ImageDraw.Draw(image), SIDE / len(grey)
    for masks, colour in ((true, TRUE), (found, FOUND)):
        for mask in masks.values():
            for line in outlines(mask):
                pen.line([((column + 0.5) * scale, (row + 0.5) * scale) for row, column in line], fill=colour, width=2)
    return image
