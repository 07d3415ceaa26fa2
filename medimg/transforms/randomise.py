"""Domain randomisation: films whose look and shape are drawn far beyond the realistic, so that a real film is one look among many."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimg.data.film_frame import FRAME
from medimg.transforms.fields import blur, emphasise, ended, grain, smooth, warp, window
from medimg.transforms.mirror import mirrored

Numbers = dict[str, NDArray[np.floating[Any]]]
KINDS = (
    "rotate_deg", "scale", "stretch", "shear", "translate", "bend", "collimate",
    "gamma", "window", "shade", "detail", "blur_px", "noise", "contrast", "brightness",
)  # fmt: skip
SHAPES = {"translate": (2,), "window": (2,), "collimate": (4,), "bend": (2, 5, 5), "shade": (2, 4, 4)}  # of numbers that are several
FROM_NOTHING = ("blur_px", "noise", "collimate")  # drawn from 0 on, the others to both sides


@dataclass(frozen=True)
class Randomise:
    """Change films with their masks; every strength is the end of a range around nothing, and each kind is left out of a film at times.

    Geometry is one resampling: `rotate_deg`, `scale` (0.4: from 1 / 1.4 to 1.4), `stretch` of one axis against the other, `shear`,
    `translate` and `bend` as shares of the side. `mirror` (see `mirror_order`) mirrors half of the films and renames their organs.
    Look, in this order: `gamma` in doublings of the exponent, `window` as shares of the scale cut off or left blank at either end, `shade`,
    a smooth field that multiplies and one that adds, `detail` emphasised or flattened, `blur_px`, `noise` of low exposure, and `contrast`
    and `brightness` at last. Never inverted: polarity is a fault to be found.
    Then the film ends at four lines, as far as `collimate` of the side from its borders, and is framed as before a network: an exposed
    field that ends anywhere. How much of all these ranges a film is given is drawn for each, half of the films less than half: what a
    film hardly shows can only be learned where it is to be seen.
    Masks come back with sides `shrink` times smaller, as shares of their pixels.
    Source: Tobin et al., IROS 2017; Gao et al., SyntheX, Nature Machine Intelligence 2023 (from simulated to real X-rays).
    """

    rotate_deg: float = 25.0
    scale: float = 0.4
    stretch: float = 0.25
    shear: float = 0.15
    translate: float = 0.2
    bend: float = 0.05
    collimate: float = 0.25
    mirror: tuple[int, ...] | None = None
    gamma: float = 1.2
    window: float = 0.35
    shade: float = 0.4
    detail: float = 1.5
    blur_px: float = 2.5
    noise: float = 0.15
    contrast: float = 0.5
    brightness: float = 0.3
    share: float = 0.7  # of the films that each kind is applied to
    shrink: int = 1

    def draw(self, count: int, random: np.random.Generator) -> Numbers:
        """Draw the numbers of `count` films: {kind: (count, ...)}, zero where a kind is left out."""
        drawn: Numbers = {}
        strength = random.random(count)
        for kind in KINDS:
            shape = SHAPES.get(kind, ())
            values = random.uniform(0 if kind in FROM_NOTHING else -1, 1, (count, *shape))
            applied = (random.random(count) < self.share) * strength
            drawn[kind] = values * applied.reshape(-1, *(1 for _ in shape)) * getattr(self, kind)
        drawn["mirror"] = (random.random(count) < 0.5) * float(self.mirror is not None)
        return drawn

    def __call__(self, image: Tensor, mask: Tensor, known: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Change films (B, 1, H, W) near 0..1, masks (B, K, H, W) of 0 and 1 and known (B, K), on their device."""
        numbers = {
            name: torch.as_tensor(value, dtype=image.dtype).to(image.device, non_blocking=True)
            for name, value in self.draw(len(image), random).items()
        }
        generator = torch.Generator(image.device).manual_seed(int(random.integers(2**62)))
        normal = torch.randn(image.shape, generator=generator, device=image.device, dtype=image.dtype)
        with torch.autocast(image.device.type, enabled=False):
            image, mask, known = self._moved(image, mask, known, numbers)
            borders = numbers["collimate"].clamp(min=FRAME)
            return ended(self._looks(image, numbers, normal), borders, FRAME), ended(mask, borders, FRAME), known

    def _moved(self, image: Tensor, mask: Tensor, known: Tensor, numbers: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        if self.mirror is not None:
            turned = numbers["mirror"] > 0
            there = mirrored(image, mask, known, self.mirror)
            wide = turned[:, None, None, None]
            image, mask = torch.where(wide, there[0], image), torch.where(wide, there[1], mask)
            known = torch.where(turned[:, None], there[2], known)
        matrices, bend = _matrices(numbers), 2 * numbers["bend"]
        return warp(image, matrices, bend), warp(mask, matrices, bend, self.shrink), known

    def _looks(self, image: Tensor, numbers: dict[str, Tensor], normal: Tensor) -> Tensor:
        one = {name: value.reshape(-1, 1, 1, 1) for name, value in numbers.items() if value.ndim == 1}
        image = image.clamp(0, 1) ** torch.exp2(one["gamma"])
        low, high = numbers["window"][:, :1], numbers["window"][:, 1:]
        image = window(image, low[..., None, None], 1 + high[..., None, None])
        shade = smooth(numbers["shade"], image.shape[2:])
        image = image * (1 + shade[:, :1]) + shade[:, 1:] / 2
        image = emphasise(image, one["detail"].clamp(min=-1))
        image = grain(blur(image, one["blur_px"], self.blur_px), one["noise"], normal)
        return (image - 0.5) * (1 + one["contrast"]) + 0.5 + one["brightness"]


def _matrices(numbers: dict[str, Tensor]) -> Tensor:
    """Build maps (B, 2, 3) from where a film's pixels go to where they came from."""
    angle = torch.deg2rad(numbers["rotate_deg"])
    zoom = torch.where(numbers["scale"] < 0, 1 - numbers["scale"], 1 / (1 + numbers["scale"]))
    wide, tall = zoom * (1 + numbers["stretch"]).sqrt(), zoom / (1 + numbers["stretch"]).sqrt()
    cosine, sine, shear = angle.cos(), angle.sin(), numbers["shear"]
    across = torch.stack([cosine * wide, (shear * cosine - sine) * tall, 2 * numbers["translate"][:, 0]], dim=1)
    down = torch.stack([sine * wide, (shear * sine + cosine) * tall, 2 * numbers["translate"][:, 1]], dim=1)
    return torch.stack([across, down], dim=1)
