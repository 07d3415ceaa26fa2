"""Capsules with dynamic routing: Sabour, Frosst & Hinton, NeurIPS 2017; for brain tumours Afshar et al., ICIP 2018 and ICASSP 2019."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.errors import ConfigError

SIDE = 64  # px of the picture that is looked at
GRID = 24  # positions a side after two convolutions of 9x9, the second with step 2
TYPES, SMALL, LARGE = 32, 8, 16  # kinds of primary capsules, their length, the length of a class's capsule
EPSILON = 1e-8


class CapsNet(nn.Module):
    """Two convolutions, primary capsules, one capsule a class by routing: (B, C, H, W) image -> (B, outputs) logits.

    64 px and 64 first maps are Afshar's, the rest is Sabour's; the tumour's coarse box that Afshar et al. add is left out, since nobody
    outlines lesions here. Larger pictures are averaged to 64 px.

    A capsule's length says how likely its class is there. It goes out as log(length / (1 - length)), so its sigmoid is the length and
    the task's cross-entropy takes the place of the margin loss: losses, thresholds and calibration stay those of every network.
    One output (two classes) is the difference of two capsules, because routing to a single capsule would have nothing to choose.
    """

    def __init__(self, outputs: int, channels: int = 1, dropout: float = 0.0, rounds: int = 3) -> None:
        super().__init__()
        if not outputs:
            raise ConfigError("model.name=capsnet: its classes are capsules, so model.head=transfer has no meaning. Set model.head=linear.")
        self.single, self.rounds = outputs == 1, rounds
        self.first = nn.Conv2d(channels, 64, 9)
        self.primary = nn.Conv2d(64, TYPES * SMALL, 9, stride=2)
        self.dropout = nn.Dropout(dropout)
        self.transform = nn.Parameter(torch.randn(TYPES * GRID * GRID, max(2, outputs), LARGE, SMALL) * 0.1)

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of a batch."""
        maps = self.primary(F.relu(self.first(F.interpolate(image, (SIDE, SIDE), mode="area"))))
        capsules = squash(maps.float().reshape(len(image), TYPES, SMALL, -1).transpose(2, 3).flatten(1, 2))
        votes = torch.einsum("nkdc,bnc->bnkd", self.transform, self.dropout(capsules))
        with torch.autocast(image.device.type, enabled=False):  # sums of 18,432 votes
            sums = route(votes.float(), self.rounds)
        logits = torch.log(sums.square().sum(dim=2) + EPSILON)
        return logits[:, 1:] - logits[:, :1] if self.single else logits


def squash(vectors: Tensor) -> Tensor:
    """Bring lengths below 1 and keep directions: (..., D) -> (..., D), length s to s^2 / (1 + s^2)."""
    square = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * (square / (1 + square) / (square + EPSILON).sqrt())


def route(votes: Tensor, rounds: int) -> Tensor:
    """Route by agreement: votes (B, N, K, D) of N capsules for K classes -> (B, K, D), their weighted sums before squashing.

    Of a sum with length s the squashed capsule has length s^2 / (1 + s^2), so log(length / (1 - length)) is log(s^2).
    """
    agreement = torch.zeros(votes.shape[:3], device=votes.device)
    for _ in range(rounds - 1):
        capsules = squash(torch.einsum("bnk,bnkd->bkd", agreement.softmax(dim=2), votes))
        agreement = agreement + torch.einsum("bnkd,bkd->bnk", votes, capsules)
    return torch.einsum("bnk,bnkd->bkd", agreement.softmax(dim=2), votes)
