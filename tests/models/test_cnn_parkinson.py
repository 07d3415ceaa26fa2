import torch

from medimg.models.cnn_parkinson import cnn_parkinson


def test_it_answers_and_every_weight_takes_part():
    network = cnn_parkinson(2, channels=1)
    network(torch.randn(4, 1, 80, 80)).square().sum().backward()
    assert all(weight.grad is not None and bool(weight.grad.abs().sum() > 0) for weight in network.parameters())
    assert network.eval()(torch.randn(1, 1, 224, 224)).shape == (1, 2)
