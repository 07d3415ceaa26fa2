"""What a DICOM header says before a pixel is touched, and whether the file is long enough and sane enough to keep its promise."""

import math
import os
import re
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pydicom
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medimg.errors import UnreadableImage

MAX_PIXELS = 2**28  # one frame of 16384 x 16384: more is a broken or hostile header
MAX_INFLATED = 2**30  # a 1.5 MB deflated file was seen to need 3 GB
_PIXELS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
_DEFLATED = "1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"
_RLE_RATIO = 64  # two bytes of a run stand for 128 at most

# Values are checked here, where a fault gets a reason; pydicom's own warnings quote values, and a value can be a name.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


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

    @property
    def modality(self) -> str:
        """Modality (0008,0060) in capitals, "" if absent."""
        return text(self.dataset, "Modality").upper()

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


def value(dataset: Any, keyword: str) -> Any:
    """An element's value; None where it is absent, empty or cannot be understood."""
    try:
        found = None if dataset is None else dataset.get(keyword)
    except Exception:  # a value that pydicom cannot convert is an absent one; what needs it says so
        return None
    return None if found is None or found == "" else found


def text(dataset: Any, keyword: str) -> str:
    """An element's first value as stripped text, "" if absent."""
    found = value(dataset, keyword)
    if isinstance(found, pydicom.multival.MultiValue | list | tuple):
        found = found[0] if len(found) else ""
    return "" if found is None else str(found).replace("\0", "").strip()


def numbers(dataset: Any, keyword: str) -> list[float]:
    """An element's values as finite numbers; [] if absent or if one is no number."""
    found = value(dataset, keyword)
    if found is None:
        return []
    several = isinstance(found, pydicom.multival.MultiValue | list | tuple)
    try:
        values = [float(part) for part in (found if several else [found])]
    except (TypeError, ValueError):
        return []
    return values if all(math.isfinite(part) for part in values) else []


def number(dataset: Any, keyword: str) -> float | None:
    """An element's first value as a finite number."""
    values = numbers(dataset, keyword)
    return values[0] if values else None


def items(dataset: Any, keyword: str) -> list[Any]:
    """The items of a sequence, [] if absent."""
    found = value(dataset, keyword)
    return list(found) if isinstance(found, pydicom.sequence.Sequence) else []


def functional(dataset: Any, frame: int, sequence: str) -> Any:
    """The item of an enhanced object's functional group that holds for one frame: its own, else the shared one, else None."""
    own = items(dataset, "PerFrameFunctionalGroupsSequence")
    for group in [*own[frame : frame + 1], *items(dataset, "SharedFunctionalGroupsSequence")[:1]]:
        if found := items(group, sequence):
            return found[0]
    return None


def read_header(path: Path, *, name: str = "image") -> Header:
    """Read a header and prove that the pixels it promises are in the file; UnreadableImage says why not."""
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            deflated = _check_deflated(file, name)
            file.seek(0)
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=not deflated)
            return _checked(dataset, file, name, deflated)
    except UnreadableImage:
        raise
    except OSError as fault:
        raise UnreadableImage(f"{name}: the file cannot be read ({fault.strerror or 'read error'}).") from None
    except MemoryError:
        raise UnreadableImage(f"{name}: the file does not fit into memory.") from None
    except Exception as fault:
        raise UnreadableImage(f"{name}: the DICOM header is damaged ({type(fault).__name__}). Export the file again.") from None


def _checked(dataset: Any, file: BinaryIO, name: str, deflated: bool) -> Header:
    tag, length, start = _inflated_pixels(dataset) if deflated else _pixel_element(dataset, file)
    if tag not in _PIXELS:
        what = text(dataset, "Modality") if re.fullmatch(r"[A-Z]{2,16}", text(dataset, "Modality")) else "no modality"
        raise UnreadableImage(
            f"{name}: no pixel data (7FE0,0010): not an image ({what}), or the file was cut off. Leave it out, or copy it again."
        )
    header = _sizes(dataset, name, _PIXELS[tag])
    available = length if deflated else os.fstat(file.fileno()).st_size - start
    if UID(header.syntax).is_compressed and not deflated:
        encoded = _fragments(file, start, name) if length == 0xFFFFFFFF else min(length, available)
        if header.syntax == _RLE and _bytes(header) / header.frames > _RLE_RATIO * max(encoded, 1):
            raise UnreadableImage(
                f"{name}: {header.rows} x {header.columns} pixels cannot come out of {encoded} bytes. Export the file again."
            )
    else:
        _check_length(header, min(length, available))
    return header


def _sizes(dataset: Any, name: str, pixels_in: str) -> Header:
    found = {keyword: number(dataset, keyword) for keyword in ("Rows", "Columns", "BitsAllocated")}
    wrong = [keyword for keyword, size in found.items() if size is None or size < 1]
    if wrong:
        raise UnreadableImage(
            f"{name}: {', '.join(wrong)} missing or not a number above 0, so the pixels have no shape. Export the file again."
        )
    rows, columns, allocated = (int(size or 0) for size in found.values())
    samples = int(number(dataset, "SamplesPerPixel") or 1)
    frames = int(number(dataset, "NumberOfFrames") or 1)
    if rows * columns * samples > MAX_PIXELS or frames < 1 or samples > 4:
        raise UnreadableImage(
            f"{name}: the header claims {rows} x {columns} pixels of {samples} samples in {frames} frames: "
            "absurd, so nothing is decoded. Export the file again."
        )
    stored = int(number(dataset, "BitsStored") or allocated)
    return Header(
        dataset, name, rows, columns, samples, frames, allocated, min(stored, allocated), number(dataset, "PixelRepresentation") == 1,
        _syntax(dataset, name, samples), pixels_in,
    )  # fmt: skip


def _syntax(dataset: Any, name: str, samples: int) -> str:
    """The transfer syntax. A bare data set without any file meta has the encoding it was parsed with, if it is grey."""
    meta = getattr(dataset, "file_meta", None)
    named = text(meta, "TransferSyntaxUID")
    if named:
        return named
    grey = samples == 1 and text(dataset, "PhotometricInterpretation").startswith("MONOCHROME")
    if (meta is not None and len(meta)) or not grey:
        raise UnreadableImage(f"{name}: no Transfer Syntax UID (0002,0010), so the coding of its pixels is unknown. Export the file again.")
    implicit, little = dataset.original_encoding
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def _bytes(header: Header) -> int:
    bits = header.rows * header.columns * header.samples * header.frames * header.bits_allocated
    whole = math.ceil(bits / 8)
    return whole * 2 // 3 if text(header.dataset, "PhotometricInterpretation") == "YBR_FULL_422" else whole


def _check_length(header: Header, present: int) -> None:
    expected = _bytes(header)
    if present < expected:
        raise UnreadableImage(
            f"{header.name}: cut off: {present} bytes of pixels where {header.rows} x {header.columns} x {header.samples} samples x "
            f"{header.frames} frames x {header.bits_allocated} bits need {expected}. Copy the file again."
        )


def _pixel_element(dataset: Any, file: BinaryIO) -> tuple[int, int, int]:
    """Tag, length and start of the value of the element where the reader stopped; tag 0 at the end of the file."""
    implicit, little = dataset.original_encoding
    order = "little" if little else "big"
    head = file.read(12)
    if len(head) < 8:
        return 0, 0, 0
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)  # type: ignore[arg-type]
    length = int.from_bytes(head[4:8] if implicit else head[8:12], order)  # type: ignore[arg-type]
    return tag, length, file.tell() - (4 if implicit else 0)


def _inflated_pixels(dataset: Any) -> tuple[int, int, int]:
    for tag, keyword in _PIXELS.items():
        if keyword in dataset:
            return tag, len(dataset[keyword].value or b""), 0
    return 0, 0, 0


def _fragments(file: BinaryIO, start: int, name: str) -> int:
    """Bytes of all fragments of encapsulated pixels, proved to lie inside the file."""
    size, place, total = os.fstat(file.fileno()).st_size, start, 0
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"\xfe\xff\x00\xe0":
            break
        length = int.from_bytes(head[4:], "little")
        place += 8 + length
        total += length
        if place > size:
            raise UnreadableImage(
                f"{name}: cut off: compressed pixels end {place - size} bytes after the end of the file. Copy the file again."
            )
    if total == 0:
        raise UnreadableImage(f"{name}: the compressed pixel data is empty. Export the file again.")
    return total


def _check_deflated(file: BinaryIO, name: str) -> bool:
    """True for a deflated file, after proving in small steps that it does not inflate without measure."""
    head = file.read(1024)
    if _DEFLATED.encode() not in head or head[128:132] != b"DICM":
        return False
    file.seek(144 + int.from_bytes(head[140:144], "little"))
    inflate, total, chunk = zlib.decompressobj(-zlib.MAX_WBITS), 0, b"start"
    while chunk and not inflate.eof and total <= MAX_INFLATED:
        chunk = inflate.unconsumed_tail or file.read(2**16)
        total += len(inflate.decompress(chunk, 2**20))
    if total > MAX_INFLATED:
        raise UnreadableImage(f"{name}: deflated data grows beyond {MAX_INFLATED >> 20} MB. Export the file without deflating.")
    return True
