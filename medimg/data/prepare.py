"""From an image as read to the square picture a network sees: crop, normalise, resize with the aspect kept, pad."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from scipy import ndimage

from medimg.errors import UnreadableImage
from medimg.io import Image

Pixels = NDArray[np.float32]
VERSION = 2  # a new number whenever the same settings give other pixels
COUNTS_CEILING = 2.0  # hot spots above twice the robust maximum are cut


@dataclass(frozen=True)
class Affine:
    """Where a source pixel lands: out = source * scale + offset, rows then columns; undone for masks and millimetres."""

    row_scale: float
    column_scale: float
    row_offset: float
    column_offset: float


@dataclass(frozen=True)
class Prepare:
    """Turn an image into float32 (size, size) values near 0..1; the same settings always give the same pixels.

    `counts` divides by a robust maximum, counts resampled by area so that their sum stays; `percentile` maps the 1st to
    the 99th percentile of what is not background to 0..1, for scales without a meaning of their own (MR);
    `range` divides by the stored white. `field_mm` cuts or pads to that field of view where the pixel size is known.
    """

    size: int = 224
    normalise: Literal["counts", "percentile", "range"] = "percentile"
    crop: Literal["none", "foreground"] = "none"
    field_mm: float | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """What the pixels depend on, for the cache and the run folder."""
        return {"version": VERSION, **asdict(self)}

    def __call__(self, image: Image, name: str = "image") -> tuple[Pixels, Affine]:
        """Prepare one image; UnreadableImage where nothing is on it."""
        pixels = image.pixels
        if not np.isfinite(pixels).all():
            raise UnreadableImage(f"{name}: some pixels hold values that are no numbers. Export it again, or leave it out.")
        if pixels.max() <= pixels.min():
            raise UnreadableImage(f"{name}: every pixel has the same value, so nothing can be learned from it. Leave it out.")
        top, left, height, width = self._window(image)
        window = _cut(pixels, top, left, height, width)
        if window.max() <= window.min():
            raise UnreadableImage(
                f"{name}: nothing lies in the field of view of data.field_mm={self.field_mm:g}. Set it wider, or leave it out."
            )
        shape = self._shape(height, width, image)
        small = _resize(self._normalise(window, image), shape, area=self.normalise == "counts")
        row, column = (self.size - shape[0]) // 2, (self.size - shape[1]) // 2
        square = np.zeros((self.size, self.size), np.float32)
        square[row : row + shape[0], column : column + shape[1]] = small
        scales = shape[0] / height, shape[1] / width
        return square, Affine(scales[0], scales[1], row - top * scales[0], column - left * scales[1])

    def _window(self, image: Image) -> tuple[int, int, int, int]:
        """Top, left, height and width of what is kept; it may reach beyond the picture."""
        rows, columns = image.pixels.shape
        if self.crop == "foreground":
            return _foreground(image.pixels)
        if self.field_mm is None or image.spacing_mm is None:
            return 0, 0, rows, columns
        height, width = (max(1, round(self.field_mm / spacing)) for spacing in image.spacing_mm)
        return (rows - height) // 2, (columns - width) // 2, height, width

    def _shape(self, height: int, width: int, image: Image) -> tuple[int, int]:
        """Rows and columns of the window in the square: the longer side in millimetres fills it, where pixels are not square too."""
        row_mm, column_mm = image.spacing_mm or (1.0, 1.0)
        tall = height * (row_mm / column_mm)
        scale = self.size / max(tall, width)
        return max(1, min(self.size, round(tall * scale))), max(1, min(self.size, round(width * scale)))

    def _normalise(self, window: Pixels, image: Image) -> Pixels:
        if self.normalise == "range":
            if image.white is None:
                raise UnreadableImage(
                    "the picture has no full white of its own (its scale is open), so data.normalise=range cannot be used; "
                    "use data.normalise=percentile, or counts for nuclear medicine."
                )
            return window / np.float32(image.white)
        if self.normalise == "counts":
            return np.asarray(np.minimum(window / np.float32(max(robust_maximum(window), 1e-6)), COUNTS_CEILING), np.float32)
        seen = window[window > window.min()]
        low, high = np.percentile(seen, (1, 99))
        return np.asarray(np.clip((window - low) / max(float(high - low), 1e-6), 0, 1), np.float32)


def robust_maximum(counts: Pixels) -> float:
    """Give the mean of the hottest half per cent of pixels: one hot pixel does not set the scale."""
    flat = counts.ravel()
    k = max(1, flat.size // 200)
    return float(np.partition(flat, -k)[-k:].mean())


def _foreground(pixels: Pixels) -> tuple[int, int, int, int]:
    """Give the box of the largest bright object after smoothing, a little wider: the head without margins and text."""
    smooth = ndimage.uniform_filter(pixels, 5)
    low, high = np.percentile(smooth, (2, 98))
    labels, count = ndimage.label(smooth > low + 0.12 * (high - low))
    if count == 0:
        return 0, 0, *pixels.shape
    largest = int(np.bincount(labels.ravel())[1:].argmax()) + 1
    rows, columns = ndimage.find_objects(labels)[largest - 1]
    margin = round(0.02 * max(pixels.shape))
    top, left = max(0, rows.start - margin), max(0, columns.start - margin)
    return top, left, min(pixels.shape[0], rows.stop + margin) - top, min(pixels.shape[1], columns.stop + margin) - left


def _cut(pixels: Pixels, top: int, left: int, height: int, width: int) -> Pixels:
    """Give the window, with zeros where it reaches beyond the picture."""
    window = np.zeros((height, width), np.float32)
    rows, columns = pixels.shape
    r0, r1, c0, c1 = max(0, top), min(rows, top + height), max(0, left), min(columns, left + width)
    window[r0 - top : r1 - top, c0 - left : c1 - left] = pixels[r0:r1, c0:c1]
    return window


def _resize(pixels: Pixels, shape: tuple[int, int], *, area: bool) -> Pixels:
    """Resize with antialiasing: bicubic as the papers do, or by area, which keeps the mean count density."""
    how = PIL.Image.Resampling.BOX if area else PIL.Image.Resampling.BICUBIC
    return np.asarray(PIL.Image.fromarray(pixels).resize((shape[1], shape[0]), how), dtype=np.float32)
