import pytest
import torch

from medimg.models.chest_net import FAMILY, ChestNet, chest_net, deal
from medimg.models.counts import counts
from medimg.models.segmenters import CHEST_NETS


def film(*size, seed=0):
    return torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(64, 64), (65, 63), (100, 130), (17, 200)])
def test_the_output_is_as_large_as_the_film(size):
    assert ChestNet(3, 8, 1).eval()(film(*size)).shape == (1, 3, *size)


@pytest.mark.parametrize("name", CHEST_NETS)
def test_every_network_of_the_family_answers(name):
    assert chest_net(name, 4, base=2).eval()(film(64, 64)).shape == (1, 4, 64, 64)


@pytest.mark.parametrize("name", ["ChestPAQC_12_1", "ChestPAQC_10_2", "Chest2ViewQC_20_3", "unet", "ChestPAQC"])
def test_other_names_are_none_of_the_family(name):
    with pytest.raises(KeyError):
        chest_net(name, 4)


def test_the_largest_network_has_the_papers_counts_and_the_lateral_one_ours():
    pa, lateral = (counts(chest_net(name, 13, base=1)) for name in ("ChestPAQC_20_3", "Chest2ViewQC_15_3"))
    assert (pa.convolutions, pa.poolings, pa.batch_norms) == (304, 12, 280)
    assert (lateral.convolutions, lateral.poolings, lateral.batch_norms) == (234, 12, 210)


@pytest.mark.parametrize("view", FAMILY)
def test_deeper_and_wider_networks_have_more_layers(view):
    for width in (1, 3):
        layers = [counts(chest_net(f"{view}_{depth}_{width}", 4, base=1)).convolutions for depth in FAMILY[view]]
        assert sorted(set(layers)) == layers
    for depth in FAMILY[view]:
        narrow, wide = (counts(chest_net(f"{view}_{depth}_{width}", 4, base=1)) for width in (1, 3))
        assert wide.convolutions > 2 * narrow.convolutions
        assert wide.poolings == 3 * narrow.poolings == 12


@pytest.mark.parametrize("levels", [4, 5])
@pytest.mark.parametrize("layers", [8, 10, 12, 15, 20])
def test_all_layers_are_dealt_and_the_smaller_maps_get_no_fewer(layers, levels):
    dealt = deal(layers, levels)
    assert sum(dealt) == layers
    assert sorted(dealt) == dealt
    assert dealt[0] >= 1


def test_supervised_networks_answer_at_every_size_in_training_and_as_large_as_the_film_when_judged():
    network = ChestNet(3, 8, 1, base=4, supervise=True)
    shapes = [tuple(answer.shape[2:]) for answer in network.train()(film(64, 128).expand(2, -1, -1, -1))]
    assert shapes == [(32, 64), (8, 16), (4, 8), (2, 4)]
    assert network.eval()(film(64, 128)).shape == (1, 3, 64, 128)


def test_all_weights_learn():
    network = ChestNet(3, 8, 3, base=4)
    network(torch.rand(2, 1, 64, 64)).square().mean().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_a_pixel_matters_to_the_whole_film():
    network, one = ChestNet(1, 10, 1, base=4).eval(), film(128, 128).requires_grad_()
    network(one)[0, 0, 0, 0].backward()
    assert one.grad[0, 0, :16, :16].any()
    assert one.grad[0, 0, -64:, -64:].any()
