import pytest
import torch

from medimg.models.branches import added, down, same, up
from medimg.models.counts import counts

KERNELS = (1, 3, 5)


def maps(channels, size=12, seed=0):
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(seed))


def test_a_layer_keeps_size_and_channels():
    assert same(8, 4, KERNELS)(maps(8)).shape == (2, 8, 12, 12)
    assert same(8, 4, KERNELS, given=3)(maps(3)).shape == (2, 8, 12, 12)


def test_a_smaller_size_has_half_the_side_whatever_the_window():
    assert down(8, 4, 16, KERNELS)(maps(8)).shape == (2, 16, 6, 6)


def test_a_larger_size_has_twice_the_side_and_sees_the_encoders_maps():
    layer = up(16, 4, 8, KERNELS).eval()
    below, skip = maps(16, 6), maps(8)
    assert layer(below, skip).shape == (2, 8, 12, 12)
    assert not torch.equal(layer(below, skip), layer(below, torch.zeros_like(skip)))


def test_each_branch_sees_as_far_as_its_kernel():
    layer = same(1, 1, KERNELS).eval()
    for branch in layer.branches:
        for part in (branch.narrow, branch.look):
            torch.nn.init.ones_(part[0].weight)
    point = torch.zeros(1, 1, 9, 9)
    point[..., 4, 4] = 1
    assert [int((branch(point) > 0).sum()) for branch in layer.branches] == [1, 9, 25]


def test_what_has_the_same_shape_is_carried_past_a_layer():
    merged, carried = maps(3), maps(3, seed=1)
    torch.testing.assert_close(added(merged, carried), (merged + carried).relu())
    torch.testing.assert_close(added(merged, maps(4)), merged.relu())


@pytest.mark.parametrize(
    ("layer", "expected"), [(same(8, 4, KERNELS), (7, 0, 7)), (down(8, 4, 8, KERNELS), (7, 3, 7)), (up(8, 4, 8, KERNELS), (10, 0, 7))]
)
def test_a_layer_of_three_branches_has_seven_convolutions_and_what_changes_its_size(layer, expected):
    found = counts(layer)
    assert (found.convolutions, found.poolings, found.batch_norms) == expected
