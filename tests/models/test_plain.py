import torch
from torch import nn

from medimg.models.plain import PlainCNN, PoolTo, fully_connected


def test_maps_that_fit_pass_untouched_and_others_are_averaged():
    maps = torch.rand(2, 3, 6, 6)
    assert PoolTo(6)(maps) is maps
    torch.testing.assert_close(PoolTo(3)(maps), nn.functional.avg_pool2d(maps, 2))
    assert PoolTo(8)(maps).shape == (2, 3, 8, 8)


def test_hidden_layers_have_dropout_and_the_output_has_none():
    kinds = [type(layer).__name__ for layer in fully_connected([8, 4, 2], 3, 0.5)]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert fully_connected([8, 4], 0, 0.5) is None


def test_without_a_classifier_features_come_out():
    network = PlainCNN(nn.Sequential(nn.Conv2d(1, 5, 3)), 5, 2, None)
    assert network(torch.rand(3, 1, 12, 12)).shape == (3, network.num_features)
