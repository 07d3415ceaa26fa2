"""A network that outlines organs, judged on films whose masks are known: counts of pixels and loss, each film once."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.films import Films
from medimg.data.loader import in_order
from medimg.errors import NumericError
from medimg.losses import mask_loss
from medimg.metrics.overlap import Overlap
from medimg.training import ranks
from medimg.training.machine import Machine
from medimg.training.score import logits_of
from medimg.words import plural

Array = NDArray[np.float64]


@torch.inference_mode()
def score_masks(network: nn.Module, films: Films, machine: Machine, *, batch_size: int, workers: int = 0) -> tuple[Overlap, Array]:
    """Give the counts (N, K) at a probability of one half and the losses (N,) of all films in their order, to every process.

    NumericError names films without a number.
    """
    was_training = network.training
    network = network.to(machine.device).eval()
    if machine.channels_last:
        network = network.to(memory_format=torch.channels_last)
    rank, world = ranks.rank(), ranks.world()
    mine: list[NDArray[np.float64]] = []
    for batch in in_order(films, batch_size=batch_size, workers=workers, rank=rank, world=world, pin=machine.accelerator == "gpu"):
        logits = logits_of(network, batch["image"], machine)
        mask, known = (batch[key].to(machine.device, non_blocking=True) for key in ("mask", "known"))
        mine.append(_counted(logits, mask, known).cpu().numpy())
    network.train(was_training)
    shares = ranks.gather(mine)
    found = np.concatenate([shares[k % world][k // world] for k in range(sum(map(len, shares)))])
    wrong = ~np.isfinite(found).all(axis=(1, 2))
    if wrong.any():
        raise NumericError(
            f"the network gives no number for {wrong.sum()} of {plural(len(found), 'film')}: {', '.join(films.ids[wrong][:10])}. Of few, "
            "look at these. Of most, the training has diverged: in a new run lower task.lr, "
            "set trainer.clip=1 or use trainer.precision=fp32."
        )
    both, claimed, true, loss = found.transpose(1, 0, 2)
    return Overlap(both, claimed, true, films.known), loss[:, 0]


def _counted(logits: torch.Tensor, mask: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """(B, 4, K): pixels in both masks, claimed, true, and the film's loss."""
    said, true = (logits > 0) & known[:, :, None, None], (mask > 0) & known[:, :, None, None]
    counted = [each.sum(dim=(2, 3)).double() for each in (said & true, said, true)]
    each = zip(logits.split(1), mask.split(1), known.split(1), strict=True)  # type: ignore[no-untyped-call]
    loss = torch.stack([mask_loss(*film) for film in each]).double()
    return torch.stack([*counted, loss[:, None].expand(-1, logits.shape[1])], dim=1)
