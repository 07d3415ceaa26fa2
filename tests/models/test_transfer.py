import torch
from torch import nn

from medimg.models.transfer import TransferClassifier


def test_the_head_is_512_256_and_the_outputs_on_the_features():
    network = TransferClassifier(nn.Flatten(), 12, 3, dropout=0.0)
    assert [tuple(layer.weight.shape) for layer in network.head if isinstance(layer, nn.Linear)] == [(512, 12), (256, 512), (3, 256)]
    image = torch.randn(2, 3, 2, 2)
    assert torch.equal(network(image), network.head(image.flatten(1)))
