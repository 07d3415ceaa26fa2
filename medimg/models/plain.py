"""The oldest shape of a network: convolutions, a fixed grid, fully connected layers."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F


class PlainCNN(nn.Module):
    """Convolution blocks and a classifier of a fixed grid: (B, C, H, W) image -> (B, outputs) logits.

    `width` counts the maps that the last block gives; without a classifier the answer is (B, width * grid * grid) features.
    """

    def __init__(self, features: nn.Sequential, width: int, grid: int, classifier: nn.Sequential | None) -> None:
        super().__init__()
        self.features, self.pool = features, PoolTo(grid)
        self.classifier = nn.Identity() if classifier is None else classifier
        self.num_features = width * grid * grid

    def forward(self, image: Tensor) -> Tensor:
        """Give logits, or features where there is no classifier."""
        answer: Tensor = self.classifier(self.pool(self.features(image)).flatten(1))
        return answer


class PoolTo(nn.Module):
    """Average maps to a grid: (B, C, H, W) -> (B, C, grid, grid).

    Maps that fit already pass as they are: on a GPU the gradient of adaptive pooling differs from run to run in the last bits.
    """

    def __init__(self, grid: int) -> None:
        super().__init__()
        self.grid = (grid, grid)

    def forward(self, maps: Tensor) -> Tensor:
        """Give the grid."""
        return maps if maps.shape[2:] == self.grid else F.adaptive_avg_pool2d(maps, self.grid)


def fully_connected(sizes: list[int], outputs: int, dropout: float) -> nn.Sequential | None:
    """Hidden layers of these sizes (the first is the input's), ReLU and dropout after each, and a linear output; None for no outputs."""
    if not outputs:
        return None
    layers: list[nn.Module] = []
    for below, above in pairwise(sizes):
        layers += [nn.Linear(below, above), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))
