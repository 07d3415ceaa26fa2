"""An image as the browser gets it: its own grey values in full depth, and what is needed to window them there."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg.errors import UnreadableImage
from medimg.io.image import Image

SHELF = 96 * 1024 * 1024  # bytes of encoded images that are kept for going back and for slices around


@dataclass(frozen=True)
class Plane:
    """Little-endian values row by row, and the headers that say how to read them."""

    body: bytes
    headers: dict[str, str]


def encode(image: Image, name: str = "image") -> Plane:
    """Whole numbers as int16 or uint16, all others as float32; `UnreadableImage` where a value is not a number."""
    pixels = image.pixels
    if pixels.size == 0 or not np.isfinite(pixels).all():
        raise UnreadableImage(f"{name}: it has pixels that are no numbers, or none at all.", code="not_applicable")
    low, high = float(pixels.min()), float(pixels.max())
    kind = _kind(pixels, low, high)
    centre, width = first_window(pixels, image.unit)
    rows, columns = image.spacing_mm or (0.0, 0.0)
    return Plane(
        np.ascontiguousarray(pixels.astype({"uint16": "<u2", "int16": "<i2", "float32": "<f4"}[kind])).tobytes(),
        {
            "X-Shape": f"{pixels.shape[0]},{pixels.shape[1]}",
            "X-Type": kind,
            "X-Spacing": f"{rows!r},{columns!r}",  # mm between rows, between columns; 0: not known
            "X-Window": f"{centre!r},{width!r}",
            "X-Range": f"{low!r},{high!r}",
            "X-Unit": image.unit,
        },
    )


def _kind(pixels: npt.NDArray[np.float32], low: float, high: float) -> str:
    if not (np.rint(pixels) == pixels).all():
        return "float32"
    if low >= 0 and high <= 65535:
        return "uint16"
    return "int16" if low >= -32768 and high <= 32767 else "float32"


def first_window(pixels: npt.NDArray[np.float32], unit: str) -> tuple[float, float]:
    """Centre and width of the window an image opens with: all counts; soft tissue in HU; else the 1st to 99.5th percentile."""
    if unit == "hu":
        return 40.0, 400.0
    if unit == "counts":
        low, high = 0.0, float(pixels.max())
    else:
        low, high = (float(value) for value in np.percentile(pixels, (1, 99.5)))
    if high <= low:
        low, high = float(pixels.min()), float(pixels.max())
    return (low + high) / 2, max(high - low, 1e-6 * max(abs(high), 1.0))


def grey(pixels: npt.NDArray[np.float32], centre: float, width: float) -> npt.NDArray[np.uint8]:
    """What the page's canvas shows, 0 to 255: linear between centre ± width / 2, halves rounded up (DICOM PS3.3 C.11.2.1.3.2)."""
    share = (pixels.astype(np.float64) - centre) / width + 0.5
    return np.floor(np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)


class Shelf:
    """Encoded images by token, the oldest dropped first; `make` runs outside the lock."""

    def __init__(self, limit: int = SHELF) -> None:
        self.limit, self._size = limit, 0
        self._planes: OrderedDict[str, Plane] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, token: str, make: Callable[[], Plane]) -> Plane:
        """The plane of this token, made if it is not here."""
        with self._lock:
            if token in self._planes:
                self._planes.move_to_end(token)
                return self._planes[token]
        plane = make()
        with self._lock:
            if token not in self._planes:
                self._planes[token] = plane
                self._size += len(plane.body)
            while self._size > self.limit and len(self._planes) > 1:
                _, old = self._planes.popitem(last=False)
                self._size -= len(old.body)
        return plane
