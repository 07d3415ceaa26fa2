"""A network that outlines organs, judged on films whose masks are known: counts of pixels and loss, each film once."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.films import Films
from medimg.data.loader import in_order
from medimg.errors import NumericError
from medimg.losses import mask_losses
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
    logits, known = logits.contiguous(), known.double()
    counted = torch.stack(
        [torch.stack([_of_plane(*planes) for planes in zip(*film, strict=True)]) for film in zip(logits, mask, strict=True)]
    )
    counts, losses = counted[..., :3] * known[..., None], counted[..., 3]
    loss = (losses * known).sum(dim=1, keepdim=True) / known.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.cat([counts, loss[:, :, None].expand(-1, logits.shape[1], -1)], dim=2).transpose(1, 2)


def _of_plane(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Pixels in both masks, claimed and true, and loss, of one organ on one film: a plane fits into a cache, a batch does not."""
    true, said = mask.float(), (logits > 0).float()
    counts = [(said * true).sum(), said.sum(), true.sum()]
    return torch.stack([*counts, mask_losses(logits[None, None], true[None, None])[0, 0]]).double()
