"""Pictures from a trained generator: from numbers alone, or from small pictures made large."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.data.loader import draw
from medimg.errors import NumericError
from medimg.training.machine import Machine


def generate(
    generator: nn.Module, count: int, seed: int, machine: Machine, *, length: int = 100, batch_size: int = 64
) -> NDArray[np.float32]:  # fmt: skip
    """Draw pictures (count, S, S): number k is a function of (seed, k), with `length` standard normal numbers for its noise.

    All batches are full, so that a picture has the same bits however many are asked for; those of another batch size are equal as far
    as sums in another order are. NumericError names pictures that hold values that are no numbers.
    """
    rows = -(-max(count, 1) // batch_size) * batch_size
    noise = np.stack([draw(seed, number).standard_normal(length, dtype=np.float32) for number in range(rows)])
    return _pictures(generator, noise, machine, batch_size)[:count]


def enlarge(generator: nn.Module, small: NDArray[np.float32], machine: Machine, *, batch_size: int = 64) -> NDArray[np.float32]:
    """Make pictures (N, s, s) large: (N, S, S), the same picture for the same one whatever stands beside it."""
    padding = -len(small) % batch_size
    return _pictures(generator, np.pad(small, ((0, padding), (0, 0), (0, 0)))[:, None], machine, batch_size)[: len(small)]


@torch.inference_mode()
def _pictures(generator: nn.Module, given: NDArray[np.float32], machine: Machine, batch_size: int) -> NDArray[np.float32]:
    was_training = generator.training
    generator = generator.to(machine.device).eval()
    batches = [torch.from_numpy(given[start : start + batch_size]) for start in range(0, len(given), batch_size)]
    found = np.concatenate([generator(batch.to(machine.device)).float().cpu().numpy()[:, 0] for batch in batches])
    generator.train(was_training)
    broken = np.flatnonzero(~np.isfinite(found).all(axis=(1, 2)))
    if len(broken):
        raise NumericError(
            f"the generator draws {len(broken)} images with values that are no numbers (first: number {broken[0]}). "
            "Train it with lower learning rates."
        )
    return found
