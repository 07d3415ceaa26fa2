"""Films drawn from polygons in mm, so that every landmark and measure is known without looking at a pixel.

Body coordinates are (y, x) in mm: x to the image's right, y down, the spine at x = 0.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from medimg.qc.film import Film

CPA = {"r": (125.0, -135.0), "l": (128.0, 133.0)}
DOME = {"r": (85.0, -80.0), "l": (92.0, 95.0)}
FOOT = {"r": (115.0, -30.0), "l": (120.0, 25.0)}  # where a dome would meet the mediastinum without the heart
APEX = {"r": (-130.0, -60.0), "l": (-128.0, 58.0)}
END = {"r": (-95.0, -22.0), "l": (-93.0, 20.0)}  # medial clavicle ends
HEART = (62.0, 22.0, 55.0, 58.0)  # centre y, x and half-axes along y, x
GREY = {"mediastinum": 0.7, "lung_r": 0.2, "lung_l": 0.2, "lung": 0.35, "lung_both": 0.25, "heart": 0.75, "spine": 0.85}
RIB_TOPS = tuple(-125.0 + 20 * k for k in range(12))  # at the spine; 14 mm lower at the right dome's summit
THICK = 10.0


@dataclass(frozen=True)
class Pose:
    """From mm to pixels: spacing, (rows, columns), turned clockwise about the body's centre, shifted by (y, x) mm, mirrored."""

    spacing: float = 0.8
    shape: tuple[int, int] = (500, 500)
    angle_deg: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    def __call__(self, points):
        y, x = np.atleast_2d(np.asarray(points, dtype=float)).T
        c, s = np.cos(np.deg2rad(self.angle_deg)), np.sin(np.deg2rad(self.angle_deg))
        row, column = y * c + x * s + self.shift[0], x * c - y * s + self.shift[1]
        middle = (np.array(self.shape) - 1) / 2
        return np.stack([row / self.spacing + middle[0], column / self.spacing + middle[1]], axis=1)

    def at(self, point):
        row, column = self(point)[0]
        return float(row), float(column)


def fill(points, shape):
    """Pixels whose centre lies inside a polygon of (row, column) points, by counting crossings: bool (rows, columns)."""
    y0, x0 = np.asarray(points, dtype=float).T
    y1, x1 = np.roll(y0, -1), np.roll(x0, -1)
    rows = np.arange(shape[0])[:, None]
    where, edge = np.nonzero((y0 <= rows) != (y1 <= rows))
    x = x0[edge] + (where - y0[edge]) * (x1 - x0)[edge] / (y1 - y0)[edge]
    toggles = np.zeros((shape[0], shape[1] + 1), dtype=int)
    np.add.at(toggles, (where, np.clip(np.ceil(x), 0, shape[1]).astype(int)), 1)
    return np.cumsum(toggles, axis=1)[:, :-1] % 2 == 1


def box(top, left, bottom, right):
    return np.array([(top, left), (top, right), (bottom, right), (bottom, left)], dtype=float)


def ellipse(y, x, high, wide, first=0.0, last=2 * np.pi, n=240):
    t = np.linspace(first, last, n)
    return np.stack([y + high * np.sin(t), x + wide * np.cos(t)], axis=1)


def dome_curve(side, n=120):
    """The dome from its costophrenic angle over its summit to the mediastinum: two halves of parabolas."""
    (cy, cx), (sy, sx), (fy, fx) = CPA[side], DOME[side], FOOT[side]
    x = np.linspace(cx, fx, n)
    beside = (x - sx) * np.sign(cx - sx) > 0
    return np.stack([sy + np.where(beside, (cy - sy) * ((x - sx) / (cx - sx)) ** 2, (fy - sy) * ((x - sx) / (fx - sx)) ** 2), x], axis=1)


def lung_outline(side):
    (ay, ax), (cy, cx), (_, fx) = APEX[side], CPA[side], FOOT[side]
    t = np.linspace(0, 1, 80)
    wall = np.stack([ay + (cy - ay) * t, ax + (cx - ax) * np.sqrt(1 - (1 - t) ** 2)], axis=1)
    u = np.linspace(0, np.pi / 2, 60)
    inner = np.stack([-60 + (ay + 60) * np.sin(u), ax + (fx - ax) * np.cos(u)], axis=1)
    return np.vstack([wall, dome_curve(side), inner])


def clavicle(side):
    """A bar with a round medial end of 6 mm radius that reaches to END."""
    (y, x), out = END[side], -1 if side == "r" else 1
    turn = ellipse(y, x + out * 6, 6, -out * 6, -np.pi / 2, np.pi / 2, 40)
    return np.vstack([turn, [(y - 20, x + out * 130), (y - 32, x + out * 130)]])


def rib(k):
    top = RIB_TOPS[k]
    return np.array([(top, -20), (top + 28 * 0.9, -134), (top + 28 * 0.9 + 8, -134), (top + 8, -20)])


def frontal_outlines(rotation_mm=0.0):
    """Polygons of a frontal film; both clavicle ends are moved by `rotation_mm` to the image's right."""
    side_shift = np.array([0.0, rotation_mm])
    outlines = {f"lung_{side}": lung_outline(side) for side in "rl"}
    outlines |= {f"clavicle_{side}": clavicle(side) + side_shift for side in "rl"}
    outlines |= {f"diaphragm_{side}": np.vstack([dome_curve(side), dome_curve(side)[::-1] + np.array([10.0, 0.0])]) for side in "rl"}
    outlines["scapula_r"] = np.array([(-90.0, -185.0), (-80.0, -105.0), (60.0, -140.0), (40.0, -185.0)])
    outlines["scapula_l"] = np.array([(-90.0, 185.0), (-80.0, 110.0), (60.0, 145.0), (40.0, 185.0)])
    outlines["spine"] = box(-230, -16, 230, 16)
    outlines["trachea"] = box(-140, -8, -60, 10)
    outlines["heart"] = ellipse(*HEART)
    outlines["mediastinum"] = box(-140, -27, 110, 24)
    return outlines


def frontal_masks(pose=Pose(), rotation_mm=0.0):
    return {organ: mask.copy() for organ, mask in _frontal_masks(pose, rotation_mm).items()}


@lru_cache(maxsize=8)
def _frontal_masks(pose, rotation_mm):
    masks = {organ: fill(pose(points), pose.shape) for organ, points in frontal_outlines(rotation_mm).items()}
    masks["mediastinum"] |= masks["heart"]
    for side in "rl":
        masks[f"lung_{side}"] &= ~masks["heart"]
    masks["ribs_r"] = np.logical_or.reduce([fill(pose(rib(k)), pose.shape) for k in range(len(RIB_TOPS))])
    return masks


def grey(masks, blur=1.2, noise=0.01, seed=0):
    """Organs of known grey on a body of 0.6, blurred by a Gaussian of `blur` pixels, with white noise."""
    picture = np.full(next(iter(masks.values())).shape, 0.6)
    for organ in ("lung_r", "lung_l", "lung", "lung_both", "mediastinum", "heart", "spine"):
        if organ in masks:
            picture[masks[organ]] = GREY[organ]
    picture = ndimage.gaussian_filter(picture, blur) if blur else picture
    return (picture + np.random.default_rng(seed).normal(0, noise, picture.shape)).astype(np.float32)


def frontal(pose=Pose(), *, rotation_mm=0.0, field=None, view="PA", stored=None, trust=None, masks=None, pixels=True, **look):
    masks = frontal_masks(pose, rotation_mm) if masks is None else masks
    field = field or (0, 0, *pose.shape)
    return Film(view, masks, grey(masks, **look) if pixels else None, field, pose.spacing, stored or {}, trust or {})


LUNG_LAT = np.vstack([
    ellipse(-40.0, -10.0, 100.0, 90.0, -np.pi, 0.0, 120), [(120.0, 85.0)],
    np.stack([120 - 45 * (1 - ((x := np.linspace(80, -88, 80)) / 84) ** 2), x], axis=1), [(118.0, -92.0)],
])  # fmt: skip
LAT_CPA = (120.0, 85.0)
STERNUM = np.array([(-70.0, -6.0), (-70.0, 6.0), (70.0, 6.0), (70.0, -6.0)])  # upright; laid at an angle and place
STERNUM_AT, STERNUM_DEG = (-20.0, -125.0), 20.0


def turned(points, angle_deg, centre):
    """Turn (y, x) points clockwise, as seen on the film, and move them to a centre."""
    c, s = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    return np.stack([points[:, 0] * c + points[:, 1] * s, points[:, 1] * c - points[:, 0] * s], axis=1) + centre


def lateral_masks(pose=Pose(), apart=(0.0, 0.0)):
    """A lateral film whose second lung lies `apart` (down, to the back; in mm) from the first."""
    return {organ: mask.copy() for organ, mask in _lateral_masks(pose, apart).items()}


@lru_cache(maxsize=8)
def _lateral_masks(pose, apart):
    one, other = (fill(pose(LUNG_LAT + np.array(away)), pose.shape) for away in ((0.0, 0.0), apart))
    masks = {"lung": one | other, "lung_both": one & other}
    masks["sternum"] = fill(pose(turned(STERNUM, STERNUM_DEG, STERNUM_AT)), pose.shape)
    masks["spine"] = fill(pose(box(-230, 92, 230, 128)), pose.shape)
    masks["heart"] = fill(pose(ellipse(45.0, -45.0, 40.0, 38.0)), pose.shape)
    x = np.linspace(80, -88, 80)
    curve = np.stack([120 - 45 * (1 - (x / 84) ** 2), x], axis=1)
    masks["diaphragm"] = fill(pose(np.vstack([curve, curve[::-1] + np.array([10.0, 0.0])])), pose.shape)
    masks["arm"] = np.zeros(pose.shape, dtype=bool)
    return masks


def lateral(pose=Pose(), *, apart=(0.0, 0.0), field=None, stored=None, masks=None, pixels=True, **look):
    masks = lateral_masks(pose, apart) if masks is None else masks
    return Film("LAT", masks, grey(masks, **look) if pixels else None, field or (0, 0, *pose.shape), pose.spacing, stored or {})


def by_name(values):
    return {value.metric: value for value in values}


def mirrored(film):
    """The film flipped left to right, with right and left exchanged, so that all is as before but for the heart."""
    names = {organ: f"{organ[:-2]}_{'l' if organ[-1] == 'r' else 'r'}" if organ[-2:] in ("_r", "_l") else organ for organ in film.masks}
    masks = {names[organ]: mask[:, ::-1].copy() for organ, mask in film.masks.items()}
    top, left, bottom, right = film.field
    columns = next(iter(masks.values())).shape[1]
    pixels = None if film.pixels is None else film.pixels[:, ::-1].copy()
    return Film(film.view, masks, pixels, (top, columns - right, bottom, columns - left), film.spacing_mm, film.stored, film.trust)
