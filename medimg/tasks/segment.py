"""Outlining of organs: each pixel of a film classified with as many labels as there are organs over it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from medimg.losses import supervised_mask_loss
from medimg.tasks.classify import Classify


class Segment(Classify):
    """`Classify` for a network (B, 1, H, W) film -> (B, organs, H, W) logits, or a list of these at several sizes, the largest first.

    Batches have `mask` (B, organs, H, W) of 0 and 1 and `known` (B, organs): an organ that nobody outlined on a film counts nowhere there.
    `weight` (organs,) is how much each organ's loss counts. `augment(image, mask, known, random)` varies all three.
    """

    def varied(self, batch: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
        """Vary the films with their masks."""
        if self.augment is None:
            return batch
        image, mask, known = self.augment(batch["image"], batch["mask"].to(batch["image"].dtype), batch["known"], random)
        return {**batch, "image": image, "mask": mask, "known": known}

    def loss(self, out: Tensor | Sequence[Tensor], batch: dict[str, Any]) -> Tensor:
        """Give the loss over all sizes at which the network answers."""
        return supervised_mask_loss(out, batch["mask"].to(batch["image"].dtype), batch["known"], self.weight)  # type: ignore[arg-type]
