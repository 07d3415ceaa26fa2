"""Each layer of a stacked auto-encoder trained for itself, from the picture upwards, before all learn together."""

from collections.abc import Sized
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional as F

from medimg.data.loader import draw, epoch_batches
from medimg.errors import ConfigError
from medimg.models.sdae import SDAE
from medimg.training.machine import Machine

LR = 1e-3
NOISE = 5  # what the shares left out of the input are drawn for


def pretrain(network: nn.Module, pictures: Any, machine: Machine, *, epochs: int, batch_size: int, seed: int) -> list[float]:
    """Teach layer after layer to restore its input from three quarters of it, by Adam in fp32; gives each layer's last mean loss.

    A function of the network's weights, the pictures and the seed, so a run that is continued does the same again.
    Source: Vincent et al., JMLR 2010;11:3371.
    """
    if not isinstance(network, SDAE):
        raise ConfigError("model.layerwise: only model=sdae has layers that can be trained one by one. Leave it out, or take model=sdae.")
    network.to(machine.device)
    return [_train_layer(network, k, pictures, machine, epochs, batch_size, seed) for k in range(len(network.hidden))]


def _train_layer(network: SDAE, k: int, pictures: Any, machine: Machine, epochs: int, batch_size: int, seed: int) -> float:
    denoiser = network.denoiser(k).to(machine.device).train()
    optimizer, losses = torch.optim.Adam(denoiser.parameters(), LR), [0.0]
    for epoch in range(epochs):
        losses = []
        for step, indices in enumerate(epoch_batches(len(cast(Sized, pictures)), batch_size, seed, epoch)):
            with torch.no_grad():
                below = network.encode_until(pictures.__getitems__(indices)["image"].to(machine.device), k)
            torch.manual_seed(int(draw(seed, NOISE, k, epoch, step).integers(2**62)))
            loss = F.mse_loss(denoiser(below), below)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(float(loss.detach()))
    return sum(losses) / len(losses)
