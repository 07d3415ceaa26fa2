"""Masks of a film in few bytes, for the table of a results folder."""

import json
import zlib
from collections.abc import Mapping

import numpy as np

from medimg.metrics import Flags


def pack(masks: Mapping[str, Flags], manual: bool) -> bytes:
    """Masks (rows, columns) of one shape, and whether people drew them -> compressed bits."""
    shape = next(iter(masks.values())).shape if masks else (0, 0)
    head = json.dumps({"organs": list(masks), "shape": shape, "manual": manual}).encode()
    return zlib.compress(head + b"\n" + b"".join(np.packbits(mask).tobytes() for mask in masks.values()), 6)


def unpack(data: bytes) -> tuple[dict[str, Flags], bool]:
    """Give back what was packed."""
    line, _, bits = zlib.decompress(data).partition(b"\n")
    head = json.loads(line)
    rows, columns = head["shape"]
    planes = np.frombuffer(bits, np.uint8).reshape(len(head["organs"]), -(-rows * columns // 8))
    flags = np.unpackbits(planes, axis=1, count=rows * columns).astype(bool).reshape(len(planes), rows, columns)
    return dict(zip(head["organs"], flags, strict=True)), head["manual"]
