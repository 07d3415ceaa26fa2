"""What an image is, told by its pixels: an id that survives moved and converted files, and the header facts that prove no leak."""

import hashlib
import math
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg.io import dicom, raster
from medimg.io.grey import header_sha256
from medimg.io.image import kind_of


@dataclass(frozen=True)
class Facts:
    """One image's id and pixel hash; UIDs as in the file (raw: hash before they go anywhere), month, position in mm ("" if unknown).

    `header_sha256` is of what else an image's values and spacing depend on ("" for files without a header).
    """

    id: str
    pixel_sha256: str
    frame: int
    study: str = ""
    series: str = ""
    sop: str = ""
    frame_of_reference: str = ""
    acquired_month: str = ""
    slice_mm: str = ""
    header_sha256: str = ""


def _digest(stored: npt.NDArray[Any]) -> Any:
    """SHA-256 over shape, type and stored values; the byte order of the file does not matter."""
    little = np.ascontiguousarray(stored, stored.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.shape} {little.dtype.str} ".encode())
    digest.update(little.data)
    return digest


def read_facts(path: str, frame: int = -1) -> Facts:
    """Decode one image and fingerprint it; frame -1 is the default frame."""
    chosen = None if frame < 0 else frame
    if kind_of(Path(path)) != "dicom":
        stored, index = raster.read_stored(Path(path), chosen)
        return facts_of_values(stored, index)
    stored, index, header = dicom.read_stored(Path(path), chosen)
    uids = (dicom.text(header.dataset, word) for word in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"))
    position = header.slice_mm(index)
    place = "" if math.isnan(position) else f"{position:.3f}"
    return facts_of_values(stored, index, *uids, header.acquired_month, place, header_sha256(header, index))


def facts_of_values(stored: npt.NDArray[Any], index: int, *header: str) -> Facts:
    """Fingerprint values as stored; `header`: the UIDs and what else of `Facts` the file tells."""
    digest = _digest(stored)
    pixels = digest.hexdigest()
    digest.update(f"frame {index}".encode())
    return Facts(digest.hexdigest()[:16], pixels, index, *header)


def facts_in_child(task: tuple[str, int]) -> tuple[Any, ...]:
    """`read_facts` in plain types, for worker processes."""
    return astuple(read_facts(*task))
