"""How small the planes become on which a network's convolutions work."""

import torch
from torch import Tensor, nn


def strided_past(network: nn.Module, size: int, channels: int = 1) -> list[str]:
    """Names of the convolutions whose stride is longer than a side of what they see, for pictures of size x size pixels.

    On a processor the gradients of these in bfloat16 are not computed but whatever lay in memory (oneDNN in torch 2.15, measured by
    `scripts/small_planes.py`); on a plane this small such a network has thrown the picture away in any case.
    """
    found: list[str] = []

    def look(name: str, layer: nn.Conv2d, image: Tensor) -> None:
        if any(stride > side for stride, side in zip(layer.stride, image.shape[2:], strict=True)):
            found.append(name)

    hooks = [
        layer.register_forward_pre_hook(lambda layer, inputs, name=name: look(name, layer, inputs[0]))
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d)
    ]
    learning = network.training
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, channels, size, size))
    finally:
        network.train(learning)
        for hook in hooks:
            hook.remove()
    return found
