"""Published weights see images as they expect them, and so does whatever goes on from them; other weights see them as they are."""

import copy

import pytest
import timm
import torch
from safetensors.torch import save_file

from medimg.models import from_torchvision
from medimg.models.backbones import build, build_fused, load, restore
from medimg.models.layers import freeze, layers_of
from medimg.models.standard import Standard

SMALL = "test_resnet"  # timm's smallest ResNet
MEAN, STD = (0.485 + 0.456 + 0.406) / 3, (0.229 + 0.224 + 0.225) / 3


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """What would be fetched: timm's are drawn, torchvision's are a network's of three channels."""
    real = timm.create_model
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained=False, **options: real(name, **options))
    monkeypatch.setattr(from_torchvision, "imagenet", lambda name: build(name, outputs=1000, channels=3).state_dict())


@pytest.fixture
def image():
    return torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(1))


def bare_of(network, make):
    """The same weights without standardisation."""
    bare = make()
    bare.load_state_dict({name: value for name, value in network.state_dict().items() if "standard." not in name})
    return bare.eval()


@torch.no_grad()
@pytest.mark.parametrize("head", ["linear", "transfer"])
@pytest.mark.parametrize("cross", ["none", "block", "image"])
def test_published_weights_see_a_grey_image_with_the_mean_and_spread_of_their_own_config(head, cross, image):
    network = build(SMALL, outputs=2, weights="imagenet", head=head, cross=cross).eval()
    bare = bare_of(network, lambda: build(SMALL, outputs=2, head=head, cross=cross))
    mean, std = (sum(timm.create_model(SMALL).pretrained_cfg[name]) / 3 for name in ("mean", "std"))
    torch.testing.assert_close(network(image), bare((image - mean) / std), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(network(image), bare(image), atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize(("name", "mean", "std"), [("alexnet", MEAN, STD), ("googlenet", 0.5, 0.5), ("inception_v3", None, None)])
def test_each_library_has_its_own_numbers(name, mean, std, image):
    network = build(name, outputs=2, weights="imagenet").eval()
    if mean is None:
        mean, std = (sum(network.pretrained_cfg[key]) / 3 for key in ("mean", "std"))
    bare = bare_of(network, lambda: build(name, outputs=2))
    torch.testing.assert_close(network(image), bare((image - mean) / std), atol=1e-4, rtol=1e-3)


def test_three_channels_have_a_number_each():
    state = build("alexnet", outputs=2, channels=3, weights="imagenet").state_dict()
    torch.testing.assert_close(state["standard.mean"], torch.tensor([0.485, 0.456, 0.406]))
    torch.testing.assert_close(state["standard.std"], torch.tensor([0.229, 0.224, 0.225]))


@torch.no_grad()
def test_every_encoder_of_fused_sequences_standardises_and_is_restored_so():
    torch.manual_seed(1)
    network = build_fused(SMALL, sequences=2, shared=False, outputs=1, weights="imagenet").eval()
    assert sum(isinstance(module, Standard) for module in network.modules()) == 2
    other = build_fused(SMALL, sequences=2, shared=False, outputs=1).eval()
    restore(other, network.state_dict())
    pictures = torch.rand(2, 2, 64, 64)
    assert torch.equal(network(pictures), other(pictures))


@torch.no_grad()
@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_a_checkpoint_is_restored_with_its_numbers_and_an_encoder_file_brings_them(head, image, tmp_path):
    taught = build(SMALL, outputs=2, weights="imagenet", head=head).eval()
    judged = build(SMALL, outputs=2, head=head).eval()
    restore(judged, taught.state_dict())
    assert torch.equal(judged(image), taught(image))
    save_file(taught.state_dict(), tmp_path / "w.safetensors")
    pupil = copy.deepcopy(build(SMALL, outputs=2, head=head, weights=str(tmp_path / "w.safetensors")).eval())
    assert torch.equal(pupil(image), taught(image))
    load(crossed := build(SMALL, outputs=2, head=head, cross="image").eval(), tmp_path / "w.safetensors")
    torch.testing.assert_close(crossed(image), taught(image))
    load(fused := build_fused(SMALL, sequences=2, shared=True, outputs=1), tmp_path / "w.safetensors")
    torch.testing.assert_close(fused.encoders[0].standard.mean, taught.state_dict()[f"{'backbone.' * (head != 'linear')}standard.mean"])


@torch.no_grad()
def test_an_encoder_for_another_number_of_channels_has_the_mean_of_the_numbers(image, tmp_path):
    save_file(build("alexnet", outputs=2, channels=3, weights="imagenet").state_dict(), tmp_path / "w.safetensors")
    state = build("alexnet", outputs=2, weights=str(tmp_path / "w.safetensors")).state_dict()
    torch.testing.assert_close(state["standard.mean"], torch.tensor([MEAN]))


@torch.no_grad()
def test_an_old_checkpoint_is_judged_and_gone_on_with_as_it_was_trained(image):
    old = build(SMALL, outputs=2).eval()
    restore(judged := build(SMALL, outputs=2).eval(), old.state_dict())
    assert torch.equal(judged(image), old(image))
    resumed = build(SMALL, outputs=2, weights="imagenet").eval()
    torch.nn.ModuleDict({"network": resumed}).load_state_dict({f"network.{name}": value for name, value in old.state_dict().items()})
    assert torch.equal(resumed(image), old(image))


@torch.no_grad()
def test_random_weights_and_a_file_without_numbers_see_the_image_as_it_is(tmp_path):
    network = build(SMALL, outputs=2)
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    for made in (network, build(SMALL, outputs=2, weights=str(tmp_path / "w.safetensors"))):
        assert not [name for name in made.state_dict() if "standard" in name]


def test_frozen_layers_and_their_rates_are_named_as_ever():
    network, plain = build(SMALL, outputs=2, weights="imagenet"), build(SMALL, outputs=2)
    assert layers_of(network) == layers_of(plain)
    freeze(network, "encoder")
    assert {name for name, weight in network.named_parameters() if weight.requires_grad} == {"fc.weight", "fc.bias"}
