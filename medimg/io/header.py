"""What a DICOM header says before a pixel is touched, and whether the file is long enough and sane enough to keep its promise."""

import math
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pydicom
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medimg.errors import UnreadableImage
from medimg.io.elements import functional, number, numbers, text
from medimg.io.intact import PIXELS, UNDEFINED, check_deflated, expected_bytes, fragments, inflated_pixels, pixel_element

MAXPIXELS = 2**28  # one frame of 16384 x 16384: more is a broken or hostile header
_RLE = "1.2.840.10008.1.2.5"
_RLE_RATIO = 64  # two bytes of a run stand for 128 at most


@dataclass(frozen=True)
class Header:
    """A DICOM data set without its pixels, with the size that its pixels must have."""

    dataset: Any
    name: str
    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    syntax: str
    pixels_in: str  # keyword of the element that holds the pixels
    repaired: bool = False  # the file does not name its transfer syntax: that of its data set was taken

    @property
    def modality(self) -> str:
        """Modality (0008,0060) in capitals, "" if absent."""
        return text(self.dataset, "Modality").upper()

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all frames when not compressed."""
        values = self.rows * self.columns * self.samples * self.frames
        return expected_bytes(values, self.bits_allocated, text(self.dataset, "PhotometricInterpretation"))

    @property
    def compressed(self) -> bool:
        """True unless the pixels are stored as plain numbers; a transfer syntax that nobody knows counts as compressed."""
        try:
            return bool(UID(self.syntax).is_compressed)
        except ValueError:
            return True

    @property
    def acquired_month(self) -> str:
        """Year and month of the acquisition, the finest date that may leave the reader; "" if absent."""
        for keyword in ("AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "ContentDate", "StudyDate"):
            found = re.match(r"((?:19|20)\d\d)\.?(0[1-9]|1[0-2])", text(self.dataset, keyword))
            if found:
                return f"{found[1]}-{found[2]}"
        return ""

    def spacing_mm(self, frame: int = 0) -> tuple[float, float] | None:
        """Distance between rows and between columns in the patient's plane; a detector's pitch is divided by the magnification."""
        measures = functional(self.dataset, frame, "PixelMeasuresSequence")
        for source, keyword in ((measures, "PixelSpacing"), (self.dataset, "PixelSpacing"), (self.dataset, "ImagerPixelSpacing")):
            pair = numbers(source, keyword)
            if len(pair) == 2 and min(pair) > 0:
                enlarged = number(self.dataset, "EstimatedRadiographicMagnificationFactor") if keyword == "ImagerPixelSpacing" else None
                divisor = enlarged if enlarged and enlarged >= 1 else 1.0
                return pair[0] / divisor, pair[1] / divisor
        return None

    def slice_mm(self, frame: int = 0) -> float:
        """Position of the image along its own normal, in mm of its frame of reference; NaN if unknown."""
        position = _plane(self.dataset, frame, "PlanePositionSequence", "ImagePositionPatient", 3)
        directions = _plane(self.dataset, frame, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
        if not position or not directions:
            return math.nan
        normal = np.cross(directions[:3], directions[3:])
        length = float(np.linalg.norm(normal))
        return float(np.dot(position, normal) / length) if length > 0.5 else math.nan


def _plane(dataset: Any, frame: int, sequence: str, keyword: str, count: int) -> list[float]:
    for source in (functional(dataset, frame, sequence), dataset):
        values = numbers(source, keyword)
        if len(values) == count:
            return values
    return []


def read_header(path: Path, *, name: str = "image", repair: bool = False) -> Header:
    """Read a header and prove that the pixels it promises are in the file; UnreadableImage says why not.

    `repair`: a grey file whose meta information does not name a transfer syntax is read as its data set is written.
    """
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            deflated = check_deflated(file, name)
            file.seek(0)
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=not deflated)
            return _checked(dataset, file, name, deflated, repair)
    except UnreadableImage:
        raise
    except OSError as fault:
        raise UnreadableImage(f"{name}: the file cannot be read ({fault.strerror or 'read error'}).") from None
    except MemoryError:
        raise UnreadableImage(f"{name}: the file does not fit into memory.") from None
    except Exception as fault:
        raise UnreadableImage(f"{name}: the DICOM header is damaged ({type(fault).__name__}). Export the file again.") from None


def _checked(dataset: Any, file: BinaryIO, name: str, deflated: bool, repair: bool) -> Header:
    tag, length, start = inflated_pixels(dataset) if deflated else pixel_element(dataset, file)
    if tag not in PIXELS:
        what = text(dataset, "Modality") if re.fullmatch(r"[A-Z]{2,16}", text(dataset, "Modality")) else "no modality"
        raise UnreadableImage(
            f"{name}: no pixel data (7FE0,0010): not an image ({what}), or the file was cut off. Leave it out, or copy it again.",
            code="truncated" if "Rows" in dataset else "not_applicable" if "SOPClassUID" in dataset else "not_dicom",
        )
    header = _sizes(dataset, name, PIXELS[tag], repair)
    if header.repaired and length == UNDEFINED:
        raise _unnamed_syntax(name)
    available = length if deflated else os.fstat(file.fileno()).st_size - start
    if header.compressed and not deflated:
        encoded = fragments(file, start, name) if length == UNDEFINED else min(length, available)
        if header.syntax == _RLE and header.pixel_bytes / header.frames > _RLE_RATIO * max(encoded, 1):
            raise UnreadableImage(
                f"{name}: {header.rows} x {header.columns} pixels cannot come out of {encoded} bytes. Export the file again."
            )
    else:
        _check_length(header, min(length, available))
    return header


def _sizes(dataset: Any, name: str, pixels_in: str, repair: bool) -> Header:
    found = {keyword: number(dataset, keyword) for keyword in ("Rows", "Columns", "BitsAllocated")}
    wrong = [keyword for keyword, size in found.items() if size is None or size < 1]
    if wrong:
        raise UnreadableImage(
            f"{name}: {', '.join(wrong)} missing or not a number above 0, so the pixels have no shape. Export the file again."
        )
    rows, columns, allocated = (int(size or 0) for size in found.values())
    samples = int(number(dataset, "SamplesPerPixel") or 1)
    frames = int(number(dataset, "NumberOfFrames") or 1)
    if rows * columns * samples > MAXPIXELS or frames < 1 or samples > 4:
        raise UnreadableImage(
            f"{name}: the header claims {rows} x {columns} pixels of {samples} samples in {frames} frames: "
            "absurd, so nothing is decoded. Export the file again."
        )
    stored = int(number(dataset, "BitsStored") or allocated)
    named = text(getattr(dataset, "file_meta", None), "TransferSyntaxUID")
    return Header(
        dataset, name, rows, columns, samples, frames, allocated, min(stored, allocated), number(dataset, "PixelRepresentation") == 1,
        named or _syntax(dataset, name, samples, repair), pixels_in, not named,
    )  # fmt: skip


def _syntax(dataset: Any, name: str, samples: int, repair: bool) -> str:
    """The encoding that a data set was parsed with, if it is grey, and has no file meta at all or may be repaired."""
    meta = getattr(dataset, "file_meta", None)
    grey = samples == 1 and text(dataset, "PhotometricInterpretation").startswith("MONOCHROME")
    if (meta is not None and len(meta) and not repair) or not grey:
        raise _unnamed_syntax(name)
    implicit, little = dataset.original_encoding
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def _unnamed_syntax(name: str) -> UnreadableImage:
    return UnreadableImage(
        f"{name}: no Transfer Syntax UID (0002,0010), so the coding of its pixels is unknown. Export the file again.",
        code="no_transfer_syntax",
    )


def _check_length(header: Header, present: int) -> None:
    if present < header.pixel_bytes:
        raise UnreadableImage(
            f"{header.name}: cut off: {present} bytes of pixels where {header.rows} x {header.columns} x {header.samples} samples x "
            f"{header.frames} frames x {header.bits_allocated} bits need {header.pixel_bytes}. Copy the file again.",
            code="no_transfer_syntax" if header.repaired else "truncated",
        )
