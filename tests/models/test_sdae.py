"""The stacked denoising auto-encoder: what each layer sees, and that teaching a denoiser teaches the network."""

import pytest
import torch
from torch.nn import functional as F

from medimg.models import sdae
from medimg.models.sdae import SDAE


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(sdae, "WIDTHS", (24, 16))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SDAE(2)


@pytest.mark.parametrize("size", [16, 32, 50, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_any_size_are_judged(size, channels):
    assert SDAE(5, channels)(torch.rand(2, channels, size, size)).shape == (2, 5)


def test_each_layer_sees_what_the_one_below_makes_of_the_picture(network):
    image = torch.rand(3, 1, 64, 64)
    assert torch.equal(network.encode_until(image, 0), F.avg_pool2d(image, 2).flatten(1))
    below = network.encode_until(image, 1)
    layer = network.hidden[1][0]
    torch.testing.assert_close(network.encode_until(image, 2), torch.sigmoid(below @ layer.weight.T + layer.bias))
    assert torch.equal(network(image), network.head(network.encode_until(image, 2)))
    features = SDAE(0)
    assert features(image).shape == (3, features.num_features)


def test_noise_takes_its_share_of_the_values_in_training_only(network):
    denoiser = network.denoiser(0, noise=0.25)
    kept = []
    denoiser.layer.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    values = torch.ones(50, 1024)
    denoiser.train()(values)
    denoiser.eval()(values)
    assert (kept[0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert torch.equal(kept[1], values)
    assert values.all()


def test_the_way_back_is_the_layer_transposed(network):
    values, denoiser = torch.rand(2, 1024), network.denoiser(0).eval()
    denoiser.back.data.normal_()
    code = network.hidden[0](values)
    torch.testing.assert_close(denoiser(values), code @ network.hidden[0][0].weight + denoiser.back)


def test_layers_are_taught_one_by_one_and_restore_what_was_taken(network):
    image = torch.rand(32, 1, 4, 4).repeat_interleave(8, 2).repeat_interleave(8, 3)
    first = network.hidden[0][0].weight.clone()
    for k in range(len(network.hidden)):
        with torch.no_grad():
            seen = network.encode_until(image, k)
        denoiser = network.denoiser(k)
        optimizer, losses = torch.optim.Adam(denoiser.parameters(), 1e-2), []
        for _ in range(100):
            losses.append(F.mse_loss(denoiser(seen), seen))
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        assert losses[-1] < 0.4 * losses[0]
    assert not torch.equal(first, network.hidden[0][0].weight)
    assert not [name for name in network.state_dict() if "back" in name]
