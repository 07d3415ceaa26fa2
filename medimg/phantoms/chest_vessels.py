"""Pulmonary vessels: trunks that leave the hila, and branches that divide and taper until the pleura."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Array, Plane
from medimg.phantoms.chest_strokes import smooth

Stroke = tuple[tuple[float, float, float, float], float]
Trunk = tuple[list[tuple[int, int]], float, float]  # points in mm, radius at the hilum and at the end
DEPTH_OF_GREY_MM = 0.12
# (x from the midline outwards, y): upper lobe's artery, interlobar artery, upper and lower vein
RIGHT: list[Trunk] = [
    ([(22, -28), (36, -36), (45, -52)], 5.5, 3.6), ([(22, -22), (39, -16), (49, 0), (52, 20), (56, 42)], 7.5, 4.4),
    ([(28, 6), (42, -8), (51, -28), (58, -52)], 5.0, 2.8), ([(20, 28), (42, 33), (62, 40)], 5.0, 3.0),
]  # fmt: skip
LEFT: list[Trunk] = [
    ([(24, -38), (38, -46), (44, -60)], 5.0, 3.4), ([(20, -32), (38, -38), (48, -28), (52, -8), (53, 14), (57, 36)], 8.0, 4.4),
    ([(28, -4), (43, -18), (53, -38), (60, -58)], 5.0, 2.8), ([(20, 26), (42, 31), (62, 38)], 5.0, 3.0),
]  # fmt: skip
# seen from the side (x to the back, y), those of both lungs: to the upper lobes, interlobar, to the middle lobe, lower veins
SIDE: list[Trunk] = [
    ([(-6, -26), (-14, -44), (-20, -64)], 5.0, 3.0), ([(4, -34), (14, -54), (22, -76)], 4.8, 3.0),
    ([(-6, -20), (4, -2), (9, 18), (16, 42)], 6.2, 3.4), ([(-4, -8), (-20, 8), (-36, 26)], 3.4, 2.0),
    ([(-2, 14), (12, 22), (30, 30)], 5.5, 3.2), ([(6, -24), (20, -20), (34, -14)], 3.8, 2.6),
    ([(-8, -18), (-26, -22), (-44, -28)], 3.6, 2.4),
]  # fmt: skip
LEFT_ARCH: Trunk = ([(-8, -28), (4, -41), (16, -38), (22, -24), (23, -4), (26, 20)], 7.5, 4.4)


def pulmonary_pa(patient: Patient, rng: Generator) -> list[Stroke]:
    """Arteries and veins of both lungs from behind, in upright mm."""
    strokes: list[Stroke] = []
    for pair in zip(RIGHT, LEFT, strict=True):
        for side, trunk in zip((-1, 1), pair, strict=True):
            _grow(rng, trunk, np.array([side * patient.wide, patient.tall]), 118 * patient.tall, patient.wide, strokes)
    return strokes


def pulmonary_lateral(patient: Patient, rng: Generator) -> list[Stroke]:
    """Vessels of both lungs from the side, in upright mm; the hila overlap."""
    strokes: list[Stroke] = []
    scale = np.array([patient.deep, patient.tall])
    for size in (1.0, 0.9):
        for trunk in SIDE:
            _grow(rng, trunk, scale, 100 * patient.tall, size * patient.wide, strokes)
    _grow(rng, LEFT_ARCH, scale, 90 * patient.tall, 0.85 * patient.wide, strokes)
    return strokes


def _grow(rng: Generator, trunk: Trunk, scale: Array, reach: float, size: float, out: list[Stroke]) -> None:
    """Draw one trunk and let its branches leave to both sides, the last ones straight on."""
    points, first, last = trunk
    line = smooth((np.array(points, float) + rng.normal(0, 1.8, (len(points), 2))) * scale, 16)
    radius = np.linspace(first, last, 16) * size * rng.uniform(0.9, 1.1)
    for k in range(15):
        out.append(((*line[k], *line[k + 1]), float(radius[k])))
    for k, side in ((5, 1), (7, -1), (9, 1), (11, -1), (13, 1), (15, -0.45), (15, 0.35)):
        heading = np.arctan2(*(line[min(k + 1, 15)] - line[k - 1])[::-1]) + side * rng.uniform(0.6, 1.1)
        tree(rng, (float(line[k, 0]), float(line[k, 1])), heading, float(radius[k]) * rng.uniform(0.5, 0.8), reach * (1 - k / 60), out)


def tree(rng: Generator, start: tuple[float, float], heading: float, radius: float, reach: float, out: list[Stroke]) -> None:
    """Grow one vessel (mm, radians clockwise from the image's right) and its branches; each piece is a stroke with its radius."""
    x, y = start
    length, bend = 0.0, rng.normal(0, 0.045)
    while radius > 0.32 and length < reach:
        step = 2.6 + 3.0 * radius**0.6
        heading += bend + rng.normal(0, 0.09)
        ahead = (x + step * np.cos(heading), y + step * np.sin(heading))
        out.append(((x, y, *ahead), radius))
        (x, y), length = ahead, length + step
        radius *= 1 - 0.45 * step / max(reach - length, step)
        if rng.random() < 0.06 * step and radius > 0.45:
            share = rng.uniform(0.5, 0.85)
            turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
            tree(rng, ahead, heading + turn * (1.2 - 0.5 * share), radius * share, (reach - length) * 0.85, out)
            heading -= 0.4 * turn * share**2
            radius *= (1 - 0.55 * share**3) ** (1 / 3)


def drawn(plane: Plane, strokes: list[Stroke]) -> Array:
    """Depth in mm of all vessels and their sheaths on one plane (H, W); arteries, the first half, and veins add up."""
    depth = np.zeros(plane.shape, np.float32)
    for part in (strokes[: len(strokes) // 2], strokes[len(strokes) // 2 :]):
        depth += _page(plane, part)
    return depth


def _page(plane: Plane, strokes: list[Stroke]) -> Array:
    ends = plane.pixels(np.array([line for line, _ in strokes]).reshape(-1, 2))[:, ::-1].reshape(-1, 4).tolist()
    layers = []
    for pixels, (_, radius) in zip(ends, strokes, strict=True):
        for share, depth in ((1.0, 2.4), (0.6, 3.6)) if 2 * radius > 3 * plane.pixel_mm else ((1.0, 5.4),):
            width = 2 * radius * share / plane.pixel_mm
            layers.append((min(int(depth * radius / DEPTH_OF_GREY_MM * min(width, 1)), 255), width, pixels))
    page = Image.new("L", plane.shape[::-1])
    draw = ImageDraw.Draw(page)
    for grey, width, pixels in sorted(layers):  # the deepest last
        draw.line(pixels, fill=grey, width=max(round(width), 1))
        if width > 3:
            for column, row in (pixels[:2], pixels[2:]):
                draw.ellipse([column - width / 2, row - width / 2, column + width / 2, row + width / 2], fill=grey)
    return np.asarray(page.filter(ImageFilter.GaussianBlur(0.7)), np.float32) * np.float32(DEPTH_OF_GREY_MM)
