import timm
from torch import nn

from medimg.models.counts import Counts, counts


def test_each_kind_is_counted_once():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.ConvTranspose2d(2, 1, 2)
    )
    assert counts(network) == Counts(convolutions=2, poolings=2, batch_norms=1, parameters=18 + 4 + 9)


def test_resnet18_has_the_layers_it_is_known_for():
    found = counts(timm.create_model("resnet18"))
    assert (found.convolutions, found.batch_norms, found.parameters) == (20, 20, 11_689_512)


def test_frozen_weights_are_not_counted_as_learning():
    layer = nn.Conv2d(1, 2, 3).requires_grad_(False)
    assert counts(layer) == Counts(1, 0, 0, 0)
