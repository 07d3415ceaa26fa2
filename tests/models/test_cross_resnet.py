"""The modified residual block: it begins as the network it modifies, and then learns what the equation says."""

import copy

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from medimg.errors import ConfigError
from medimg.models.backbones import build, load
from medimg.models.cross_resnet import Projection
from medimg.models.gradcam import grad_cam
from medimg.models.layers import freeze, layers_of

READINGS = ("block", "image")
PLAIN, BOTTLENECK = "resnet18", "resnet26"


def taught(name, **options):
    """A network with nothing left as it starts: timm's blocks begin as their shortcuts, which would hide a wrong F(x)."""
    torch.manual_seed(0)
    network = build(name, outputs=3, **options)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight.data, layer.running_var):
                values.uniform_(0.5, 1.5)
            for values in (layer.bias.data, layer.running_mean):
                values.normal_(0, 0.2)
    return network.eval()


@pytest.fixture(params=READINGS)
def reading(request):
    return request.param


def modified(teacher, name, reading, folder, **options):
    save_file(teacher.state_dict(), folder / "phase1.safetensors")
    return build(name, outputs=3, cross=reading, weights=str(folder / "phase1.safetensors"), **options).eval()


def picture(channels=1, count=2, side=64):
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1))


def disturbed(network):
    """Projections as they might be after learning."""
    random = torch.Generator().manual_seed(2)
    for layer in network.modules():
        if isinstance(layer, Projection):
            layer.weight.data += 0.3 * torch.randn(layer.weight.shape, generator=random)
    return network


@pytest.mark.parametrize(("name", "head"), [(PLAIN, "linear"), (PLAIN, "transfer"), (BOTTLENECK, "linear"), ("resnet10t", "linear")])
def test_the_second_phase_begins_with_exactly_the_answers_of_the_first(name, head, reading, tmp_path):
    teacher = taught(name, head=head)
    pupil = modified(teacher, name, reading, tmp_path, head=head)
    with torch.inference_mode():
        assert torch.equal(pupil(picture()), teacher(picture()))
        assert not torch.allclose(disturbed(pupil)(picture()), teacher(picture()), atol=1e-3)


def test_only_the_new_projections_are_missing_from_a_file_of_the_plain_network(reading, tmp_path):
    save_file(taught(PLAIN).state_dict(), tmp_path / "phase1.safetensors")
    pupil = build(PLAIN, outputs=3, cross=reading)
    new = {f"{name}.weight" for name, layer in pupil.named_modules() if isinstance(layer, Projection)}
    assert set(load(pupil, tmp_path / "phase1.safetensors")) == new
    assert len(new) == (5 if reading == "block" else 8)
    missing = load(build(PLAIN, outputs=3, cross=reading), tmp_path / "phase1.safetensors", head=False)
    assert {name.removeprefix("backbone.") for name in set(missing) - new} == {"fc.weight", "fc.bias"}


def test_pictures_of_another_number_of_channels_are_projected_too(tmp_path):
    network = disturbed(build(PLAIN, outputs=3, channels=3, cross="image"))
    assert network(picture(channels=3)).shape == (2, 3)
    pupil = modified(taught(PLAIN, channels=3), PLAIN, "image", tmp_path)
    assert pupil(picture()).shape == (2, 3)


def test_a_block_adds_its_own_input_through_a_learned_matrix():
    network = disturbed(taught(PLAIN, cross="block"))
    block, maps = network.layer1[1], torch.rand(2, 64, 7, 5)
    inner = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(maps)))))
    expected = F.relu(inner + torch.einsum("oi,bihw->bohw", block.downsample.weight, maps))
    torch.testing.assert_close(block(maps.clone()), expected, atol=1e-5, rtol=1e-5)


def test_a_block_that_has_a_projection_keeps_it():
    network, plain = taught(PLAIN, cross="block"), taught(PLAIN)
    assert {name: value.shape for name, value in plain.state_dict().items()}.items() <= {
        name: value.shape for name, value in network.state_dict().items()
    }.items()
    assert [isinstance(getattr(network, stage)[0].downsample, Projection) for stage in ("layer1", "layer2", "layer3", "layer4")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("name", [PLAIN, BOTTLENECK])
def test_each_blocks_output_gains_the_averaged_picture_through_a_matrix(name):
    network = disturbed(taught(name, cross="image"))
    plain, image = network.backbone, picture()
    maps = plain.maxpool(F.relu(plain.bn1(plain.conv1(image))))
    for block, cross in zip([*plain.layer1, *plain.layer2, *plain.layer3, *plain.layer4], network.cross, strict=True):
        maps = block(maps)
        small = F.avg_pool2d(image, image.shape[2] // maps.shape[2])
        maps = maps + torch.einsum("oi,bihw->bohw", cross.weight, small)
    torch.testing.assert_close(network(image), plain.fc(maps.mean(dim=(2, 3))), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_every_weight_learns_from_the_start(head, reading):
    network = taught(PLAIN, cross=reading, head=head).train()
    F.cross_entropy(network(picture(count=4)), torch.tensor([0, 1, 2, 0])).backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_a_copy_learns_for_itself(reading):
    network = taught(PLAIN, cross=reading)
    average = copy.deepcopy(network)
    before = average(picture())
    disturbed(network)
    assert torch.equal(average(picture()), before)
    assert not torch.allclose(network(picture()), before)


def test_a_run_that_goes_on_finds_all_its_weights(reading):
    network = disturbed(taught(PLAIN, cross=reading))
    other = build(PLAIN, outputs=3, cross=reading).eval()
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(picture()), network(picture()))


def test_heat_maps_are_those_of_the_plain_network_at_the_start(reading, tmp_path):
    teacher = taught(PLAIN)
    pupil = modified(teacher, PLAIN, reading, tmp_path)
    torch.testing.assert_close(grad_cam(pupil, picture(), 1), grad_cam(teacher, picture(), 1))
    assert grad_cam(disturbed(pupil), picture(), 1).shape == (2, 64, 64)


@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_projections_belong_to_the_layer_of_their_block(head, reading):
    plain = layers_of(build(PLAIN, outputs=3, head=head))
    layers = layers_of(build(PLAIN, outputs=3, head=head, cross=reading))
    bare = {name.replace("backbone.", ""): layer for name, layer in layers.items()}
    assert {name.replace("backbone.", ""): layer for name, layer in plain.items()}.items() <= bare.items()
    ours = (
        {"layer1.0.downsample.weight": 1, "layer4.1.downsample.weight": 8}
        if reading == "block"
        else {"cross.0.weight": 1, "cross.7.weight": 8}
    )
    assert ours.items() <= bare.items()


@pytest.mark.parametrize(("how", "learns"), [("encoder", [9]), (3, range(3, 10))])
def test_projections_are_frozen_with_their_block(how, learns, reading):
    network = build(PLAIN, outputs=3, cross=reading)
    freeze(network, how)
    layers = layers_of(network)
    assert {layers[name] for name, weight in network.named_parameters() if weight.requires_grad} == set(learns)


def test_the_classifier_is_the_last_layer_that_learns(reading):
    network = build(PLAIN, outputs=3, cross=reading)
    assert [module for module in network.modules() if list(module.parameters(recurse=False))][-1] is getattr(
        network, "backbone", network
    ).fc


@pytest.mark.parametrize("name", ["seresnet18", "resnetblur18"])
def test_relatives_of_the_family_have_the_same_blocks(name, reading):
    plain, network = (taught(name, cross=which) for which in ("none", reading))
    network.load_state_dict({name.replace("backbone.", ""): value for name, value in plain.state_dict().items()}, strict=False)
    assert network(picture()).shape == (2, 3)


@pytest.mark.parametrize("name", ["densenet121", "alexnet", "resnetv2_18"])
def test_other_networks_have_no_such_blocks(name, reading):
    with pytest.raises(ConfigError, match=rf"model\.cross={reading}: only the ResNet family.*Set model\.cross=none, or"):
        build(name, outputs=2, cross=reading)
