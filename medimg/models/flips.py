"""Answers averaged over a film and its mirror image."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Mirrored(nn.Module):
    """A network asked twice, the second time with the film mirrored: (B, 1, H, W) -> (B, organs, H, W) logits, the mean of both.

    `order` names what each organ is in a mirrored film (`medimg.transforms.mirror.mirror_order`); an organ without a partner (-1) is
    answered from the film as it is. Worth it only for a network that was taught mirrored films too; it takes twice the time.
    """

    def __init__(self, network: nn.Module, order: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.seen: Tensor
        self.paired: Tensor
        self.register_buffer("seen", torch.tensor([max(k, 0) for k in order]), persistent=False)
        self.register_buffer("paired", torch.tensor([k >= 0 for k in order])[:, None, None], persistent=False)

    def forward(self, film: Tensor) -> Tensor:
        """Give the mean logits."""
        straight: Tensor = self.network(film)
        back = self.network(film.flip(-1)).flip(-1)[:, self.seen]
        return torch.where(self.paired, (straight + back) / 2, straight)
