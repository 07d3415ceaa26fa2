"""Stored values of a film -> its canonical grey by one table of all levels: modality, window or percentiles, one inversion."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg.io.elements import text
from medimg.io.grey import Pixels, modality_values, voi_values
from medimg.io.header import Header

PERCENTILES = (0.5, 99.5)  # of the exposed field, where the file has no plausible window


@dataclass(frozen=True)
class GreyTable:
    """`grey[value - lowest]` is the canonical grey of a stored value, 0 to 1, air dark and bone bright.

    `window`: the stored values between which the file's window keeps detail; None where it was not used. `refused`: why it was not.
    """

    lowest: int
    grey: Pixels
    window: tuple[float, float] | None
    refused: str

    def __call__(self, stored: npt.NDArray[np.integer]) -> Pixels:
        """Canonical grey of stored values, of any shape."""
        places = stored if self.lowest == 0 else stored.astype(np.int32) - self.lowest
        return self.grey[np.clip(places, 0, len(self.grey) - 1)]


def grey_table(header: Header, counts: npt.NDArray[np.int64], lowest: int) -> GreyTable:
    """Make the table of a film. `counts`: how often each stored value from `lowest` on occurs in the exposed field: (2^bits,)."""
    levels = np.arange(lowest, lowest + len(counts)).astype(np.int16 if lowest < 0 else np.uint16)
    values, _, _ = modality_values(levels, header)
    shown, refused = voi_values(values, header, counts)
    window = None if shown is None else _kept(levels, shown)
    if shown is None:
        shown = _stretched(values, counts)
    elif np.ptp(shown[counts > 0]) == 0 and np.count_nonzero(counts) > 1:
        shown, window, refused = _stretched(values, counts), None, "the window makes all pixels one grey"
    inverted = is_inverted(header)
    return GreyTable(lowest, np.ascontiguousarray(np.float32(1) - shown if inverted else shown, np.float32), window, refused)


def is_inverted(header: Header) -> bool:
    """Whether the file is to be inverted, once: MONOCHROME1 and INVERSE are two words for the same."""
    data = header.dataset
    return text(data, "PhotometricInterpretation").upper() == "MONOCHROME1" or text(data, "PresentationLUTShape").upper() == "INVERSE"


def count_levels(stored: npt.NDArray[np.integer], header: Header) -> tuple[npt.NDArray[np.int64], int]:
    """How often each stored value occurs, and the least value that there can be."""
    lowest = -(2 ** (header.bits_stored - 1)) if header.signed else 0
    offset = np.clip(stored.ravel().astype(np.int64) - lowest, 0, 2**header.bits_stored - 1)
    return np.bincount(offset, minlength=2**header.bits_stored), lowest


def _kept(levels: npt.NDArray[np.integer], shown: Pixels) -> tuple[float, float] | None:
    """The last level of full black and the first of full white: what lies beyond has lost its detail."""
    if shown[0] > shown[-1]:
        return None
    black, white = levels[shown <= 0], levels[shown >= 1]
    return float(black[-1] if len(black) else levels[0]), float(white[0] if len(white) else levels[-1])


def _stretched(values: Pixels, counts: npt.NDArray[np.int64]) -> Pixels:
    """Values between two percentiles of the field as 0 to 1; a field of one value is black."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(counts[order]) / max(int(counts.sum()), 1)
    low, high = (float(values[order][np.searchsorted(share, percent / 100)]) for percent in PERCENTILES)
    if high <= low:
        return np.zeros_like(values)
    return np.asarray(np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)
