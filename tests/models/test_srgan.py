"""Enlarging pictures: nothing is lost before training, and details are learned."""

import copy

import pytest
import torch
from torch.nn import functional as F

from medimg.models.srgan import PatchDiscriminator, SuperResolution


def bilinear(image, scale):
    return F.interpolate(image, scale_factor=scale, mode="bilinear", align_corners=False)


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("channels", [1, 3])
def test_untrained_it_enlarges_and_nothing_else(scale, channels):
    image = torch.rand(2, channels, 6, 9)
    assert torch.equal(SuperResolution(scale, width=4, blocks=2, channels=channels)(image), bilinear(image, scale))


@pytest.mark.parametrize("scale", [-4, 0, 1, 3, 6])
def test_a_scale_that_doubling_does_not_reach_is_refused(scale):
    with pytest.raises(ValueError, match=rf"scale={scale}: .*a power of two of at least 2"):
        SuperResolution(scale)


def test_it_has_the_blocks_and_the_width_that_were_asked_for():
    network = SuperResolution(4, width=8, blocks=3)
    assert len(network.blocks) == 4
    assert len(network.enlarge) == 2
    assert network.first[0].out_channels == 8


def test_it_learns_what_bilinear_enlargement_cannot_know():
    torch.manual_seed(0)
    sharp = (F.interpolate(torch.rand(8, 1, 4, 4), scale_factor=4) > 0.5).float()
    small = F.avg_pool2d(sharp, 4)
    network = SuperResolution(4, width=8, blocks=1)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    before = F.l1_loss(bilinear(small, 4), sharp).item()
    for _ in range(60):
        loss = F.l1_loss(network(small), sharp)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.7 * before
    assert [name for name, weight in network.named_parameters() if not weight.grad.any()] == []


@pytest.mark.parametrize(("height", "width"), [(8, 8), (32, 32), (128, 96)])
def test_the_judge_gives_one_logit_for_a_picture_of_any_size(height, width):
    assert PatchDiscriminator(width=4, channels=2)(torch.rand(3, 2, height, width)).shape == (3,)


def test_the_judge_sees_each_picture_for_itself():
    torch.manual_seed(0)
    network, pictures = PatchDiscriminator(width=4).eval(), torch.rand(5, 1, 32, 32)
    torch.testing.assert_close(network(pictures)[1:2], network(pictures[1:2]))


@torch.no_grad()
def test_a_judge_that_goes_on_from_its_state_says_the_same():
    """Spectral normalisation keeps the vectors of its power iteration, which are not where those of other weights began."""
    torch.manual_seed(0)
    network, other = PatchDiscriminator(width=4), PatchDiscriminator(width=4)
    pictures = torch.rand(3, 1, 16, 16)
    network(pictures)
    vectors = {name for name, _ in network.named_buffers()}
    weights = {name: value for name, value in network.state_dict().items() if name not in vectors}
    other.load_state_dict(weights, strict=False)
    assert vectors
    assert not torch.equal(copy.deepcopy(network)(pictures), copy.deepcopy(other)(pictures))
    other.load_state_dict(network.state_dict())
    assert torch.equal(network(pictures), other(pictures))
