"""Grad-CAM: which regions of a picture speak for an answer (Selvaraju et al., ICCV 2017)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.models.fusion import FusedClassifier


def has_convolutions(network: nn.Module) -> bool:
    """Say whether there are feature maps to weigh; dense layers have none."""
    return any(isinstance(module, nn.Conv2d) for module in network.modules())


def last_convolution(network: nn.Module) -> nn.Module:
    """Find the last convolution that still sees a plane, not a point."""
    found = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if not found:
        raise ValueError("Grad-CAM needs a network with convolutions")
    return found[-1]


def grad_cam(network: nn.Module, image: Tensor, output: int, *, sign: float = 1.0) -> Tensor:
    """Weigh the last feature maps by their gradients: (B, C, H, W) image -> (B, H, W) in 0..1, for one output's logit.

    `sign=-1` explains the other answer of a single logit. All zero where nothing in the last feature maps speaks for the answer.
    """
    kept: list[Tensor] = []
    hook = last_convolution(network).register_forward_hook(lambda _module, _inputs, result: kept.append(result))
    try:
        with torch.enable_grad():
            logits = network(image.detach().requires_grad_())
            features = kept[-1]
            (gradient,) = torch.autograd.grad(sign * logits[:, output].sum(), features)
    finally:
        hook.remove()
    heat = _heat(features, gradient, image)
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)


def fused_grad_cam(network: FusedClassifier, image: Tensor, output: int, *, sign: float = 1.0) -> Tensor:
    """Grad-CAM of each sequence of one fused case: (1, S, H, W) image -> (S, H, W) in 0..1, on one scale for all of them."""
    kept: list[Tensor] = []
    hooks = [
        last_convolution(encoder).register_forward_hook(lambda _module, _inputs, result: kept.append(result))
        for encoder in network.encoders
    ]
    try:
        with torch.enable_grad():
            logits = network(image.detach().requires_grad_())
            gradients = torch.autograd.grad(sign * logits[:, output].sum(), kept)
    finally:
        for hook in hooks:
            hook.remove()
    heat = torch.cat([_heat(features, gradient, image) for features, gradient in zip(kept, gradients, strict=True)])
    return heat / heat.max().clamp(min=1e-12)


def _heat(features: Tensor, gradient: Tensor, image: Tensor) -> Tensor:
    """Positive part of feature maps weighed by their mean gradients, as large as the image: (B, H, W)."""
    weight = gradient.mean(dim=(2, 3), keepdim=True)
    heat = F.relu((weight * features).sum(dim=1, keepdim=True)).detach().float()
    return F.interpolate(heat, image.shape[2:], mode="bilinear", align_corners=False)[:, 0]
