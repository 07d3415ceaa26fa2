import pytest
import torch
from torch import nn

from medimg.models.mvgg import mvgg


def test_the_convolutions_are_those_of_vgg_16_and_the_head_is_small():
    network = mvgg(6, channels=3)
    maps = [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert maps == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert {layer.kernel_size for layer in network.modules() if isinstance(layer, nn.Conv2d)} == {(3, 3)}
    assert [tuple(layer.weight.shape) for layer in network.modules() if isinstance(layer, nn.Linear)] == [(256, 512), (6, 256)]
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in network.modules()) == 5


@pytest.mark.parametrize("size", [16, 31, 32, 48])
def test_pictures_of_any_size_are_judged(size):
    network = mvgg(2).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 1, size, size)).shape == (1, 2)
