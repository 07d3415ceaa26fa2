import torch
from torch import nn

from medimg.models.averaged import Averaged


def test_the_mean_of_the_networks_logits_is_given():
    image = torch.rand(2, 1, 4, 4)
    networks = [nn.Conv2d(1, 3, 1) for _ in range(3)]
    torch.testing.assert_close(Averaged(networks)(image), sum(network(image) for network in networks) / 3)


def test_all_networks_are_put_into_judging_together():
    assert not any(part.training for part in Averaged([nn.BatchNorm2d(1), nn.BatchNorm2d(1)]).eval().modules())
