import pytest
import torch
from torch import nn
from torch.nn import functional as F

from medimg.errors import ConfigError
from medimg.models.activation import SLOPE, Leaky
from medimg.models.backbones import build


def test_it_is_the_leaky_rectifier_and_takes_the_arguments_of_the_other():
    values = torch.linspace(-2, 2, 9)
    assert torch.equal(Leaky()(values), F.leaky_relu(values, SLOPE))
    copied = values.clone()
    assert Leaky(True)(copied) is copied
    assert torch.equal(Leaky(inplace=True)(values.clone()), F.leaky_relu(values, SLOPE))


@pytest.mark.parametrize("name", ["resnet18", "resnet26", "resnet10t", "vgg11", "inception_v3", "efficientnet_b0"])
def test_all_activations_are_leaky(name):
    kinds = {type(module) for module in build(name, outputs=2, activation="leaky_relu").modules()}
    assert Leaky in kinds
    assert not kinds & {nn.ReLU, nn.SiLU}


def test_a_modified_network_is_leaky_too():
    network = build("resnet10t", outputs=2, activation="leaky_relu", cross="image", head="transfer")
    assert network(torch.rand(2, 1, 32, 32)).shape == (2, 2)
    assert sum(isinstance(module, Leaky) for module in network.modules()) == 11


@pytest.mark.parametrize("name", ["alexnet", "sdae", "selecsls42", "seresnet18", "nf_resnet26"])
def test_a_network_whose_activations_cannot_be_changed_is_refused(name):
    with pytest.raises(ConfigError, match=rf"model\.activation=leaky_relu: {name}"):
        build(name, outputs=2, activation="leaky_relu")
