"""The guard of every task: a step whose loss is no number stops the run before it spoils a weight."""

from collections.abc import Mapping, Sequence

import pytorch_lightning as pl
import torch
from torch import Tensor

from medimg.errors import NumericError

NAMED = 10  # images of a batch


def refuse_no_number(module: pl.LightningModule, losses: Mapping[str, Tensor], ids: Sequence[str], way_out: str) -> None:
    """Stop all processes where a loss of one is not finite: NumericError names the loss, the step and the images of this process.

    `losses` are scalars by the name that the user reads; `way_out` says what to do. Of many images the first are named, so that the
    way out is on the same screen.
    """
    finite = torch.stack([loss.detach() for loss in losses.values()]).isfinite().tolist()
    whole = all(finite)
    if module.trainer.world_size > 1:
        whole = module.trainer.strategy.reduce_boolean_decision(whole, all=True)
    if not whole:
        broken = [name for name, fine in zip(losses, finite, strict=True) if not fine] or list(losses)
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        raise NumericError(
            f"{' and '.join(f'{name} is {float(losses[name].detach())}' for name in broken)} "
            f"in epoch {module.current_epoch}, step {module.global_step}; images of this batch: {', '.join(ids[:NAMED])}{more}. "
            f"The best and last checkpoints are untouched. {way_out}"
        )
