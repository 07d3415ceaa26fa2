"""Letters on films: the lead side mark in the beam, and text that a computer burns in."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_field import Field
from medimg.phantoms.chest_scene import Scene

LEAD = 60.0  # mm of cortical bone that attenuate like the letter
WORDS = ("PA ERECT", "ERECT", "PORTABLE", "SUPINE", "AP", "ROOM 2", "15:42", "SITTING")


def letters(text: str, high_px: float, turn: int = 0) -> NDArray[np.bool_]:
    """Text as pixels (H, W)."""
    font = ImageFont.load_default(size=max(high_px * 1.35, 4))
    left, top, right, bottom = font.getbbox(text)
    page = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(page).text((1 - left, 1 - top), text, fill=255, font=font)
    return np.asarray(page.rotate(turn, expand=True)) > 96


def lead(scene: Scene, field: Field, exam: Exam, room: Room, rng: Generator) -> None:
    """Lay the lead letter into an upper corner of the field: the patient's own side on a PA film."""
    mark = letters(room.marker, rng.uniform(13, 17) / scene.plane.pixel_mm)
    right = room.marker == "L" if exam.view == "PA" else False
    top, left, _, far = (side // 2 for side in field.edges)
    away = rng.uniform(7, 11) / scene.plane.pixel_mm
    row = int(top + away + rng.uniform(0, 25) / scene.plane.pixel_mm)
    column = int(far - away - mark.shape[1] if right else left + away)
    if row < 0 or column < 0 or row + mark.shape[0] > scene.plane.shape[0] or column + mark.shape[1] > scene.plane.shape[1]:
        return
    scene.bone[row : row + mark.shape[0], column : column + mark.shape[1]] += np.float32(LEAD) * mark


def annotate(shape: tuple[int, int], field: Field, exam: Exam, lung: NDArray[np.bool_], rng: Generator) -> NDArray[np.bool_] | None:
    """Pixels of burned-in text (H, W): beside the lungs where there is room, over them where that is planted, or None."""
    step = field.plane.pixel_mm
    top, left, bottom, right = field.edges
    text = str(rng.choice(WORDS))
    over = exam.amounts.get("text_over_lung")
    if over is None and rng.random() < 0.6:
        return None
    mark = letters(text, (over or rng.uniform(3.5, 5.0)) / step)
    high, wide = mark.shape
    if over is None:
        row, column = bottom - high - round(6 / step), left + round(6 / step)
    else:
        rows, columns = np.nonzero(lung[::16, ::16])
        middle = int(rng.integers(len(rows) // 4, max(3 * len(rows) // 4, len(rows) // 4 + 1)))
        row, column = int(rows[middle]) * 16 - high // 2, int(columns[middle]) * 16 - wide // 2
    row, column = min(max(row, top + 1), bottom - high - 1), min(max(column, left + 1), right - wide - 1)
    page = np.zeros(shape, bool)
    if row < 0 or column < 0:
        return None
    page[row : row + high, column : column + wide] = mark
    return None if over is None and bool((page & lung).any()) else page
