"""What training minimises."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Kind = Literal["binary", "multiclass", "multilabel", "distribution"]
SOFTMAX = ("multiclass", "distribution")  # one probability shared among the classes; a distribution's labels share it evenly


def outputs_of(kind: Kind, classes: int) -> int:
    """Count the logits: one for two classes, otherwise one for each."""
    return 1 if kind == "binary" else classes


def class_loss(logits: Tensor, label: Tensor, kind: Kind, weight: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy: logits (B, outputs), label (B, classes) of 0 and 1 -> scalar.

    binary: one logit, for the second class; distribution: a case's labels share the target 1 evenly. `weight` (classes,) multiplies each
    class's share; `smoothing` moves targets towards even.
    """
    logits = logits.float()
    if kind in SOFTMAX:
        target = _even(label) * (1 - smoothing) + smoothing / label.shape[1]
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


def _even(label: Tensor) -> Tensor:
    """Share 1 evenly among the labels of each case."""
    return label / label.sum(dim=1, keepdim=True)


def pooled_loss(out: Tensor, label: Tensor, patient: Tensor, kind: Kind, weight: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Loss of places and of the patients they belong to, halves: out (B, outputs + 1), label (B, classes), patient (B,) from 0 -> scalar.

    The last column of `out` is the log weight of a place; a patient's probabilities are the weighted mean of its places'. A patient
    whose places have different labels has no answer of its own and counts by its places alone.
    """
    logits, importance = out[:, :-1], out[:, -1].float()
    own = torch.arange(int(patient.max()) + 1, device=out.device)[:, None] == patient
    share = importance.expand(own.shape).masked_fill(~own, -torch.inf).log_softmax(dim=1)
    pooled = torch.logsumexp(share[:, :, None] + _log_probabilities(logits, kind), dim=1)
    first = own.float().argmax(dim=1)
    one = (label[None] == label[first][:, None]).all(dim=2).logical_or(~own).all(dim=1)
    several = kind == "multilabel"
    target = _even(label[first]) if kind in SOFTMAX else label[first]
    target = target * (1 - smoothing) + smoothing / (label.shape[1] if kind in SOFTMAX else 2)
    target = torch.cat([target, 1 - target], dim=1) if several else target
    scale = torch.ones_like(label[0]) if weight is None else weight
    scale = torch.cat([scale, torch.ones_like(scale)]) if several else scale
    per_case = -(target * pooled * scale).sum(dim=1) / (label.shape[1] if several else 1)
    patients = (per_case * one).sum() / one.sum().clamp(min=1)
    return (class_loss(logits, label, kind, weight, smoothing) + patients) / 2


def _log_probabilities(logits: Tensor, kind: Kind) -> Tensor:
    """(B, classes) logs of what `probabilities` gives; of several labels (B, 2 classes), first each label's, then those of its absence."""
    logits = logits.float()
    if kind in SOFTMAX:
        return F.log_softmax(logits, dim=1)
    yes, no = F.logsigmoid(logits), F.logsigmoid(-logits)
    return torch.cat([no, yes] if kind == "binary" else [yes, no], dim=1)


def balanced_weights(label: Tensor) -> Tensor:
    """Weigh classes by how rare they are: label (N, classes) -> (classes,), mean 1 over the cases' labels."""
    count = label.sum(dim=0).clamp(min=1)
    return label.sum() / (count * len(count))


def probabilities(logits: Tensor, kind: Kind) -> Tensor:
    """Turn logits (B, outputs) into (B, classes) probabilities in float64; two classes sum to 1."""
    logits = logits.double()
    if kind in SOFTMAX:
        return logits.softmax(dim=1)
    positive = logits.sigmoid()
    return torch.cat([1 - positive, positive], dim=1) if kind == "binary" else positive


def mask_loss(logits: Tensor, mask: Tensor, known: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of `mask_losses` over what is known, (B, K) of True and False -> scalar; a batch in which nothing is known costs nothing.

    `weight` (K,) is how much each organ counts.
    """
    counts = known if weight is None else known * weight
    return (mask_losses(logits, mask) * counts).sum() / counts.sum().clamp(min=1)


def mask_losses(logits: Tensor, mask: Tensor, dice: float = 0.5) -> Tensor:
    """Cross-entropy of pixels and Dice of each film and organ: logits and mask (B, K, H, W) -> (B, K).

    `dice` is the share of the second, 1 - (2 |AB| + 1) / (|A| + |B| + 1) in pixels, so that an organ that is not on the film costs what is
    claimed of it. Source: Milletari et al., V-Net, 3DV 2016 (Dice); Isensee et al., nnU-Net, Nature Methods 2021 (both together).
    """
    logits, mask = logits.float(), mask.float()
    entropy = F.binary_cross_entropy_with_logits(logits, mask, reduction="none").mean(dim=(2, 3))
    claimed = logits.sigmoid()
    both, areas = (claimed * mask).sum(dim=(2, 3)), claimed.sum(dim=(2, 3)) + mask.sum(dim=(2, 3))
    return (1 - dice) * entropy + dice * (1 - (2 * both + 1) / (areas + 1))


def supervised_mask_loss(out: Tensor | Sequence[Tensor], mask: Tensor, known: Tensor, weight: Tensor | None = None) -> Tensor:
    """Loss of answers at several sizes (deep supervision), or of one: the largest first, each further one half as heavy as the one before.

    Masks are shrunk by area from size to size, so that a pixel of a small answer is asked for the share of the organ in it.
    """
    answers = [out] if isinstance(out, Tensor) else [*out]
    shares = [0.5**k for k in range(len(answers))]
    losses = []
    for share, one in zip(shares, answers, strict=True):
        if one.shape[2:] != mask.shape[2:]:
            mask = F.adaptive_avg_pool2d(mask, (one.shape[2], one.shape[3]))
        losses.append(share * mask_loss(one, mask, known, weight))
    return torch.stack(losses).sum() / sum(shares)
