"""What training minimises."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Kind = Literal["binary", "multiclass", "multilabel"]


def outputs_of(kind: Kind, classes: int) -> int:
    """Count the logits: one for two classes, otherwise one for each."""
    return 1 if kind == "binary" else classes


def class_loss(logits: Tensor, label: Tensor, kind: Kind, weight: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy: logits (B, outputs), label (B, classes) of 0 and 1 -> scalar.

    binary: one logit, for the second class. `weight` (classes,) multiplies each class's share; `smoothing` moves targets towards even.
    """
    logits = logits.float()
    if kind == "multiclass":
        target = label / label.sum(dim=1, keepdim=True)
        target = target * (1 - smoothing) + smoothing / label.shape[1]
        per_case = -(target * F.log_softmax(logits, dim=1))
        return (per_case if weight is None else per_case * weight).sum(dim=1).mean()
    target = label[:, 1:] if kind == "binary" else label
    smooth = target * (1 - smoothing) + 0.5 * smoothing
    loss = F.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
    if weight is not None:
        negative = weight[:1] if kind == "binary" else torch.ones_like(weight)
        positive = weight[1:] if kind == "binary" else weight
        loss = loss * torch.where(target > 0.5, positive, negative)
    return loss.mean()


def balanced_weights(label: Tensor) -> Tensor:
    """Weigh classes by how rare they are: label (N, classes) -> (classes,), mean 1 over the cases' labels."""
    count = label.sum(dim=0).clamp(min=1)
    return label.sum() / (count * len(count))


def probabilities(logits: Tensor, kind: Kind) -> Tensor:
    """Turn logits (B, outputs) into (B, classes) probabilities in float64; two classes sum to 1."""
    logits = logits.double()
    if kind == "multiclass":
        return logits.softmax(dim=1)
    positive = logits.sigmoid()
    return torch.cat([1 - positive, positive], dim=1) if kind == "binary" else positive
