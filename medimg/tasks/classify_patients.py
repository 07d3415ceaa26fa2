"""Classification of fused places together with the patients they belong to."""

from typing import Any

from torch import Tensor

from medimg.losses import pooled_loss
from medimg.tasks.classify import Classify


class ClassifyPatients(Classify):
    """`Classify` for a network that also says how much each place counts: half of the loss is the patients' (batch key `patient`)."""

    def loss(self, out: Tensor, batch: dict[str, Any]) -> Tensor:
        """Give the loss of places and patients."""
        return pooled_loss(out, batch["label"], batch["patient"], self.kind, self.weight, self.label_smoothing)  # type: ignore[arg-type]
