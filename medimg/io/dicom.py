"""DICOM in, images out: header first, then one frame decoded, then its values given their meaning."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import UID

from medimg.errors import UnreadableImage
from medimg.io.elements import text
from medimg.io.frames import choose_frame
from medimg.io.grey import to_image
from medimg.io.header import Header, read_header
from medimg.io.image import Image

__all__ = ["Header", "decoder_of", "read_dicom", "read_frames", "read_header", "read_stored", "text"]
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_FASTEST = {  # of 2048 x 2048 pixels of 12 bit: RLE 6 ms and not 31, JPEG-LS 63 and not 110
    "1.2.840.10008.1.2.5": "pylibjpeg",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
}


def read_dicom(path: Path, frame: int | None = None, *, name: str = "image", voi: bool = False) -> Image:
    """Read one frame: modality table, the window only on request and where plausible, MONOCHROME1 inverted once on the fixed scale.

    Counts (NM) and HU (CT) are never inverted nor windowed. `frame` None: see `frames.choose_frame`.
    """
    header = read_header(path, name=name)
    index = choose_frame(header, frame)
    stored = _decoded(path, header, index)
    try:
        return to_image(stored, header, index, voi=voi)
    except UnreadableImage:
        raise
    except Exception as fault:
        raise UnreadableImage(f"{name}: a table for its grey values is damaged ({type(fault).__name__}). Export the file again.") from None


def read_stored(path: Path, frame: int | None = None, *, name: str = "image") -> tuple[npt.NDArray[Any], int, Header]:
    """One frame's values as stored, before any table, the frame's number (from 0) and the header."""
    header = read_header(path, name=name)
    index = choose_frame(header, frame)
    return _decoded(path, header, index), index, header


def read_values(path: Path, header: Header) -> npt.NDArray[Any]:
    """The only frame's values as stored, of a file whose header was read and found fit before: (H, W)."""
    return _decoded(path, header, 0)


def read_frames(path: Path, *, name: str = "image") -> npt.NDArray[Any]:
    """All frames as stored: (H, W) or (H, W, 3), with the frames first if there are several."""
    return _decoded(path, read_header(path, name=name), None)


def _decoded(path: Path, header: Header, index: int | None) -> npt.NDArray[Any]:
    _check_decoder(header)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True)
            if not dataset.file_meta.get("TransferSyntaxUID"):
                dataset.file_meta.TransferSyntaxUID = UID(header.syntax)
            pixels = pixel_array(dataset, index=index, decoding_plugin=_fastest(header.syntax))
    except MemoryError:
        raise UnreadableImage(f"{header.name}: the pixels do not fit into memory. Leave the file out.") from None
    except Exception as fault:
        raise UnreadableImage(_undecodable(header, fault)) from None
    return np.asarray(pixels)


def _fastest(syntax: str) -> str:
    """The decoder to be used where it is installed; "" leaves it to pydicom."""
    wanted = _FASTEST.get(syntax, "")
    return wanted if wanted and wanted in get_decoder(UID(syntax)).available_plugins else ""


def decoder_of(header: Header) -> str:
    """The package that decodes a file's pixels first; numpy where they are plain numbers."""
    if not header.compressed:
        return "numpy"
    return _fastest(header.syntax) or next(iter(get_decoder(UID(header.syntax)).available_plugins), "pydicom")


def _called(header: Header) -> str:
    syntax = UID(header.syntax)
    return f"{header.syntax} ({syntax.name})" if syntax.name != header.syntax else header.syntax


def _check_decoder(header: Header) -> None:
    try:
        missing = not get_decoder(UID(header.syntax)).is_available
    except NotImplementedError:
        raise UnreadableImage(
            f"{header.name}: no decoder for transfer syntax {_called(header)}, in medimg[dicom] neither. "
            "Convert the file to Explicit VR Little Endian.",
            code="decoder_missing",
        ) from None
    if missing:
        raise UnreadableImage(
            f"{header.name}: transfer syntax {_called(header)} needs a decoder: pip install 'medimg[dicom]'.", code="decoder_missing"
        )


def _undecodable(header: Header, fault: Exception) -> str:
    """Without the decoder's own words: they can quote the header, and the header can hold a name."""
    begin = f"{header.name}: the pixels in transfer syntax {_called(header)} cannot be decoded ({type(fault).__name__}): "
    if header.syntax == _JPEG_EXTENDED:
        return begin + "12 bit needs pylibjpeg-libjpeg (GPL, so not in medimg[dicom]). Convert it to Explicit VR Little Endian."
    if header.compressed:
        return (
            begin
            + "damaged, or a variant that the decoders here lack. Install medimg[dicom] if it is not, or export the file uncompressed."
        )
    return begin + "the header contradicts the pixels. Export the file again."
