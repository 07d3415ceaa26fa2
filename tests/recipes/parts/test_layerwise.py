import numpy as np
import pytest
import torch
from torch import nn
from toys import MACHINE

from medimg.data.joined import Drawn
from medimg.errors import ConfigError
from medimg.models import sdae
from medimg.models.sdae import SDAE
from medimg.recipes.parts.layerwise import pretrain


def pictures():
    random = np.random.default_rng(0)
    basis = random.random((3, 32, 32), np.float32)
    return Drawn(
        np.einsum("nk,khw->nhw", random.random((40, 3), np.float32), basis) / 3, np.ones((40, 1), np.float32), list(map(str, range(40)))
    )


def test_each_layer_learns_to_restore_what_is_below_it_and_the_same_seed_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(sdae, "WIDTHS", (64, 32, 16))
    networks = []
    for epochs in (1, 15, 15):
        torch.manual_seed(1)
        network = SDAE(2)
        networks.append((network, pretrain(network, pictures(), MACHINE, epochs=epochs, batch_size=8, seed=3)))
    (_, first), (one, later), (other, _) = networks
    assert all(after < before for before, after in zip(first, later, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_other_networks_are_refused():
    with pytest.raises(ConfigError, match=r"model\.layerwise"):
        pretrain(nn.Linear(2, 2), pictures(), MACHINE, epochs=1, batch_size=8, seed=0)
