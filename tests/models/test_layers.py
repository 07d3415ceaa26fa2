import pytest
import timm
import torch
from torch import nn

from medimg.errors import ConfigError
from medimg.models.backbones import OWN, build
from medimg.models.layers import freeze, frozen_norms, layers_of

COUNTS = {
    "alexnet": 8,
    "googlenet": 13,
    "capsnet": 3,
    "cnn_f": 8,
    "cnn_head_neck": 5,
    "cnn_parkinson": 6,
    "mvgg": 15,
    "sdae": 4,
    "resnet18": 10,
    "inception_v3": 14,
}


def test_every_network_of_ours_is_counted():
    assert set(OWN) <= set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_layers_go_from_the_picture_to_the_classifier(name):
    layers = layers_of(build(name, outputs=2))
    assert list(dict.fromkeys(layers.values())) == list(range(COUNTS[name]))


def test_the_layers_of_resnet18_are_stem_blocks_and_classifier():
    layers = layers_of(build("resnet18", outputs=2))
    assert [layers[name] for name in ("conv1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer4.1.bn2.weight", "fc.bias")] == [
        0,
        0,
        1,
        8,
        9,
    ]


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "mobilenetv3_small_050", "densenet121", "vit_tiny_patch16_224", "convnext_atto"])
def test_the_classifier_that_timm_names_is_the_last_layer(name):
    network = build(name, outputs=2)
    layers = layers_of(network)
    mine = {id(weight) for key, weight in network.named_parameters() if layers[key] == max(layers.values())}
    assert mine == {id(weight) for weight in network.get_classifier().parameters()}


@pytest.mark.parametrize("name", ["alexnet", "resnet18"])
def test_a_transfer_head_is_the_last_layer(name):
    layers = layers_of(build(name, outputs=2, head="transfer"))
    assert {key.split(".")[0] for key, layer in layers.items() if layer == max(layers.values())} == {"head"}


def test_all_networks_of_a_family_of_timm_have_layers():
    with torch.device("meta"):  # weights without values are named alike
        for name in timm.list_models("*resnet1*")[:5]:
            assert min(layers_of(build(name, outputs=2)).values()) == 0


@pytest.mark.parametrize(("how", "learns"), [("none", range(10)), ("encoder", [9]), (0, range(10)), (1, range(1, 10)), (9, [9])])
def test_the_layers_asked_for_are_frozen(how, learns):
    network = build("resnet18", outputs=2)
    freeze(network, how)
    layers = layers_of(network)
    assert {layers[name] for name, weight in network.named_parameters() if weight.requires_grad} == set(learns)


def test_statistics_are_frozen_with_their_weights():
    network = build("resnet18", outputs=2)
    freeze(network, 3)
    assert [name for name, module in network.named_modules() if module in frozen_norms(network)] == [
        "bn1", "layer1.0.bn1", "layer1.0.bn2", "layer1.1.bn1", "layer1.1.bn2",
    ]  # fmt: skip
    assert frozen_norms(build("resnet18", outputs=2)) == []
    assert frozen_norms(nn.BatchNorm2d(3, affine=False)) == []


def test_more_layers_than_there_are_cannot_be_frozen():
    with pytest.raises(ConfigError, match=r"task\.freeze=10: the network has 9 layers"):
        freeze(build("resnet18", outputs=2), 10)


def test_a_sequence_counts_its_children():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Linear(2, 2))
    assert list(layers_of(network).values()) == [0, 0, 1, 1, 2, 2]
    assert torch.is_tensor(network(torch.rand(1, 1, 4, 4)))
