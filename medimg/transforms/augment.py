"""Random changes of training pictures: numbers are drawn first, then handed to deterministic functions of a whole batch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

Params = dict[str, NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Augment:
    """Which changes, how strong; each number is drawn for each picture from the generator it is given.

    Geometry (flips, rotation, scale, translation) is one resampling; then contrast, brightness, sharpness and noise.
    `choose` applies that many of the enabled kinds to each picture instead of all (the encephalitis/glioma paper, section 1.1).
    `sequence_dropout` blanks each sequence of a fused case with this chance, never the last; it is no kind and always applied.
    """

    flip_horizontal: bool = False
    flip_vertical: bool = False
    rotate_deg: float = 0.0
    scale: float = 0.0
    translate: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    sharpness: float = 0.0
    noise: float = 0.0
    sequence_dropout: float = 0.0
    choose: int | None = None

    def draw(self, count: int, random: np.random.Generator) -> Params:
        """Draw the numbers of `count` pictures: {kind: (count,) or (count, 2)}, zero where a kind does nothing."""
        signed = {
            "rotate_deg": random.uniform(-1, 1, count) * self.rotate_deg,
            "scale": random.uniform(-1, 1, count) * self.scale,
            "translate": random.uniform(-1, 1, (count, 2)) * self.translate,
            "contrast": random.uniform(-1, 1, count) * self.contrast,
            "brightness": random.uniform(-1, 1, count) * self.brightness,
            "sharpness": random.uniform(-1, 1, count) * self.sharpness,
            "flip_horizontal": (random.random(count) < 0.5) * float(self.flip_horizontal),
            "flip_vertical": (random.random(count) < 0.5) * float(self.flip_vertical),
            "noise": random.random(count) * self.noise,
        }
        kinds = [kind for kind in signed if getattr(self, kind)]
        if self.choose is not None and self.choose < len(kinds):
            ranks = random.random((count, len(kinds))).argsort(axis=1).argsort(axis=1)
            for k, kind in enumerate(kinds):
                signed[kind] = signed[kind] * (ranks[:, k] < self.choose).reshape((count,) + (1,) * (signed[kind].ndim - 1))
        return {kind: signed[kind] for kind in kinds}

    def __call__(self, image: Tensor, random: np.random.Generator) -> Tensor:
        """Vary a batch (B, C, H, W)."""
        params = self.draw(len(image), random)
        if params.keys() & {"rotate_deg", "scale", "translate", "flip_horizontal", "flip_vertical"}:
            image = move(image, _matrices(params, len(image)))
        image = adjust(image, params.get("contrast"), params.get("brightness"))
        if "sharpness" in params:
            image = sharpen(image, params["sharpness"])
        if "noise" in params:
            field = torch.from_numpy(random.standard_normal(tuple(image.shape), dtype=np.float32)).to(image.device, non_blocking=True)
            image = image + field * _column(params["noise"], image) * image.flatten(2).any(dim=2)[:, :, None, None]
        if self.sequence_dropout:
            image = drop_planes(image, random.random(tuple(image.shape[:2])), self.sequence_dropout)
        return image


def move(image: Tensor, matrices: Tensor) -> Tensor:
    """Resample a batch (B, C, H, W) by affine maps (B, 2, 3) of normalised coordinates, bilinear, zeros outside."""
    with torch.autocast(image.device.type, enabled=False):  # in bf16 the coordinates would be off by half a pixel
        grid = F.affine_grid(matrices.to(image, non_blocking=True), list(image.shape), align_corners=False)
        return F.grid_sample(image, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def adjust(image: Tensor, contrast: Any = None, brightness: Any = None) -> Tensor:
    """Stretch each plane about its mean by 1 + contrast, and add brightness as a share of its mean; each (B,)."""
    if contrast is None and brightness is None:
        return image
    mean = image.mean(dim=(2, 3), keepdim=True)
    if contrast is not None:
        image = mean + (image - mean) * (1 + _column(contrast, image))
    if brightness is not None:
        image = image + mean * _column(brightness, image)
    return image


def sharpen(image: Tensor, amount: Any) -> Tensor:
    """Add (B,) times the difference from a 3x3 mean: above 0 sharper, below 0 softer."""
    soft = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return image + (image - soft) * _column(amount, image)


def drop_planes(image: Tensor, chance: Any, share: float) -> Tensor:
    """Blank the planes (B, S) whose number in 0..1 is under `share`; of a case's planes that are there, the one of the highest stays."""
    present = image.flatten(2).any(dim=2)
    number = torch.as_tensor(chance, dtype=torch.float32, device=image.device).masked_fill(~present, -1.0)
    kept = (number >= share) | (number == number.amax(dim=1, keepdim=True))
    return image * (kept & present)[:, :, None, None]


def _matrices(params: Params, count: int) -> Tensor:
    """Build the inverse maps (B, 2, 3): output coordinates to input coordinates."""
    zero = np.zeros(count)
    angle = np.deg2rad(params.get("rotate_deg", zero))
    zoom = 1 / (1 + params.get("scale", zero))
    flip_x = 1 - 2 * params.get("flip_horizontal", zero)
    flip_y = 1 - 2 * params.get("flip_vertical", zero)
    shift = 2 * params.get("translate", np.zeros((count, 2)))
    rows = [np.cos(angle) * zoom * flip_x, -np.sin(angle) * zoom * flip_y, shift[:, 0]], [
        np.sin(angle) * zoom * flip_x, np.cos(angle) * zoom * flip_y, shift[:, 1],
    ]  # fmt: skip
    return torch.as_tensor(np.stack([np.stack(row, axis=1) for row in rows], axis=1))


def _column(values: Any, like: Tensor) -> Tensor:
    """Lay out values (B,) to multiply a batch; a GPU is handed them without waiting for what it has still to do."""
    return torch.as_tensor(np.asarray(values), dtype=like.dtype).to(like.device, non_blocking=True).reshape(-1, 1, 1, 1)
