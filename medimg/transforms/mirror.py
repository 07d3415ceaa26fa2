"""What becomes of organs in a mirrored film: the patient's right is then where the left was."""

from collections.abc import Sequence

import torch
from torch import Tensor

OTHER = {"_r": "_l", "_l": "_r"}


def mirror_order(organs: Sequence[str]) -> tuple[int, ...]:
    """Name, for each organ of a mirrored film, the organ that is seen there: its partner of the other side, or itself.

    -1 for an organ of one side without a partner: where it is in a mirrored film, nobody outlined.

    >>> mirror_order(["lung_r", "lung_l", "heart", "ribs_r"])
    (1, 0, 2, -1)
    """
    place = {name: k for k, name in enumerate(organs)}
    return tuple(place.get(name[:-2] + OTHER[name[-2:]], -1) if name[-2:] in OTHER else k for k, name in enumerate(organs))


def mirrored(image: Tensor, mask: Tensor, known: Tensor, order: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Mirror films (B, 1, H, W), masks (B, K, H, W) and known (B, K), organs by `mirror_order`."""
    there, seen = (torch.tensor(values, device=mask.device) for values in ([k >= 0 for k in order], [max(k, 0) for k in order]))
    return image.flip(-1), mask.flip(-1)[:, seen] * there[:, None, None], known[:, seen] & there
