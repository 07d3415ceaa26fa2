"""Grad-CAM: which regions of a picture speak for an answer (Selvaraju et al., ICCV 2017)."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.models.fusion import FusedClassifier

LEAST = 4  # rows and columns of feature maps that can still tell regions apart


def has_convolutions(network: nn.Module) -> bool:
    """Say whether there are feature maps to weigh; dense layers have none."""
    return any(isinstance(module, nn.Conv2d) for module in network.modules())


def to_weigh(network: nn.Module, parts: Sequence[nn.Module], image: Tensor) -> list[nn.Module]:
    """Find in each part the last layer whose maps still tell regions apart, of `LEAST` and more a side; else one with the largest.

    In a ResNet that is a block, shortcut included. The very last maps of a network for large images are a point where the image is
    small, and a heat-map of a point says nothing.
    """
    sides: dict[nn.Module, int] = {}

    def note(module: nn.Module, _: object, result: object) -> None:
        if isinstance(result, Tensor) and result.ndim == 4:
            sides[module] = min(result.shape[2:])

    hooks = [module.register_forward_hook(note) for part in parts for module in part.modules()]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return [_last(sides, list(_in_line(part, sides))) for part in parts]


def _last(sides: dict[nn.Module, int], layers: list[nn.Module]) -> nn.Module:
    if not layers:
        raise ValueError("Grad-CAM needs a network with convolutions")
    enough = min(LEAST, max(sides[layer] for layer in layers))
    return [layer for layer in sides if layer in layers and sides[layer] >= enough][-1]


def _in_line(module: nn.Module, sides: Mapping[nn.Module, int]) -> Iterator[nn.Module]:
    """The layers that all of the evidence goes through: not those inside a block, where a shortcut may lead past them."""
    for child in module.children():
        if child in sides:
            yield child
        if child not in sides or isinstance(child, nn.Sequential):
            yield from _in_line(child, sides)


def grad_cam(network: nn.Module, image: Tensor, output: int, *, sign: float = 1.0) -> Tensor:
    """Weigh the feature maps of `to_weigh` by their gradients: (B, C, H, W) image -> (B, H, W) in 0..1, for one output's logit.

    `sign=-1` explains the other answer of a single logit. All zero where nothing in the feature maps speaks for the answer.
    """
    heat = _heat_of(network, [network], image, output, sign)[-1]
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)


def fused_grad_cam(network: FusedClassifier, image: Tensor, output: int, *, sign: float = 1.0) -> Tensor:
    """Grad-CAM of each sequence of one fused case: (1, S, H, W) image -> (S, H, W) in 0..1, on one scale for all of them."""
    heat = torch.cat(_heat_of(network, list(network.encoders), image, output, sign))
    return heat / heat.max().clamp(min=1e-12)


def _heat_of(network: nn.Module, parts: Sequence[nn.Module], image: Tensor, output: int, sign: float) -> list[Tensor]:
    """Heat of every set of feature maps, in the order in which the network makes them."""
    kept: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, result: kept.append(result)) for module in to_weigh(network, parts, image)
    ]
    try:
        with torch.enable_grad():
            logits = network(image.detach().requires_grad_())
            gradients = torch.autograd.grad(sign * logits[:, output].sum(), kept)
    finally:
        for hook in hooks:
            hook.remove()
    return [_heat(features, gradient, image) for features, gradient in zip(kept, gradients, strict=True)]


def _heat(features: Tensor, gradient: Tensor, image: Tensor) -> Tensor:
    """Positive part of feature maps weighed by their mean gradients, as large as the image: (B, H, W)."""
    weight = gradient.mean(dim=(2, 3), keepdim=True)
    heat = F.relu((weight * features).sum(dim=1, keepdim=True)).detach().float()
    return F.interpolate(heat, image.shape[2:], mode="bilinear", align_corners=False)[:, 0]
