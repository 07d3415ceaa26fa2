"""What a generator is fed for a batch of real pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Noise:
    """Standard normal numbers, for a generator that draws pictures from nothing: (B, C, S, S) real -> (B, length)."""

    length: int = 100

    def __call__(self, real: Tensor, random: np.random.Generator) -> Tensor:
        """Draw a row for each picture."""
        return torch.from_numpy(random.standard_normal((len(real), self.length), dtype=np.float32)).to(real.device, non_blocking=True)


@dataclass(frozen=True)
class Shrunk:
    """The real pictures made small, for a generator that enlarges: (B, C, S, S) -> (B, C, S / factor, S / factor), means of squares."""

    factor: int = 4

    def __call__(self, real: Tensor, random: np.random.Generator) -> Tensor:
        """Average the squares; nothing is drawn."""
        return F.avg_pool2d(real, self.factor)
