"""Inception-v3 takes small images: enlarged inside, with heat-maps, features, frozen layers and weights as of any other network."""

import copy

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from medimg.models.backbones import build, build_fused
from medimg.models.enlarge import Enlarge
from medimg.models.gradcam import grad_cam
from medimg.models.layers import freeze, layers_of
from medimg.models.sizes import ENLARGED
from medimg.recipes.parts.answers import last_linear

NAME, LEAST = "inception_v3", 75


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(NAME, outputs=2).eval()


@pytest.fixture
def small():
    return torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(1))


def large(image):
    return F.interpolate(image, (LEAST, LEAST), mode="bilinear", align_corners=False)


@torch.no_grad()
def test_it_is_enlarged_to_the_least_that_the_network_takes(network, small):
    assert ENLARGED == {NAME: LEAST}
    bare = timm.create_model(NAME, num_classes=2, in_chans=1).eval()
    bare.load_state_dict(network.state_dict())
    assert torch.equal(network(small), bare(large(small)))
    with pytest.raises(RuntimeError):
        bare(torch.zeros(1, 1, LEAST - 1, LEAST - 1))


@torch.no_grad()
@pytest.mark.parametrize("size", [LEAST, 80])
def test_an_image_that_is_large_enough_passes_as_it_is(size):
    image = torch.rand(1, 1, size, size)
    assert Enlarge(LEAST)(torch.nn.Identity(), (image,))[0] is image


def test_the_shape_of_an_image_is_kept():
    assert Enlarge(LEAST)(torch.nn.Identity(), (torch.zeros(1, 1, 25, 50),))[0].shape == (1, 1, 75, 150)


def test_a_heat_map_is_as_large_as_the_image_that_was_given(network, small):
    heats = [grad_cam(network, small, 1, sign=sign) for sign in (1.0, -1.0)]
    assert {heat.shape for heat in heats} == {(2, 32, 32)}
    assert any(heat.any() for heat in heats)
    assert grad_cam(network, large(small), 1).shape == (2, LEAST, LEAST)


@torch.no_grad()
def test_features_before_the_last_layer_are_those_of_the_enlarged_image(network, small):
    seen = []
    hook = last_linear(network).register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network(small), network(large(small))
    hook.remove()
    assert torch.equal(*seen)


def test_its_layers_are_frozen_by_their_names_as_ever(small):
    network = build(NAME, outputs=2)
    freeze(network, "encoder")
    assert {name for name, weight in network.named_parameters() if weight.requires_grad} == {"fc.weight", "fc.bias"}
    assert set(layers_of(network)) == {name for name, _ in timm.create_model(NAME).named_parameters()}
    network(small).sum().backward()
    assert network.fc.weight.grad.any()


@torch.no_grad()
@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_weights_come_from_a_file_and_a_copy_enlarges_too(head, network, small, tmp_path):
    teacher = network if head == "linear" else build(NAME, outputs=2, head=head).eval()
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    pupil = copy.deepcopy(build(NAME, outputs=2, head=head, weights=str(tmp_path / "w.safetensors")).eval())
    assert torch.equal(pupil(small), teacher(small))


@torch.no_grad()
def test_fused_sequences_are_enlarged_each():
    fused = build_fused(NAME, sequences=2, shared=True, outputs=1).eval()
    assert fused(torch.rand(1, 2, 32, 32)).shape == (1, 2)
