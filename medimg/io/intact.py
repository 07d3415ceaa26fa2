"""Is the file whole: where its pixels lie, how long they are, and how far a deflated one would grow."""

import math
import os
import zlib
from typing import Any, BinaryIO

from medimg.errors import UnreadableImage

PIXELS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
UNDEFINED = 0xFFFFFFFF
MAX_INFLATED = 2**30  # a 1.5 MB deflated file was seen to need 3 GB
_DEFLATED = "1.2.840.10008.1.2.1.99"


def expected_bytes(values: int, bits: int, photometric: str) -> int:
    """Bytes that uncompressed pixels take: 1-bit values are packed, YBR_FULL_422 shares its colour between two pixels."""
    whole = math.ceil(values * bits / 8)
    return whole * 2 // 3 if photometric == "YBR_FULL_422" else whole


def pixel_element(dataset: Any, file: BinaryIO) -> tuple[int, int, int]:
    """Tag, length and start of the value of the element where the reader stopped; tag 0 at the end of the file."""
    implicit, little = dataset.original_encoding
    order = "little" if little else "big"
    head = file.read(12)
    if len(head) < 8:
        return 0, 0, 0
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)  # type: ignore[arg-type]
    length = int.from_bytes(head[4:8] if implicit else head[8:12], order)  # type: ignore[arg-type]
    return tag, length, file.tell() - (4 if implicit else 0)


def inflated_pixels(dataset: Any) -> tuple[int, int, int]:
    """Tag and length of the pixel data of a data set that was read in full."""
    for tag, keyword in PIXELS.items():
        if keyword in dataset:
            return tag, len(dataset[keyword].value or b""), 0
    return 0, 0, 0


def fragments(file: BinaryIO, start: int, name: str) -> int:
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
                f"{name}: cut off: compressed pixels end {place - size} bytes after the end of the file. Copy the file again.",
                code="truncated",
            )
    if total == 0:
        raise UnreadableImage(f"{name}: the compressed pixel data is empty. Export the file again.", code="truncated")
    return total


def check_deflated(file: BinaryIO, name: str) -> bool:
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
