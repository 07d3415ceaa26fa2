import pytest
import torch

from medimg.models import from_torchvision


@pytest.mark.parametrize(("name", "features"), [("alexnet", 9216), ("googlenet", 1024)])
def test_without_outputs_features_come_out(name, features):
    network = getattr(from_torchvision, name)(0, channels=1).eval()
    with torch.no_grad():
        assert network(torch.randn(2, 1, 96, 96)).shape == (2, features)
    assert network.num_features == features
