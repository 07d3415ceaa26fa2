"""One patient's head as geometry: points in mm -> signed distances to skin, skull, sulci, ventricles and the rest.

x runs to the patient's left, y to the front, z up; the origin is the anterior commissure. Shapes are worked out on a coarse grid,
where all of them are smooth; `tissue.py` turns them into tissue on a fine one, where their edges are sharp.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from medimg.phantoms.fields import Array, Volume, capsule, ellipsoid, join, meet

Window = tuple[slice, slice]
ALL: Window = (slice(None), slice(None))
Push = Callable[[Array, Array, Array, Array, Array, Array], tuple[Array, Array]]

_VENTRICLE = (  # one side: x, y, z, radius of each joint of the lateral ventricle, horn by horn
    ((15, 32, 4, 1.7), (6, 13, 11, 3.6)),
    ((6, 13, 11, 3.6), (10, 0, 22, 3.6)),
    ((13, 30, 10, 2.0), (9, 14, 17, 3.4)),
    ((9, 14, 17, 3.4), (10, 0, 22, 3.6)),
    ((10, 0, 22, 3.6), (15, -25, 21, 4.2)),
    ((15, -25, 21, 4.2), (24, -40, 9, 5.2)),
    ((24, -40, 9, 5.2), (21, -62, 5, 1.6)),
    ((24, -40, 9, 5.2), (33, -22, -11, 2.0)),
    ((33, -22, -11, 2.0), (30, -5, -18, 1.4)),
)


@dataclass(frozen=True)
class Build:
    """What makes one head differ from another."""

    age: float
    size: tuple[float, float, float]
    roll_deg: float
    pitch_deg: float
    shift_mm: tuple[float, float]
    atrophy: float  # 0 young and full, 1 old and shrunken
    scalp_mm: float
    skull_mm: float
    cortex_mm: float
    fold_mm: float
    asymmetry: float


def draw_build(rng: np.random.Generator, age: float) -> Build:
    """Draw a head for a person of this age."""
    atrophy = float(np.clip((age - 25) / 60 + rng.normal(0, 0.16), 0.02, 1))
    size = rng.normal(1.0, 0.03) * np.array([rng.normal(0.96, 0.03), rng.normal(1, 0.03), rng.normal(1, 0.025)])
    return Build(
        age=age,
        size=(float(size[0]), float(size[1]), float(size[2])),
        roll_deg=float(rng.normal(0, 3.5)),
        pitch_deg=float(rng.normal(3, 4.5)),
        shift_mm=(float(rng.normal(0, 3)), float(rng.normal(0, 5))),
        atrophy=atrophy,
        scalp_mm=float(np.clip(rng.normal(3.9, 1.1), 2.0, 7)),
        skull_mm=float(np.clip(rng.normal(6.5, 1.1), 4.5, 9)),
        cortex_mm=float(np.clip(rng.normal(3.3 - 0.4 * atrophy, 0.15), 2.6, 3.8)),
        fold_mm=float(rng.uniform(16, 20)),
        asymmetry=float(rng.normal(0, 0.02)),
    )


class Head:
    """A head ready to be cut anywhere; two cuts of it agree with each other."""

    def __init__(self, build: Build, rng: np.random.Generator) -> None:
        self.build = build
        self.fold = Volume(rng, build.fold_mm, 0.22)
        self.slow = Volume(rng, 75, 0.45)
        self.patch = Volume(rng, 17, 0.4)
        self.fine = Volume(rng, 10, 0.3)

    def window(self, z_mm: float, fov_mm: float, cells: int) -> Window:
        """Return the rows and columns of the coarse grid that hold the head on this plane, with room around it; the rest is air."""
        step = 4
        x, y, z = self.points(z_mm, fov_mm, cells // step)
        skin = _shell(x, y, z)["cranium"] + self.build.skull_mm + self.build.scalp_mm + 5
        if float(z.min()) < 8:
            skin = np.maximum(skin, np.maximum(_front(x, y, z), _nose(x, y, z)) + 5)
        spans = []
        for axis in (1, 0):
            at = np.flatnonzero((skin > -10).any(axis))
            spans.append(slice(step * int(at[0]), step * (int(at[-1]) + 1)))
        return spans[0], spans[1]

    def points(self, z_mm: float, fov_mm: float, cells: int) -> tuple[Array, Array, Array]:
        """Head coordinates of the cells of one cut plane (rows front to back, columns right to left)."""
        b = self.build
        axis = ((np.arange(cells) + 0.5) / cells - 0.5) * fov_mm
        u, v = np.meshgrid(axis - b.shift_mm[0], -(axis - b.shift_mm[1]))
        c, s = np.cos(np.deg2rad(b.roll_deg)), np.sin(np.deg2rad(b.roll_deg))
        x, y = c * u + s * v, -s * u + c * v - 13
        tilt = np.tan(np.deg2rad(b.pitch_deg))
        z = z_mm + tilt * (y + 15)
        x = x * (1 + b.asymmetry * np.sign(x) * np.tanh(np.abs(y + 15) / 40))
        return (x / b.size[0]).astype(np.float32), (y / b.size[1]).astype(np.float32), (z / b.size[2]).astype(np.float32)

    def shapes(self, z_mm: float, fov_mm: float, cells: int, push: Push | None = None, window: Window = ALL) -> dict[str, Array]:
        """Signed distances (mm, positive inside) of everything on one plane, in a window of the coarse grid."""
        x, y, z = (np.ascontiguousarray(a[window]) for a in self.points(z_mm, fov_mm, cells))
        s1, s2, s3 = self.slow.halved(x, y, z), self.slow.halved(x + 60, y, z), self.slow.halved(x, y + 60, z)
        out: dict[str, Array] = {"x": x, "y": y, "z": z, "s1": s1, "s2": s2}
        out.update(_shell(x + 0.6 * s1, y + 0.6 * s2, z + 0.6 * s3))
        wx, wy, wz = x + 1.8 * s1, y + 1.8 * s2, z + 1.8 * s3
        if push is not None:
            wx, wy = push(x, y, z, wx, wy, out["hull"])
        p1, p2 = self.patch.halved(wx, wy, wz), self.fine.halved(wx, wy, wz)
        out.update(p1=p1, p2=p2)
        out.update(_hind(wx, wy, wz, out["hull"], p1))
        out.update(_deep(wx, wy, wz, p1, self.build.atrophy))
        out.update(self._cerebrum(wx, wy, wz, out))
        out.update(self._face(x, y, z, out))
        return out

    def _cerebrum(self, x: Array, y: Array, z: Array, near: dict[str, Array]) -> dict[str, Array]:
        """Depth below the pial surface, and distance to the nearest sulcus."""
        a = self.build.atrophy
        gap = 0.5 * near["p1"] + 0.4 + 1.2 * a + 0.7 * np.clip(near["s2"], 0, 2) + 0.9 * a * np.clip(y / 40, 0, 1)
        joined = np.maximum(1 - np.sqrt(((y + 8) / 39) ** 2 + ((z - 6) / 21) ** 2), 0) * 24
        middle = x - 0.8 * near["s1"] - 0.12 * near["p1"]
        fissure = np.hypot(middle, joined) - (0.28 + 0.8 * a) * (1 + 0.35 * near["p1"])
        gap = np.maximum(gap, 0.1) * (0.45 + 0.55 * np.clip((z + 12) / 14, 0, 1))
        depth = meet(near["hull"] - gap, fissure, 3)
        depth = meet(depth, -near["hind"] - 1.2 * np.clip((-z - 9) / 5 - (y + 30) / 20, -0.6, 1), 2)
        depth = meet(depth, -near["cistern"], 3)
        gy, gx = np.gradient(depth)
        step = np.hypot(gx, gy) + 1e-3
        reach = np.clip(depth, 0, 26) * (0.42 + 0.30 * np.clip((z + 8) / 12, 0, 1))
        fx, fy = x - reach * gx / step, y + reach * gy / step
        fold = self.fold.at(fx + 4 * near["s1"] + 1.0 * near["p1"], fy + 4 * near["s2"] + 0.7 * near["p2"], z)
        cell = float(np.hypot(x[0, 1] - x[0, 0], y[0, 1] - y[0, 0]))
        dy, dx = np.gradient(fold, cell)
        sulcus = fold / np.sqrt(dx * dx + dy * dy + 0.05**2)
        lateral = np.abs(x)
        insula = 39 - 0.006 * (y - 5) ** 2 + 1.5 * near["p1"]
        cleft = np.sqrt((lateral - insula) ** 2 + np.maximum(np.abs(y - 3) - 20, 0) ** 2 + np.maximum(np.abs(z - 4) - 13, 0) ** 2)
        opening = 10 - 1.5 * z - 0.35 * (lateral - 40) + 3 * near["s2"] + 3.5 * near["p1"] + 1.2 * near["p2"]
        ramus = np.sqrt((0.7 * (y - opening)) ** 2 + np.maximum(38 - lateral, 0) ** 2 + np.maximum(np.abs(z - 2) - 16, 0) ** 2)
        return {
            "depth": depth,
            "sulcus": np.clip(sulcus, -14, 14).astype(np.float32),
            "sylvian": np.minimum(cleft, ramus),
            "middle": middle,
        }

    def _face(self, x: Array, y: Array, z: Array, near: dict[str, Array]) -> dict[str, Array]:
        """Skin, eyes and the mirror-symmetric hollows and muscles of the base."""
        lateral = np.abs(x) + 1.5 * near["s2"]
        f1, f2 = self.patch.halved(lateral + 300, y, z), self.fine.halved(lateral + 300, y, z)
        skin = near["cranium"] + self.build.skull_mm + self.build.scalp_mm
        skin = skin + 5 * np.exp(-(((lateral - 62) / 16) ** 2) - ((y - 24) / 24) ** 2 - (np.minimum(np.abs(z + 12), 60) / 26) ** 2)
        if float(z.min()) < 5:
            skin = join(join(skin, _front(x, y, z), 18), _nose(x, y, z), 9)
        eye = ellipsoid(lateral, y, z, (32, 68, -27), (12, 12.5, 12))
        orbit = join(ellipsoid(lateral, y, z, (30, 57, -26), (15.5, 19, 15.5)), ellipsoid(lateral, y, z, (22, 40, -24), (10, 24, 10)), 5)
        nerve = np.maximum(
            capsule(lateral, y, z, (30, 58, -25, 1.9), (12, 16, -20, 1.9)), capsule(lateral, y, z, (43, 66, -26, 2.0), (20, 22, -21, 1.6))
        )
        nerve = np.maximum(nerve, capsule(lateral, y, z, (20, 66, -26, 2.2), (14, 22, -22, 1.6)))
        cells = join(ellipsoid(x, y, z, (0, 48, -30), (12, 26, 17)), ellipsoid(x, y, z, (0, 14, -27), (14, 14, 11)), 3)
        cells = join(cells, ellipsoid(x - 4 * near["s1"], y, z, (0, 76, -14), (16, 4.5, 12)) + near["s2"], 2)
        mastoid = ellipsoid(lateral, y, z, (56, -38, -34), (14, 18, 18))
        temple = ellipsoid(lateral, y, z, (70, 26, -12), (11, 34, 34))
        return {
            "f1": f1,
            "f2": f2,
            "skin": skin,
            "eye": eye,
            "orbit": orbit,
            "nerve": nerve,
            "cells": cells,
            "mastoid": mastoid,
            "temple": temple,
        }


def _shell(x: Array, y: Array, z: Array) -> dict[str, Array]:
    """Inside of the skull (hull), and the same without its hollows (cranium)."""
    narrow = 1 + 0.0010 * np.clip(y + 10, 0, 90) - 0.0004 * np.clip(-y - 30, 0, 70)
    blunt = np.abs((y + 17) / 88) ** 0.3  # a skull is blunter than an ellipse
    main = _dome(x * narrow, (y + 17) * np.minimum(blunt, 1) - 17, z)
    lateral = np.abs(x)
    temporal = ellipsoid(lateral, y, z, (37, -13, -13), (29, 39, 27))
    front = ellipsoid(x, y, z, (0, 30, 0), (52, 38, 18))
    hind = ellipsoid(x, y, z, (0, -61, -28), (57, 41, 34))
    stem = capsule(x, y, z, (0, -18, -12, 20.0), (0, -36, -60, 15.0))
    hull = join(join(join(join(main, temporal, 7), front, 6), hind, 8), stem, 6)
    base = ellipsoid(x, y, z, (0, -18, -14), (68, 78, 40))
    return {"hull": hull, "cranium": join(hull, base, 14)}


def _dome(x: Array, y: Array, z: Array) -> Array:
    """The upper head: an ellipsoid, high above its equator and flat below it."""
    upper = ellipsoid(x, y, np.maximum(z, 0), (0, -17, 0), (70, 88, 80))
    lower = ellipsoid(x, y, np.minimum(z, 0), (0, -17, 0), (70, 88, 18))
    return np.asarray(np.where(z > 0, upper, lower), np.float32)


def _hind(x: Array, y: Array, z: Array, hull: Array, near_p: Array) -> dict[str, Array]:
    """Cerebellum and brain stem (hind), the cisterns around them, the fourth ventricle."""
    lateral = np.abs(x)
    tent = 4 + 1.5 * near_p - 0.52 * lateral - 0.30 * np.maximum(-45 - y, 0) - z
    cerebellum = meet(meet(tent * 0.92, hull - 2.2, 4), -(y + 34 + 0.16 * lateral - 0.004 * lateral * lateral + 2.5 * near_p), 4)
    notch = ellipsoid(x, y, z, (0, -98, -34), (4, 14, 22))
    cerebellum = meet(cerebellum, -notch, 3)
    midbrain = join(ellipsoid(lateral, y, z, (8, -17, -14), (8, 9, 11)), ellipsoid(x, y, z, (0, -25, -13), (14, 9, 12)), 3)
    pons = ellipsoid(x, y, z, (0, -24, -27), (18, 13.5, 14))
    stem = join(join(midbrain, pons, 5), capsule(x, y, z, (0, -30, -36, 9.0), (0, -38, -62, 7.0)), 6)
    peduncle = capsule(lateral, y, z, (8, -28, -28, 8.0), (24, -48, -32, 9.0))
    hind = join(join(cerebellum, stem, 1), peduncle, 5)
    star = ellipsoid(x, y, z, (0, -3, -18), (13, 9, 8)) + 1.5 * near_p
    around = meet(meet(stem + 1.6 + 0.04 * lateral + 0.6 * near_p, -(y + 12), 4), -(z + 8), 3)
    plate = ellipsoid(x, y, z, (0, -37, -6), (15, 7, 9))
    cistern = join(join(star, around, 3), plate, 3)
    fourth = ellipsoid(x, y, z, (0, -43, -31), (8, 5.5, 11))
    return {"hind": hind, "stem": stem, "cerebellum": cerebellum, "peduncle": peduncle, "cistern": cistern, "fourth": fourth, "tent": tent}


def _deep(x: Array, y: Array, z: Array, p: Array, atrophy: float) -> dict[str, Array]:
    """Ventricles and the grey nuclei around them."""
    lateral = np.abs(x - 0.4)
    wide = 0.75 + 0.75 * atrophy
    ventricle = np.full_like(x, -50)
    for start, end in _VENTRICLE:
        swell = 0.62 if start[2] < 0 else wide
        part = capsule(lateral, y, z, (*start[:3], start[3] * swell + 0.3), (*end[:3], end[3] * swell + 0.2))
        ventricle = join(ventricle, part, 3)
    septum = np.abs(x) - 0.7
    ventricle = meet(ventricle, np.asarray(septum, np.float32), 1)
    third = ellipsoid(x, y, z, (0, -10, 0), (1.3 + 2.4 * atrophy, 14, 11))
    caudate = join(ellipsoid(lateral, y, z, (15, 14, 9), (5.5, 9, 10)), capsule(lateral, y, z, (16, 8, 14, 4.0), (22, -22, 24, 1.8)), 3)
    putamen = ellipsoid(lateral - 0.12 * y, y, z, (26.5, 3, 3), (5.5, 16, 12))
    pallidum = ellipsoid(lateral + 0.25 * y, y, z, (19, -2, 1), (5, 8.5, 8))
    thalamus = ellipsoid(lateral + 0.25 * (y + 18), y, z, (11.5, -17, 8), (8.5, 14, 10))
    hippocampus = join(ellipsoid(lateral, y, z, (26, -18, -15), (7, 18, 6)), ellipsoid(lateral, y, z, (23, -3, -18), (9, 9, 8)), 3)
    return {
        "ventricle": ventricle + 0.5 * p,
        "third": third,
        "caudate": caudate,
        "putamen": putamen,
        "pallidum": pallidum,
        "thalamus": thalamus,
        "hippocampus": hippocampus,
    }


def _front(x: Array, y: Array, z: Array) -> Array:
    return ellipsoid(x, y, z, (0, 38, -62), (64, 60, 58))


def _nose(x: Array, y: Array, z: Array) -> Array:
    return capsule(x, y, z, (0, 92, -30, 5.0), (0, 116, -62, 11.0))
