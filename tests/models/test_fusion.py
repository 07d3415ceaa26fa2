"""Sequences judged together: any set of them, none of them counted when it is missing."""

import pytest
import torch
from torch import nn

from medimg.models.backbones import build, build_fused, load
from medimg.models.fusion import FusedClassifier
from medimg.models.layers import freeze, layers_of


def encoder():
    return nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def network(count=3, seed=0):
    torch.manual_seed(seed)
    return FusedClassifier([encoder() for _ in range(count)], 4, 3, 1)


def images(count=5, seed=1):
    return torch.rand(count, 3, 12, 12, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("count", [1, 3])
def test_it_gives_logits_and_a_weight_for_each_place(count):
    out = network(count)(images())
    assert out.shape == (5, 2)
    assert torch.equal(out[:, 1], torch.zeros(5))  # attention starts as a plain mean


@pytest.mark.parametrize("count", [1, 3])
def test_a_missing_sequence_changes_nothing_for_the_others_and_a_case_is_judged_alone_as_among_others(count):
    fused, image = network(count).eval(), images()
    image[0, 1] = 0
    image[1, :2] = 0
    out = fused(image)
    assert torch.allclose(fused(image[1:2]), out[1:2], atol=1e-6)
    alone = fused.project[2](fused.encoders[2 % count](image[1:2, 2:])).relu()
    assert torch.allclose(fused.head(alone), out[1:2, :1], atol=1e-6)


def test_blank_planes_never_reach_the_statistics_of_an_encoder():
    fused, image = network(), images(8)
    image[2:, 1] = 0
    fused.train()(image)
    seen = fused.encoders[1][0](image[:2, 1:2]).mean(dim=(0, 2, 3))
    assert torch.allclose(fused.encoders[1][1].running_mean, 0.1 * seen, atol=1e-6)


@pytest.mark.parametrize("count", [1, 3])
def test_a_sequence_that_a_whole_batch_lacks_moves_no_statistics(count):
    fused, image = network(count).train(), images()
    image[:, 1 if count == 3 else slice(None)] = 0
    before = [buffer.clone() for buffer in fused.encoders[1 % count].buffers()]
    out = fused(image)
    assert torch.isfinite(out).all()
    assert all(torch.equal(one, other) for one, other in zip(before, fused.encoders[1 % count].buffers(), strict=True))


def test_every_weight_has_a_gradient_where_a_batch_lacks_a_sequence_and_one_picture_alone_can_be_taught():
    fused, image = network().train(), images(4)
    image[:, 0] = 0
    image[1:, 1] = 0
    fused(image).sum().backward()
    assert all(parameter.grad is not None for parameter in fused.parameters())
    assert not any(one.grad.any() for one in (*fused.project[0].parameters(), *fused.encoders[0].parameters()))


def test_encoders_are_one_for_all_or_one_each():
    with pytest.raises(ValueError, match="2 encoders for 3 sequences"):
        FusedClassifier([encoder(), encoder()], 4, 3, 1)
    one, three = (build_fused("resnet10t", sequences=3, shared=shared, outputs=1) for shared in (True, False))
    assert (len(one.encoders), len(three.encoders)) == (1, 3)


@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_each_encoder_starts_from_the_network_of_one_sequence(head, tmp_path):
    torch.manual_seed(5)
    source = build("resnet10t", outputs=1, head=head)
    torch.save({"network": source.state_dict()}, tmp_path / "source.ckpt")
    fused = build_fused("resnet10t", sequences=2, shared=False, outputs=1)
    load(fused, tmp_path / "source.ckpt", head=True)
    name = "conv1.0.weight"
    wanted = source.state_dict()[name if head == "linear" else f"backbone.{name}"]
    assert all(torch.equal(one.state_dict()[name], wanted) for one in fused.encoders)
    torch.save({"network": fused.state_dict()}, tmp_path / "fused.ckpt")
    again = build_fused("resnet10t", sequences=2, shared=False, outputs=1)
    assert not load(again, tmp_path / "fused.ckpt")


def test_first_filters_of_every_encoder_are_folded_for_other_channels(tmp_path):
    torch.manual_seed(5)
    source = build_fused("resnet10t", sequences=2, shared=False, outputs=1, channels=3)
    torch.save({"network": source.state_dict()}, tmp_path / "fused.ckpt")
    grey = build_fused("resnet10t", sequences=2, shared=False, outputs=1, channels=1)
    assert not load(grey, tmp_path / "fused.ckpt")
    image = torch.rand(2, 2, 64, 64)
    assert torch.allclose(grey.eval()(image), source.eval()(image), atol=1e-5)


def test_the_layers_of_all_encoders_lie_below_one_classifier():
    fused = build_fused("resnet10t", sequences=2, shared=False, outputs=1)
    layers = layers_of(fused)
    assert set(layers) == {name for name, _ in fused.named_parameters()}
    assert layers["encoders.0.conv1.0.weight"] == layers["encoders.1.conv1.0.weight"] == 0
    assert layers["head.weight"] == layers["project.1.weight"] == max(layers.values())
    freeze(fused, "encoder")
    assert {name.split(".")[0] for name, one in fused.named_parameters() if one.requires_grad} == {
        "project", "content", "gate", "importance", "head",
    }  # fmt: skip
