"""Convolutions that stride past what they see."""

import pytest
import timm
from torch import nn

from medimg.models.planes import strided_past


@pytest.mark.parametrize(("size", "names"), [(16, ["layer4.0.conv1"]), (32, []), (64, [])])
def test_a_stride_longer_than_the_plane_is_found(size, names):
    network = timm.create_model("resnet10t", in_chans=1, num_classes=2)
    assert strided_past(network, size) == names
    assert network.training


def test_one_side_is_enough_and_no_hook_is_left():
    network = nn.Sequential(nn.Conv2d(3, 4, (4, 1)), nn.Conv2d(4, 4, 3, 2, 1))
    assert strided_past(network, 4, channels=3) == ["1"]
    assert strided_past(network, 8, channels=3) == []
    assert not any(layer._forward_pre_hooks for layer in network)
