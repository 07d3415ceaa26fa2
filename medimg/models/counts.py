"""How many layers of each kind a network has, as papers count them."""

from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.pooling import _AvgPoolNd, _MaxPoolNd


@dataclass(frozen=True)
class Counts:
    """Convolutions with deconvolutions, poolings, batch normalisations, and weights that learn."""

    convolutions: int
    poolings: int
    batch_norms: int
    parameters: int


def counts(network: nn.Module) -> Counts:
    """Count the two-dimensional layers of a network.

    >>> counts(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.MaxPool2d(2)))
    Counts(convolutions=1, poolings=1, batch_norms=1, parameters=24)
    """
    layers = [*network.modules()]

    def of(*kinds: type[nn.Module]) -> int:
        return sum(isinstance(layer, kinds) for layer in layers)

    learned = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return Counts(of(nn.Conv2d, nn.ConvTranspose2d), of(_MaxPoolNd, _AvgPoolNd), of(_BatchNorm), learned)
