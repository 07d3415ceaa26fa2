"""A stacked denoising auto-encoder as a classifier: Vincent et al., JMLR 2010;11:3371; SDAE in the thyroid paper's table 3."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 32  # px of the picture that is looked at
WIDTHS = (1000, 1000, 1000)  # three layers as in their SDAE-3; the widths are ours


class SDAE(nn.Module):
    """Dense sigmoid layers and a linear classifier: (B, channels, H, W) image -> (B, outputs) logits; no outputs: (B, 1000) features.

    Pictures are averaged to 32 px. Before the classifier learns, each layer may be trained for itself, from the picture upwards:
    `denoiser(k)` is layer k with a way back, to be taught to restore what `encode_until(image, k)` gives it.
    """

    def __init__(self, outputs: int, channels: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        sizes = [channels * SIDE * SIDE, *WIDTHS]
        self.hidden = nn.Sequential(*(_layer(below, above) for below, above in pairwise(sizes)))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(sizes[-1], outputs) if outputs else nn.Identity()
        self.num_features = sizes[-1]

    def forward(self, image: Tensor) -> Tensor:
        """Give logits, or features where there is no classifier."""
        answer: Tensor = self.head(self.dropout(self.encode_until(image, len(self.hidden))))
        return answer

    def encode_until(self, image: Tensor, k: int) -> Tensor:
        """Give what layer k sees, 0 at the picture: (B, channels, H, W) -> (B, values)."""
        seen: Tensor = self.hidden[:k](F.interpolate(image, (SIDE, SIDE), mode="area").flatten(1))
        return seen

    def denoiser(self, k: int, noise: float = 0.25) -> "Denoiser":
        """Give layer k, whose weights it shares, with a way back."""
        return Denoiser(self.hidden[k][0], noise)  # type: ignore[index]


class Denoiser(nn.Module):
    """One layer and its way back: (B, values) -> (B, values) restored from what is left of them when a share `noise` is set to 0.

    The way back is the layer's own weights transposed and a bias, without a sigmoid, for the squared error. In training mode noise acts.
    """

    def __init__(self, layer: nn.Linear, noise: float) -> None:
        super().__init__()
        self.layer, self.noise = layer, noise
        self.back = nn.Parameter(torch.zeros(layer.in_features))

    def forward(self, values: Tensor) -> Tensor:
        """Restore a batch."""
        kept = values * (torch.rand_like(values) >= self.noise) if self.training else values
        return F.linear(torch.sigmoid(self.layer(kept)), self.layer.weight.T, self.back)


def _layer(below: int, above: int) -> nn.Sequential:
    linear = nn.Linear(below, above)
    nn.init.xavier_uniform_(linear.weight, gain=4.0)  # for sigmoids: Glorot & Bengio, AISTATS 2010
    nn.init.zeros_(linear.bias)
    return nn.Sequential(linear, nn.Sigmoid())
