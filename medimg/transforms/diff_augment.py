"""Changes of pictures that a discriminator judges, with a gradient that is the same to the bit each time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class DiffAugment:
    """Vary real and generated pictures alike: a discriminator of few pictures then does not learn them by heart.

    Flips and translations by whole pixels (zeros come in) choose rows and columns, as products with matrices of 0 and 1: exact, and unlike
    the gradient of a resampling the same bits on a GPU each time. `translate` is a share of the side; `brightness` multiplies a picture
    by 1 plus or minus this. A generator may learn flips as if they were real: leave them off where left and right differ.
    Source: Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training, NeurIPS 2020.
    """

    translate: float = 0.125
    brightness: float = 0.2
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def __call__(self, image: Tensor, random: np.random.Generator) -> Tensor:
        """Vary a batch (B, C, H, W); each picture has numbers of its own."""
        count, _, height, width = image.shape
        shift = random.uniform(-1, 1, (2, count)) * self.translate
        flips = (random.random((2, count)) < 0.5) & np.array([[self.flip_vertical], [self.flip_horizontal]])
        gain = 1 + random.uniform(-1, 1, count) * self.brightness
        rows, columns = (
            _as(_choice(side, np.rint(share * side), flip), image)
            for side, share, flip in zip((height, width), shift, flips, strict=True)
        )  # fmt: skip
        return rows[:, None] @ image @ columns[:, None].mT * _as(gain, image).reshape(-1, 1, 1, 1)


def _choice(side: int, shift: NDArray[Any], flip: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Build matrices (B, side, side) that are true where the row's place shows the column's."""
    shown = np.arange(side) - shift[:, None]
    shown = np.where(flip[:, None], side - 1 - shown, shown)
    return np.asarray(shown[:, :, None] == np.arange(side))


def _as(values: NDArray[Any], like: Tensor) -> Tensor:
    return torch.from_numpy(values).to(like.dtype).to(like.device, non_blocking=True)
