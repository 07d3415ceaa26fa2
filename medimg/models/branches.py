"""Layers of branches with differing kernels side by side: what the chest networks are built of."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

POOLED = {1: 2, 3: 3, 5: 5}  # side of the window that a branch pools over, by its kernel


class Branch(nn.Module):
    """One encoder or decoder module of the paper: (B, C, H, W) -> (B, width, H', W').

    A 1 x 1 convolution that narrows and one of its own kernel, each with batch normalisation and ReLU; before them `first`, by which
    the branch changes the size of its maps, where it does.
    """

    def __init__(self, channels: int, width: int, kernel: int, first: nn.Module | None = None) -> None:
        super().__init__()
        self.first = nn.Identity() if first is None else first
        self.narrow = nn.Sequential(*convolution(channels, width, 1), nn.ReLU(inplace=True))
        self.look = nn.Sequential(*convolution(width, width, kernel), nn.ReLU(inplace=True))

    def forward(self, maps: Tensor, skip: Tensor | None = None) -> Tensor:
        """Give this branch's maps; `skip` are the encoder's, of the size that `first` makes."""
        maps = self.first(maps)
        return self.look(self.narrow(maps if skip is None else torch.cat([maps, skip], dim=1)))  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Branches side by side, merged by a 1 x 1 convolution: (B, C, H, W) -> (B, channels, H', W').

    What has the shape of the merged maps (the layer's input, or the encoder's maps) is added to them, as in a ResNet.
    """

    def __init__(self, branches: Sequence[Branch], width: int, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.merge = nn.Sequential(*convolution(len(branches) * width, channels, 1))

    def forward(self, maps: Tensor, skip: Tensor | None = None) -> Tensor:
        """Give the merged maps; `skip` are the encoder's, where the layer enlarges."""
        merged = self.merge(torch.cat([branch(maps, skip) for branch in self.branches], dim=1))
        return added(merged, maps if skip is None else skip)


def added(merged: Tensor, carried: Tensor) -> Tensor:
    """Add what is carried past a layer, where it has the shape of what the layer made of it; ReLU."""
    return (merged + carried if carried.shape == merged.shape else merged).relu_()


def same(channels: int, width: int, kernels: Sequence[int], given: int | None = None) -> Layer:
    """Build a layer that keeps the size of its maps; of other channels than it gives where `given` says so."""
    return Layer([Branch(given or channels, width, kernel) for kernel in kernels], width, channels)


def down(above: int, width: int, channels: int, kernels: Sequence[int]) -> Layer:
    """Build a layer that halves the size: each branch pools by itself, over windows that grow with its kernel."""
    pools = [nn.MaxPool2d(POOLED[kernel], stride=2, padding=POOLED[kernel] // 2 if kernel > 1 else 0) for kernel in kernels]
    return Layer([Branch(above, width, kernel, pool) for kernel, pool in zip(kernels, pools, strict=True)], width, channels)


def up(below: int, width: int, channels: int, kernels: Sequence[int]) -> Layer:
    """Build a layer that doubles the size: each branch enlarges by a deconvolution of its own, and sees the encoder's maps beside it."""
    branches = [Branch(width + channels, width, kernel, nn.ConvTranspose2d(below, width, 2, stride=2)) for kernel in kernels]
    return Layer(branches, width, channels)


def side_by_side(channels: int, outputs: int, kernels: Sequence[int]) -> nn.ModuleList:
    """Build convolutions of several kernels that see the same maps, and whose answers are to be added."""
    return nn.ModuleList([nn.Conv2d(channels, outputs, kernel, padding=kernel // 2) for kernel in kernels])


def convolution(channels: int, width: int, kernel: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """Build a convolution that keeps the size, and its batch normalisation."""
    return nn.Conv2d(channels, width, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(width)
