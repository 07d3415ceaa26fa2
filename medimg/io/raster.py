"""PNG, JPEG and TIFF: 8 and 16 bit stay what they are, colour becomes luminance."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image as Pillow

from medimg.errors import UnreadableImage
from medimg.io.image import Image, kind_of

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # a damaged file gets one reason, from here
MAX_PIXELS = 2**28  # a picture of 16384 x 16384: more is a broken or hostile header
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's mode L


def read_raster(path: Path, frame: int | None = None, *, name: str = "image") -> Image:
    """Read one page as float32 (H, W); `white` is 255 or 65535, None for float TIFF."""
    stored, _ = read_stored(path, frame, name=name)
    white = float(2 ** (8 * stored.dtype.itemsize) - 1) if stored.dtype.kind == "u" else 1.0 if stored.dtype == bool else None
    return Image(luminance(stored), "grey", None, white)


def luminance(stored: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4) -> (H, W) float32 without rounding; alpha is dropped."""
    pixels = stored.astype(np.float32)
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] < 3:
        return np.ascontiguousarray(pixels[..., 0])
    if np.array_equal(stored[..., 0], stored[..., 1]) and np.array_equal(stored[..., 0], stored[..., 2]):
        return np.ascontiguousarray(pixels[..., 0])  # grey saved as colour: exact
    return np.asarray(pixels[..., :3] @ _LUMINANCE, np.float32)


def read_stored(path: Path, frame: int | None = None, *, name: str = "image") -> tuple[npt.NDArray[np.generic], int]:
    """The page's values as stored: (H, W) or (H, W, channels) and the page's number; a palette is resolved."""
    kind = kind_of(path, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stored, pages, page = _tiff(path, frame) if kind == "tiff" else _pillow(path, frame)
    except UnreadableImage:
        raise
    except MemoryError:
        raise UnreadableImage(f"{name}: the picture does not fit into memory. Make it smaller, or leave it out.") from None
    except Exception as fault:
        raise UnreadableImage(f"{name}: the {kind.upper()} file is damaged ({type(fault).__name__}). Copy or export it again.") from None
    if stored is None:
        raise UnreadableImage(f"{name}: {_frame_fault(pages, frame)}")
    if stored.ndim not in (2, 3) or stored.dtype.kind not in "uifb" or 0 in stored.shape:
        raise UnreadableImage(
            f"{name}: an image of shape {stored.shape} and type {stored.dtype} has no grey meaning. Save it as 8 or 16 bit grey."
        )
    return stored, page


def _frame_fault(pages: int, frame: int | None) -> str:
    if pages == 0:
        return f"the picture claims more than {MAX_PIXELS} pixels. Make it smaller, or leave it out."
    if frame is None:
        return f"the file holds {pages} pages. Say which in the column frame (0 to {pages - 1})."
    return f"frame {frame} does not exist: the file holds {pages} (0 to {pages - 1})."


_Page = tuple[npt.NDArray[np.generic] | None, int, int]


def _chosen(pages: int, frame: int | None) -> int | None:
    if frame is None:
        return 0 if pages == 1 else None
    return frame if 0 <= frame < pages else None


def _pillow(path: Path, frame: int | None) -> _Page:
    with Pillow.open(path, formats=["PNG", "JPEG"]) as image:
        pages = 1  # an animated PNG or a multi-picture JPEG is its first picture
        if image.width * image.height > MAX_PIXELS:
            return None, 0, 0
        page = _chosen(pages, frame)
        if page is None:
            return None, pages, 0
        mode: Any = {"P": "RGB", "PA": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "1": "L"}.get(image.mode)
        stored = np.asarray(image.convert(mode) if mode else image)
    return (stored.astype(np.uint16) if stored.dtype == np.int32 else stored), pages, page


def _tiff(path: Path, frame: int | None) -> _Page:
    with tifffile.TiffFile(path) as file:
        pages = len(file.pages)
        page = _chosen(pages, frame)
        if page is None:
            return None, pages, 0
        chosen: Any = file.pages[page]
        if chosen.size > MAX_PIXELS:
            return None, 0, 0
        stored = chosen.asarray()
        if stored.ndim == 3 and "S" in chosen.axes and chosen.axes.index("S") == 0:
            stored = np.moveaxis(stored, 0, -1)
        if chosen.photometric == tifffile.PHOTOMETRIC.PALETTE:
            stored = np.moveaxis(chosen.colormap[:, stored], 0, -1)
        elif chosen.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            stored = np.iinfo(stored.dtype).max - stored if stored.dtype.kind == "u" else ~stored if stored.dtype == bool else stored
    return stored, pages, page
