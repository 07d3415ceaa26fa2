"""From the pixels of a file to the measured grid and back: the canonical way round, square pixels, a longer side of 1,024."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

LONGER = 1024
UPRIGHT = {"PA": ("L", "F"), "AP": ("L", "F"), "LAT": ("P", "F")}  # where rows and columns of a canonical film lead
OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """How a file's pixels (source rows, columns) become the measured grid `shape`: transposed, then flipped, then resampled by area."""

    source: tuple[int, int]
    shape: tuple[int, int]
    transpose: bool
    flip_rows: bool
    flip_columns: bool

    def turned(self, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The canonical way round, a view of the same pixels."""
        pixels = pixels.T if self.transpose else pixels
        return pixels[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]

    @property
    def turned_shape(self) -> tuple[int, int]:
        """Rows and columns when turned, before resampling."""
        rows, columns = self.source
        return (columns, rows) if self.transpose else (rows, columns)

    def sampled(self, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The source pixel nearest to the centre of each measured one: stored values and masks stay what they are."""
        rows, columns = (((np.arange(n) + 0.5) * of / n).astype(int) for n, of in zip(self.shape, self.turned_shape, strict=True))
        return np.ascontiguousarray(self.turned(pixels)[rows[:, None], columns])

    def resampled(self, turned: Pixels) -> Pixels:
        """Mean over the area of each measured pixel: (turned rows, columns) -> `shape`."""
        if turned.shape == self.shape:
            return np.ascontiguousarray(turned)
        down, across = (_area(n, of) for n, of in zip(self.shape, self.turned_shape, strict=True))
        return np.ascontiguousarray((across @ np.ascontiguousarray((down @ turned).T)).T)

    def to_source(self) -> list[list[float]]:
        """2 x 3: a measured (row, column, 1) -> the (row, column) of the file, both in pixel centres."""
        scale = [of / n for n, of in zip(self.shape, self.turned_shape, strict=True)]
        lines = []
        for axis, flip in enumerate((self.flip_rows, self.flip_columns)):
            step, first, last = scale[axis], 0.5 * scale[axis] - 0.5, self.turned_shape[axis] - 1
            lines.append([-step if flip else step, last - first if flip else first])
        (a, b), (c, d) = lines
        rows, columns = [a, 0.0, b], [0.0, c, d]
        return [columns, rows] if self.transpose else [rows, columns]

    def box_from_source(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Top, left, bottom, right pixel edges of the file -> of the measured grid, rounded."""
        spans = [(box[0], box[2]), (box[1], box[3])]
        spans = spans[::-1] if self.transpose else spans
        edges = []
        for (low, high), flip, n, of in zip(spans, (self.flip_rows, self.flip_columns), self.shape, self.turned_shape, strict=True):
            low, high = (of - high, of - low) if flip else (low, high)
            edges.append((round(low * n / of), round(high * n / of)))
        (top, bottom), (left, right) = edges
        return top, left, bottom, right


def _area(n: int, of: int) -> Any:
    """Weights (n, of) of a mean over the share of each old pixel that a new one covers."""
    edges = np.linspace(0, of, n + 1)
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:] - 1e-9).astype(int)
    counts = last - first
    columns = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    low, high = np.repeat(edges[:-1], counts), np.repeat(edges[1:], counts)
    weights = (np.minimum(columns + 1, high) - np.maximum(columns, low)) / (high - low)
    return csr_array((weights.astype(np.float32), columns, np.r_[0, np.cumsum(counts)]), shape=(n, of))


def place(
    source: tuple[int, int], view: str, orientation: list[str], spacing_mm: tuple[float, float] | None, longer: int = LONGER
) -> tuple[Place, float | None, bool]:
    """The way to the measured grid, the side of its square pixels in mm, and whether the file said which way round it is.

    `orientation`: the letters of PatientOrientation (0020,0020). A film is made smaller, never larger.
    """
    turn = _turn(view, orientation)
    transpose, flip_rows, flip_columns = turn or (False, False, False)
    sides = np.array(source, float) * (spacing_mm or (1.0, 1.0))
    pitch = max(sides.max() / longer, min(spacing_mm or (1.0, 1.0)))
    rows, columns = (max(1, round(float(side) / pitch)) for side in (sides[::-1] if transpose else sides))
    found = Place(source, (rows, columns), transpose, flip_rows, flip_columns)
    return found, float(np.sqrt(sides.prod() / (rows * columns))) if spacing_mm else None, turn is not None


def view_by(orientation: list[str]) -> str:
    """PA or LAT, as patients stand in PatientOrientation (0020,0020); "" where it does not say. AP films lie as PA ones do."""
    return next((view for view in ("PA", "LAT") if _turn(view, orientation)), "")


def _turn(view: str, orientation: list[str]) -> tuple[bool, bool, bool] | None:
    """Transpose, flip rows, flip columns; None where the letters do not fit the view, or that is not known."""
    if view not in UPRIGHT:
        return None
    letters = [word[:1].upper() for word in orientation]
    across, down = UPRIGHT[view]
    if len(letters) != 2:
        return None
    transpose = letters[0] in (down, OPPOSITE[down])
    row, column = letters[::-1] if transpose else letters
    if row not in (across, OPPOSITE[across]) or column not in (down, OPPOSITE[down]):
        return None
    return transpose, column != down, row != across
