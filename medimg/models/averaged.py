"""Answers averaged over several networks of one task."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Averaged(nn.Module):
    """Networks asked one after another: what each takes and gives, (B, ...) -> (B, ...) logits, the mean of theirs."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, image: Tensor) -> Tensor:
        """Give the mean logits."""
        return torch.stack([network(image) for network in self.networks]).mean(dim=0)
