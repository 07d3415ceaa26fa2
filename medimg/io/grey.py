"""Stored values to values with a meaning: modality table, then the window where asked, then one inversion on the fixed scale."""

import hashlib
import logging
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.pixels import apply_color_lut, apply_modality_lut

from medimg.errors import UnreadableImage
from medimg.io.elements import functional, items, number, numbers, text, value
from medimg.io.header import Header
from medimg.io.image import Image
from medimg.io.raster import luminance

_LOG = logging.getLogger(__name__)
_OPEN_SCALE = ("MR", "PT")
_MEANING = ("Modality", "PhotometricInterpretation", "PresentationLUTShape", "RescaleType")
_COLOURS = [f"{colour}PaletteColorLookupTable{what}" for colour in ("Red", "Green", "Blue") for what in ("Descriptor", "Data")]
_INSIDE_WINDOW = 0.05  # a window that shows less than this share of the pixels was not made for this film

Pixels = npt.NDArray[np.float32]


def to_image(stored: npt.NDArray[Any], header: Header, frame: int, *, voi: bool = False) -> Image:
    """Turn one stored frame into an image with its unit; counts and HU are never windowed nor inverted."""
    data, spacing = header.dataset, header.spacing_mm(frame)
    photometric = text(data, "PhotometricInterpretation").upper()
    if stored.ndim == 3:
        return Image(luminance(stored), "grey", spacing, float(2**header.bits_stored - 1))
    if photometric == "PALETTE COLOR":
        colours = apply_color_lut(stored, data)
        return Image(luminance(colours), "grey", spacing, float(np.iinfo(colours.dtype).max))
    stored = without_unused_bits(stored, header)
    pixels, low, high = modality_values(stored, header, frame)
    unit = _unit(header)
    if unit != "grey":
        return Image(pixels, unit, spacing, None)
    inverted = photometric == "MONOCHROME1" or text(data, "PresentationLUTShape").upper() == "INVERSE"
    if voi and (shown := _windowed(pixels, header)) is not None:
        pixels, low, high = shown, 0.0, 1.0
    if low is None or high is None:
        return Image(pixels, unit, spacing, None)
    if inverted:
        np.subtract(np.float32(low + high), pixels, out=pixels)
    if header.modality in _OPEN_SCALE:
        return Image(pixels, unit, spacing, None)
    if low:
        pixels -= np.float32(low)
    return Image(pixels, unit, spacing, float(high - low))


def header_sha256(header: Header, frame: int) -> str:
    """Hash what `to_image` takes from a header: an image of the same stored values and the same hash has the same values and spacing."""
    data, own = header.dataset, functional(header.dataset, frame, "PixelValueTransformationSequence")
    said: list[object] = [text(data, word).upper() for word in _MEANING]
    said += [number(source, word) for source in (data, own) for word in ("RescaleSlope", "RescaleIntercept")]
    said += [str(value(table, word)) for table in items(data, "ModalityLUTSequence")[:1] for word in ("LUTDescriptor", "LUTData")]
    said += [str(value(data, word)) for word in _COLOURS]
    said += [header.spacing_mm(frame), header.bits_allocated, header.bits_stored, header.signed]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _unit(header: Header) -> str:
    if header.modality == "NM":
        return "counts"
    rescale = text(header.dataset, "RescaleType").upper()
    if header.modality == "CT" and rescale in ("", "HU") and number(header.dataset, "RescaleIntercept") is not None:
        return "hu"
    return "grey"


def without_unused_bits(stored: npt.NDArray[Any], header: Header) -> npt.NDArray[Any]:
    """Bits above High Bit hold old overlays in some files; they are no part of the value."""
    unused = header.bits_allocated - header.bits_stored
    if stored.dtype.kind != "u" or unused <= 0 or int(stored.max()) < 2**header.bits_stored:
        return stored
    return np.asarray(stored & stored.dtype.type(2**header.bits_stored - 1))


def modality_values(stored: npt.NDArray[Any], header: Header, frame: int = 0) -> tuple[Pixels, float | None, float | None]:
    """Pixels in the modality's unit, and where the ends of the stored scale lie there (None: the scale is open)."""
    table = items(header.dataset, "ModalityLUTSequence")
    if table:
        bits = numbers(table[0], "LUTDescriptor")
        pixels = np.array(apply_modality_lut(stored, header.dataset), np.float32)
        return pixels, 0.0, float(2 ** int(bits[2]) - 1) if len(bits) == 3 and bits[2] > 0 else float(pixels.max())
    own = functional(header.dataset, frame, "PixelValueTransformationSequence")
    source = header.dataset if own is None else own
    slope, intercept = number(source, "RescaleSlope"), number(source, "RescaleIntercept")
    slope, intercept = (1.0 if slope is None else slope), (0.0 if intercept is None else intercept)
    if slope == 0:
        raise UnreadableImage(f"{header.name}: Rescale Slope (0028,1053) is 0, so all pixels would be one value. Export the file again.")
    pixels = np.array(stored, np.float32)
    if slope != 1:
        pixels *= np.float32(slope)
    if intercept:
        pixels += np.float32(intercept)
    if stored.dtype.kind == "f" or header.bits_stored > 24:
        return pixels, None, None
    lowest = -(2 ** (header.bits_stored - 1)) if header.signed else 0
    ends = sorted((lowest * slope + intercept, (lowest + 2**header.bits_stored - 1) * slope + intercept))
    return pixels, ends[0], ends[1]


def _windowed(pixels: Pixels, header: Header) -> Pixels | None:
    """The first window or table for viewing, as 0..1; None, and a line in the log, where it is not plausible."""
    shown, why = voi_values(pixels, header)
    if shown is None:
        _LOG.info("%s: full stored scale instead of the file's window: %s", header.name, why)
    return shown


def voi_values(pixels: Pixels, header: Header, counts: npt.NDArray[Any] | None = None) -> tuple[Pixels | None, str]:
    """The first window or table for viewing as 0..1, of values behind the modality's table (PS3.3 C.11.2); None and why, if not plausible.

    `counts`: how often each of the values occurs, where they are levels and not pixels.
    """
    centres, widths = numbers(header.dataset, "WindowCenter"), numbers(header.dataset, "WindowWidth")
    table = items(header.dataset, "VOILUTSequence")
    if table and not centres:
        return _looked_up(pixels, table[0])
    if not centres or not widths:
        return None, "no window"
    centre, width = centres[0], widths[0]
    kind = text(header.dataset, "VOILUTFunction").upper() or "LINEAR"
    if width <= 0 or (kind == "LINEAR" and width < 1):
        return None, f"window width {width:g}"
    inside = float(np.average(np.abs(pixels - np.float32(centre)) < width / 2, weights=counts))
    if inside < _INSIDE_WINDOW:
        return None, f"the window holds {inside:.1%} of the pixels"
    if len(centres) > 1:
        _LOG.info("%s: the first of %d windows is taken", header.name, len(centres))
    return _window(pixels, centre, width, kind), ""


def _looked_up(values: Pixels, table: Any) -> tuple[Pixels | None, str]:
    """PS3.3 C.11.2.1.1: entries for whole values from the first mapped on; what lies beyond has the first or last entry."""
    descriptor, found = numbers(table, "LUTDescriptor"), value(table, "LUTData")
    if len(descriptor) != 3 or found is None:
        return None, "a table for viewing without entries"
    count, first, bits = int(descriptor[0]) or 2**16, descriptor[1], int(descriptor[2])
    wide = not isinstance(found, bytes) or len(found) >= 2 * count  # entries of 8 bits may lie in bytes or in words
    entries = np.frombuffer(found, "<u2" if wide else "u1") if isinstance(found, bytes) else np.asarray(found)
    if len(entries) < count:
        return None, f"a table for viewing of {len(entries)} entries that should have {count}"
    places = np.clip(np.rint(values - np.float32(first)), 0, count - 1).astype(np.int32)
    return (entries[:count].astype(np.float32) / np.float32(2**bits - 1))[places], ""


def _window(pixels: Pixels, centre: float, width: float, kind: str) -> Pixels:
    """PS3.3 C.11.2.1.2 and .3: linear, linear exact or sigmoid -> 0..1."""
    if kind == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(-4 * (pixels - np.float32(centre)) / np.float32(width))), np.float32)
    if kind == "LINEAR":
        centre, width = centre - 0.5, max(width - 1, math.ulp(1.0))
    return np.asarray(np.clip((pixels - np.float32(centre)) / np.float32(width) + np.float32(0.5), 0, 1), np.float32)
