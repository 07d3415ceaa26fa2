import math

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from medimg.models import from_torchvision
from medimg.models.backbones import build, build_fused
from medimg.models.uniform import draw_uniformly


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_weights_fill_their_range_evenly(slope):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(16, 64, 3, groups=2), nn.Linear(4, 4))
    bias, dense = network[0].bias.clone(), network[1].weight.clone()
    draw_uniformly(network, slope)
    weight, bound = network[0].weight, math.sqrt(6 / ((1 + slope**2) * 8 * 9))
    assert weight.abs().max() <= bound
    torch.testing.assert_close(weight.std(), torch.tensor(bound / math.sqrt(3)), atol=0, rtol=0.05)
    torch.testing.assert_close(weight.abs().quantile(0.5), torch.tensor(bound / 2), atol=0, rtol=0.05)
    assert torch.equal(network[0].bias, bias)
    assert torch.equal(network[1].weight, dense)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_network_is_drawn_for_its_own_rectifiers(activation):
    weight = build("resnet18", outputs=2, init="uniform", activation=activation).layer4[0].conv1.weight
    bound = math.sqrt(6 / ((1 + (0.01**2 if activation == "leaky_relu" else 0)) * 256 * 9))
    assert 0.9999 * bound < weight.abs().max() <= bound


def test_weights_from_a_file_are_kept_and_the_rest_is_uniform(tmp_path):
    teacher = build("resnet10t", outputs=2)
    state = {name: value for name, value in teacher.state_dict().items() if not name.startswith("layer4")}
    save_file(state, tmp_path / "w.safetensors")
    network = build("resnet10t", outputs=2, init="uniform", weights=str(tmp_path / "w.safetensors"))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())
    weight = network.layer4[0].conv2.weight
    assert weight.abs().max() <= math.sqrt(6 / (512 * 9))


def test_published_weights_are_kept(monkeypatch):
    state = build("googlenet", outputs=1000, channels=1).state_dict()
    monkeypatch.setattr(from_torchvision, "imagenet", lambda _: state)
    network = build("googlenet", outputs=2, weights="imagenet", init="uniform")
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items() if value.ndim == 4)


def test_encoders_of_sequences_judged_together_are_drawn_so_too():
    fused = build_fused("resnet10t", sequences=2, shared=False, outputs=1, init="uniform")
    first, second = (encoder.layer4[0].conv2.weight for encoder in fused.encoders)
    assert not torch.equal(first, second)
    assert first.abs().max() <= math.sqrt(6 / (512 * 9))
