import pytest
import torch
from torch import nn

from medimg.models.chest_net import ChestNet
from medimg.models.joined import JoinedLayer, joined


def trained(width):
    """A network whose batch normalisations have seen something."""
    torch.manual_seed(0)
    network = ChestNet(3, 8, width, base=4)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.normal_(norm.running_mean)
            nn.init.uniform_(norm.running_var, 0.5, 2)
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.bias)
    return network.eval()


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("size", [64, 70])
def test_the_joined_network_answers_the_same(width, size):
    network, film = trained(width), torch.rand(2, 1, size, size)
    with torch.inference_mode():
        expected = network(film)
        torch.testing.assert_close(joined(network)(film), expected, atol=1e-4 * float(expected.abs().max()), rtol=0)


def test_made_small_it_gives_the_maps_that_the_answer_is_joined_from():
    network, film = trained(3), torch.rand(2, 1, 64, 128)
    network.small = True
    small = network(film)
    assert small.shape == (2, 3, 16, 32)
    network.small = False
    torch.testing.assert_close(nn.functional.interpolate(small, scale_factor=4.0, mode="bilinear", align_corners=False), network(film))


def test_no_batch_normalisation_is_left_and_layers_are_joined():
    made = joined(trained(3))
    assert not [norm for norm in made.modules() if isinstance(norm, nn.BatchNorm2d)]
    assert sum(isinstance(layer, JoinedLayer) for layer in made.modules()) == 8


def test_the_network_itself_stays_as_it_was():
    network = trained(1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    joined(network)
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in before.items())
    assert all(weight.requires_grad for weight in network.parameters())
