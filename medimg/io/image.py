"""One file in, one grey image with its unit out: what kind of file it is, is told by its content, never by its name."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg.errors import UnreadableImage

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}


@dataclass(frozen=True)
class Image:
    """Pixels (H, W) and what they mean."""

    pixels: npt.NDArray[np.float32]
    unit: str  # counts, grey, hu
    spacing_mm: tuple[float, float] | None = None  # between rows, between columns
    white: float | None = None  # the value of full white on the stored scale; None where the scale is open (MR, counts, HU)


def kind_of(path: Path, name: str = "image") -> str:
    """`dicom`, `png`, `jpeg` or `tiff`, by the first bytes."""
    try:
        with open(path, "rb") as file:
            head = file.read(132)
    except OSError as fault:
        raise UnreadableImage(
            f"{name}: the file cannot be opened ({fault.strerror}). Check that it is there and that you may read it."
        ) from None
    if head[128:132] == b"DICM":
        return "dicom"  # before all others: a preamble may make the file a TIFF as well
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if _bare_dicom(head):
        return "dicom"
    if not head:
        raise UnreadableImage(f"{name}: the file is empty. Copy it again, or leave it out.", code="not_dicom")
    raise UnreadableImage(f"{name}: neither DICOM, PNG, JPEG nor TIFF. Convert it to one of these, or leave it out.", code="not_dicom")


def read_image(path: Path | str, frame: int | None = None, *, name: str = "image", voi: bool = False) -> Image:
    """Read one image as float32 (H, W); colour becomes luminance, alpha and the EXIF orientation are ignored.

    `frame` counts from 0; None is the only frame, or for nuclear medicine the anterior view in the photopeak window.
    `name` is what an error calls the file: a row id, never a path. `voi` applies a film's window where it is plausible.
    """
    from medimg.io import dicom, raster

    path = Path(path)
    if kind_of(path, name) == "dicom":
        return dicom.read_dicom(path, frame, name=name, voi=voi)
    return raster.read_raster(path, frame, name=name)


def _bare_dicom(head: bytes) -> bool:
    """A data set without preamble: group 0002 or 0008 first, then a VR in capitals or a small length."""
    if len(head) < 12 or head[:2] not in (b"\x02\0", b"\x08\0"):
        return False
    return (head[4:6].isalpha() and head[4:6].isupper()) or int.from_bytes(head[4:8], "little") < 1024
