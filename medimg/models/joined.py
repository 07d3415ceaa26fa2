"""Chest networks rewritten for answering only: fewer and larger convolutions, the same answers."""

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from medimg.models.branches import Branch, Layer, added
from medimg.models.chest_net import ChestNet


class JoinedLayer(nn.Module):
    """A trained `Layer` whose branches see the same maps: the convolutions that they begin with are one."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        branches = cast(list[Branch], [*layer.branches])
        self.narrow = _one_after_another([_folded(branch.narrow) for branch in branches])
        self.looks = nn.ModuleList([_folded(branch.look) for branch in branches])
        self.merge = _folded(layer.merge)

    def forward(self, maps: Tensor, skip: Tensor | None = None) -> Tensor:
        """Give what the layer gives."""
        narrow = self.narrow(maps).relu_().chunk(len(self.looks), dim=1)
        looked = torch.cat([look(part) for look, part in zip(self.looks, narrow, strict=True)], dim=1).relu_()
        return added(self.merge(looked), maps)


def joined(network: ChestNet) -> ChestNet:
    """Copy a trained network for answering: batch normalisation is folded into convolutions, those that a layer begins with are joined.

    The answers are the same up to rounding. What is counted of a network is counted before.
    """
    made = copy.deepcopy(network).eval().requires_grad_(False)
    for level in [*made.encoder.children(), *made.decoder.children()]:
        for place, layer in level.named_children():
            level.add_module(place, _rewritten(layer))
    for place, heads in made.heads.named_children():
        made.heads.add_module(place, nn.ModuleList([_summed([head for head in heads.children() if isinstance(head, nn.Conv2d)])]))
    return made


def _rewritten(layer: nn.Module) -> nn.Module:
    assert isinstance(layer, Layer)
    branches = cast(list[Branch], [*layer.branches])
    if all(isinstance(branch.first, nn.Identity) for branch in branches):
        return JoinedLayer(layer)
    for branch in branches:
        branch.narrow, branch.look = (nn.Sequential(_folded(part), nn.ReLU(inplace=True)) for part in (branch.narrow, branch.look))
    layer.merge = nn.Sequential(_folded(layer.merge))
    return layer


def _folded(part: nn.Module) -> nn.Conv2d:
    """Fold a convolution and the batch normalisation after it into one convolution."""
    convolution, norm = [*part.children()][:2]
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)


def _summed(convolutions: Sequence[nn.Conv2d]) -> nn.Conv2d:
    """Build one convolution that gives the sum of several: kernels of odd sides are added about their middle."""
    made = copy.deepcopy(max(convolutions, key=lambda each: each.kernel_size))
    side = made.kernel_size[0]
    around = [(side - each.kernel_size[0]) // 2 for each in convolutions]
    made.weight = nn.Parameter(
        torch.stack([F.pad(each.weight, [wide] * 4) for each, wide in zip(convolutions, around, strict=True)]).sum(0)
    )
    made.bias = nn.Parameter(torch.stack([each.bias for each in convolutions if each.bias is not None]).sum(0))
    return made.requires_grad_(False)


def _one_after_another(convolutions: Sequence[nn.Conv2d]) -> nn.Conv2d:
    """Build one 1 x 1 convolution that gives what several give, one after another."""
    first = convolutions[0]
    made = nn.Conv2d(first.in_channels, len(convolutions) * first.out_channels, 1)
    made.weight = nn.Parameter(torch.cat([each.weight for each in convolutions]))
    made.bias = nn.Parameter(torch.cat([each.bias for each in convolutions if each.bias is not None]))
    return made.eval().requires_grad_(False)
