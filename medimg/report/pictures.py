"""Pictures of single cases for the report: small, and without anything but their pixels."""

import base64
import io
from pathlib import Path

from PIL import Image

LONGEST_SIDE = 320


def data_uri(path: Path, longest: int = LONGEST_SIDE) -> str | None:
    """A PNG as data: address, drawn anew so that no text or header travels along; None when it cannot be read."""
    try:
        with Image.open(path) as picture:
            drawn = picture.convert("L" if picture.mode in ("1", "L", "I;16") else "RGB")
    except (OSError, ValueError):
        return None
    drawn.thumbnail((longest, longest))
    bare = Image.frombytes(drawn.mode, drawn.size, drawn.tobytes())
    stream = io.BytesIO()
    bare.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
