"""Real and generated pictures of one group side by side, as one picture for the report."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from medimg.words import spaced

Grey = NDArray[np.uint8]
TILE = 64  # screen pixels of a picture, about: pictures are enlarged by whole numbers, so that their pixels stay square
COLUMNS = 6  # of pictures of that size in each half
ROWS = 4
GAP, APART, MARGIN, CAPTION, FONT = 2, 12, 20, 24, 15  # between pictures, pairs and halves; height of a line and of its letters


def file_name(group: str) -> str:
    """Name a group's montage in generated/ of a run, where the report looks for it: `goitre|nodule` -> `goitre+nodule.png`."""
    return re.sub(r"[^\w+-]", "_", group.replace("|", "+")) + ".png"


def montage(real: ArrayLike, generated: ArrayLike, group: str, path: Path, closest: ArrayLike | None = None) -> None:
    """Draw real (N, S, S) pictures left and generated (M, S, S) right, white on black and all on the scale of the real ones, as a PNG.

    Below stand the `closest` (P, 2, S, S) where given: generated pictures with their nearest real ones, in their order. As many of each
    are shown as there is room for. The file holds pixels and captions, no text beside them. A group with letters that no font of this
    machine has goes unnamed: the file's name and the report name it.
    """
    known = np.asarray(real, dtype=float)
    scale = float(known.min()), float(np.percentile(known, 99.5))
    zoom = max(1, round(TILE / known.shape[-1]))
    side = known.shape[-1] * zoom
    columns = max(2, COLUMNS * TILE // side)
    half, name = columns * (side + GAP) - GAP, spaced(group)
    left, right = (_tiles(some, scale, zoom)[: ROWS * columns] for some in (real, generated))
    rows = -(-max(len(left), len(right)) // columns)
    pairs = _tiles(np.zeros((0, 2, 1, 1)) if closest is None else closest, scale, zoom)
    heights = CAPTION + rows * (side + GAP), CAPTION + side if len(pairs) else 0
    sheet = Image.new("L", (2 * half + MARGIN, sum(heights)))
    for start, tiles, title in ((0, left, "real, training part"), (half + MARGIN, right, "generated")):
        named = f"{name}: {title}"
        _caption(sheet, start, 0, named if _font(named) else title)
        for tile, (row, column) in zip(tiles, np.ndindex(rows, columns), strict=False):
            sheet.paste(Image.fromarray(tile), (start + column * (side + GAP), CAPTION + row * (side + GAP)))
    if len(pairs):
        _caption(sheet, 0, heights[0], "closest pairs: generated, and right of it the nearest real one")
    for tile, place in zip(pairs, _places(side, sheet.width), strict=False):
        sheet.paste(Image.fromarray(tile), (place, heights[0] + CAPTION))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _tiles(pictures: ArrayLike, scale: tuple[float, float], zoom: int) -> Grey:
    """Pictures (..., S, S) in grey, enlarged by a whole number: (N, zoom S, zoom S)."""
    values, (low, high) = np.asarray(pictures, dtype=float), scale
    grey = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255
    flat = grey.reshape(-1, *grey.shape[-2:]).astype(np.uint8)
    return flat.repeat(zoom, axis=1).repeat(zoom, axis=2)


def _places(side: int, width: int) -> Iterator[int]:
    """Left edges of pairs: touching within a pair, apart between pairs, as many as the width holds."""
    pair = 2 * side + APART
    for number in range(max(1, (width + APART) // pair)):
        yield from (number * pair, number * pair + side)


def _caption(sheet: Image.Image, left: int, top: int, text: str) -> None:
    ImageDraw.Draw(sheet).text((left, top + 3), text, fill=200, font=_font(text))


def _font(text: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont | None:
    """The font of a caption; None where no font of this machine has its letters."""
    if text.isascii():
        return ImageFont.load_default(FONT)
    from medimg.report.fonts import font_with  # matplotlib takes half a second

    font = font_with(text)
    return ImageFont.truetype(font.path, FONT) if font else None
