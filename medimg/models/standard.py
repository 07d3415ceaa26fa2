"""Images in 0..1 brought to the mean and spread that published weights learned on."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Standard(nn.Module):
    """Standardise each channel: (B, C, H, W) image in 0..1 -> (image - mean) / std.

    Weights saved without these numbers learned on images as they are: where a state has none, images are left so.
    """

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())

    def forward(self, image: Tensor) -> Tensor:
        """Give what the weights expect."""
        return (image - self.mean[:, None, None]) / self.std[:, None, None]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        if f"{prefix}mean" not in state_dict:
            state_dict |= {f"{prefix}mean": torch.zeros_like(self.mean), f"{prefix}std": torch.ones_like(self.std)}
        super()._load_from_state_dict(state_dict, prefix, *rest)


def standardise(network: nn.Module, mean: Sequence[float] | Tensor, std: Sequence[float] | Tensor, channels: int) -> Standard:
    """Let a network standardise every image it is shown; other numbers of channels than those of `mean` share their mean.

    The part that does it is returned, and goes before the network's forward. The weights keep their names and layers, and
    `standard.mean` and `standard.std` are saved with them.

    >>> network = nn.Identity()
    >>> _ = standardise(network, (0.25, 0.75), (0.25, 0.25), 1)
    >>> network(torch.ones(1, 1, 1, 1)).item(), [*network.state_dict()]
    (2.0, ['standard.mean', 'standard.std'])
    """
    if not hasattr(network, "standard"):
        network.register_forward_pre_hook(_standardised)
    made = Standard(_shared(mean, channels), _shared(std, channels))
    network.add_module("standard", made)
    return made


def _standardised(network: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    (image,) = given
    return (network.standard(image),)  # type: ignore[operator]


def _shared(values: Sequence[float] | Tensor, channels: int) -> Tensor:
    known = torch.as_tensor(values, dtype=torch.float32)
    return known if len(known) == channels else known.mean().expand(channels)
