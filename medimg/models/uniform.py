"""Convolutions drawn uniformly: He et al., ICCV 2015, as the thyroid paper's section 1.3.2 asks ("the initialisation is uniform")."""

from torch import nn


def draw_uniformly(network: nn.Module, slope: float) -> None:
    """Draw every convolution's weights within +-sqrt(6 / ((1 + slope^2) * fan_in)), for rectifiers of that slope below nought."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight, a=slope, nonlinearity="leaky_relu")
