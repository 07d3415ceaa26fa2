"""How a film is laid before a network: its outermost pixels go on beyond its frame, then black fills it up to a square."""

from typing import TypeVar

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)
FRAME = 1 / 32  # of the longer side: how far the outermost pixels go on (docs/decisions/chest_networks.md: measured)


def framed(plane: NDArray[Kind]) -> NDArray[Kind]:
    """Let the outermost pixels go on: (rows, columns) -> the same with `FRAME` of the longer side more on every side."""
    return np.pad(plane, _frame(plane.shape), mode="edge")


def unframed(plane: NDArray[Kind], shape: tuple[int, ...]) -> NDArray[Kind]:
    """Cut a film of `shape` (rows, columns) out of the square that it was framed and filled up to."""
    first, (rows, columns) = _frame(shape), shape
    return plane[first : first + rows, first : first + columns]


def squared(plane: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Fill (rows, columns) up with zeros below or on the right to a square, and bring that to (size, size), with antialiasing."""
    side = max(plane.shape)
    square = np.zeros((side, side), np.float32)
    square[: plane.shape[0], : plane.shape[1]] = plane
    return np.asarray(PIL.Image.fromarray(square).resize((size, size), PIL.Image.Resampling.BILINEAR), dtype=np.float32)


def _frame(shape: tuple[int, ...]) -> int:
    return round(FRAME * max(shape))
