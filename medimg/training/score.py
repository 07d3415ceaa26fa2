"""Logits of a network for every case of a table, on one process or many, each case once and nothing padded."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn
from medimg.data.loader import in_order
from medimg.data.patients import Places
from medimg.errors import NumericError
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.words import plural


@torch.inference_mode()
def score(
    network: nn.Module, pictures: Pictures | Places | Drawn, machine: Machine, *, batch_size: int, workers: int = 0, alone: bool = False
) -> NDArray[np.float32]:
    """Give the logits (N, outputs) of all pictures in their order, to every process; NumericError names cases without a number.

    `alone`: this process scores all of them while the others do not call.
    """
    was_training = network.training
    network = network.to(machine.device).eval()
    if machine.channels_last:
        network = network.to(memory_format=torch.channels_last)
    rank, world = (0, 1) if alone else (ranks.rank(), ranks.world())
    mine: list[NDArray[np.float32]] = []
    pin = machine.accelerator == "gpu"
    for batch in in_order(pictures, batch_size=batch_size, workers=workers, rank=rank, world=world, pin=pin):
        mine.append(logits_of(network, batch["image"], machine).cpu().numpy())
    network.train(was_training)
    shares = [mine] if alone else ranks.gather(mine)
    count = sum(len(share) for share in shares)
    found = np.concatenate([shares[k % world][k // world] for k in range(count)])
    wrong = ~np.isfinite(found).all(axis=1)
    if wrong.any():
        ids = pictures.ids[wrong]
        raise NumericError(
            f"the network gives no number for {len(ids)} of {plural(len(found), 'image')}: {', '.join(ids[:10])}. Of few, look at "
            "these. Of most, the training has diverged: in a new run lower task.lr (of a second phase phases.lr), set trainer.clip=1 or "
            "use trainer.precision=fp32."
        )
    return found


def logits_of(network: nn.Module, image: Any, machine: Machine) -> torch.Tensor:
    """Give the float32 logits of one batch, computed as this machine computes."""
    image = image.to(machine.device, non_blocking=True)
    if machine.channels_last:
        image = image.contiguous(memory_format=torch.channels_last)
    with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
        logits: torch.Tensor = network(image)
    return logits.float()
