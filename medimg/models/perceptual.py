"""SRGAN's content loss: two pictures as a network sees them that has learned to recognise objects."""

from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from medimg.models.backbones import load

CONV_5_4 = 34  # place in timm's VGG-19 of its sixteenth convolution, before its activation
SCALE = 0.006  # makes the loss of features about as large as one of pixels
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Perceptual(nn.Module):
    """Mean squared difference of VGG-19's features: two (B, 1, H, W) pictures near 0..1 -> scalar.

    `weights` is a file; ConfigError where it does not fit. Source: Ledig et al., CVPR 2017, section 2.2 (VGG54).
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()
        network = timm.create_model("vgg19", mlp_ratio=1 / 64)  # its classifier, six of seven weights, is not looked at: a small one
        load(network, weights, head=False)
        self.mean: Tensor
        self.std: Tensor
        self.features = network.features[: CONV_5_4 + 1].eval().requires_grad_(False)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """Give the loss of what was drawn against what is real."""
        return SCALE * (self._seen(fake) - self._seen(real)).square().mean()

    def _seen(self, image: Tensor) -> Tensor:
        seen: Tensor = self.features((image.expand(-1, 3, -1, -1) - self.mean) / self.std)
        return seen
