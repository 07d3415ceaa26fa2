import torch
from torch import nn

from medimg.models.cnn_f import cnn_f


def test_the_layers_are_those_of_the_table():
    network = cnn_f(1000, channels=3)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert [(layer.out_channels, layer.kernel_size[0]) for layer in convolutions] == [(64, 11), (256, 5), (256, 3), (256, 3), (256, 3)]
    assert sum(isinstance(layer, nn.LocalResponseNorm) for layer in network.modules()) == 2
    assert sum(weight.numel() for weight in network.parameters()) == 60_834_536
    with torch.no_grad():
        assert network.eval()(torch.randn(1, 3, 224, 224)).shape == (1, 1000)
