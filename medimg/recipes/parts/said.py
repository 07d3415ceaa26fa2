"""What a network says of pictures, as plain arrays."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Floats = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """Of N pictures: (N, K) probabilities, (N, D) features of at most 128 dimensions, (T, N, K) draws; None: not asked for."""

    probabilities: Floats
    features: Floats | None = None
    draws: Floats | None = None
