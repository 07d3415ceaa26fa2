"""Small images enlarged on their way into a network that takes none of their size."""

from torch import Tensor, nn
from torch.nn import functional as F


class Enlarge:
    """Bring (B, C, H, W) images under `least` px a side to it, bilinearly and in their own shape; others pass as they are.

    It goes before a network's forward, so that neither its weights' names nor its layers change:

    >>> import torch
    >>> network = nn.Identity()
    >>> hook = network.register_forward_pre_hook(Enlarge(75))
    >>> network(torch.zeros(1, 1, 32, 32)).shape
    torch.Size([1, 1, 75, 75])
    """

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, network: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Give what the network is called with."""
        (image,) = given
        side = min(image.shape[2:])
        if side >= self.least:
            return given
        size = [round(length * self.least / side) for length in image.shape[2:]]
        return (F.interpolate(image, size, mode="bilinear", align_corners=False),)
