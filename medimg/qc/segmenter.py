"""What finds the organs of a film: a network, asked in batches."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medimg.metrics import Flags

Segmented = tuple[Mapping[str, Flags], Mapping[str, float]]  # organ -> mask (rows, columns); organ -> trust, 0 to 1


class Segmenter(Protocol):
    """A trained network with all that it needs. `name` goes into every row of the results: it tells one set of weights from another."""

    name: str

    @property
    def device(self) -> str:
        """Where it runs now: cpu, cuda."""

    def organs(self, view: str) -> tuple[str, ...]:
        """The organs that it finds on films of a view; () where it knows no such films."""

    def segment(self, images: NDArray[np.float32], views: Sequence[str]) -> Sequence[Segmented]:
        """Find the organs: canonical grey (n, rows, columns), 0 to 1, air outside of the film -> masks of the same size, and trust.

        Trust is the mean largest probability on the band around an organ's contour. May raise MemoryError or torch's OutOfMemoryError.
        """

    def to_processor(self) -> bool:
        """Move from the accelerator to the processor; False where it runs there already."""
