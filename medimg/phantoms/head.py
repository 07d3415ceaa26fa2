"""One patient's head as geometry: points in mm -> how much of each tissue is there.

x runs to the patient's left, y to the front, z up; the origin is the anterior commissure. Shapes are worked out on a coarse grid,
where all of them are smooth, and turned into tissue on a fine one, where their edges are sharp.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from medimg.phantoms.fields import Array, Volume, capsule, ellipsoid, enlarge, join, meet, ramp

TISSUES = ("fat", "marrow", "bone", "muscle", "skin", "csf", "grey", "white", "deep_grey", "iron", "blood", "dura", "choroid", "eye")

Push = Callable[[Array, Array, Array, Array, Array, Array], tuple[Array, Array]]
Lay = Callable[[str, Array], None]

_VENTRICLE = (  # one side: x, y, z, radius of each joint of the lateral ventricle, horn by horn
    ((9, 31, 1, 1.5), (8, 22, 13, 4.2)),
    ((8, 22, 13, 4.2), (10, 0, 23, 3.6)),
    ((10, 0, 23, 3.6), (15, -25, 21, 4.2)),
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
    size = rng.normal(1, 0.035) * np.array([rng.normal(1, 0.03), rng.normal(1, 0.03), rng.normal(1, 0.025)])
    return Build(
        age=age,
        size=(float(size[0]), float(size[1]), float(size[2])),
        roll_deg=float(rng.normal(0, 4)),
        pitch_deg=float(rng.normal(-4, 7)),
        shift_mm=(float(rng.normal(0, 3)), float(rng.normal(0, 5))),
        atrophy=atrophy,
        scalp_mm=float(np.clip(rng.normal(6, 1.6), 3, 11)),
        skull_mm=float(np.clip(rng.normal(7, 1.2), 4.5, 10)),
        cortex_mm=float(np.clip(rng.normal(2.9 - 0.4 * atrophy, 0.15), 2.2, 3.4)),
        fold_mm=float(rng.uniform(17, 21)),
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

    def shapes(self, z_mm: float, fov_mm: float, cells: int, push: Push | None = None) -> dict[str, Array]:
        """Signed distances (mm, positive inside) of everything on one plane, on the coarse grid."""
        x, y, z = self.points(z_mm, fov_mm, cells)
        s1, s2, s3 = self.slow.at(x, y, z), self.slow.at(x + 60, y, z), self.slow.at(x, y + 60, z)
        out: dict[str, Array] = {"x": x, "y": y, "z": z, "s1": s1, "s2": s2}
        out.update(_shell(x + 0.9 * s1, y + 0.9 * s2, z + 0.9 * s3))
        wx, wy, wz = x + 1.8 * s1, y + 1.8 * s2, z + 1.8 * s3
        if push is not None:
            wx, wy = push(x, y, z, wx, wy, out["hull"])
        p1, p2 = self.patch.at(wx, wy, wz), self.fine.at(wx, wy, wz)
        out.update(p1=p1, p2=p2)
        out.update(_hind(wx, wy, wz, out["hull"]))
        out.update(_deep(wx, wy, wz, p1, self.build.atrophy))
        out.update(self._cerebrum(wx, wy, wz, out))
        out.update(self._face(x, y, z, out))
        return out

    def _cerebrum(self, x: Array, y: Array, z: Array, near: dict[str, Array]) -> dict[str, Array]:
        """Depth below the pial surface, and distance to the nearest sulcus."""
        a = self.build.atrophy
        gap = 1.6 + 1.8 * a + 1.2 * np.clip(near["s2"], 0, 2) + 0.9 * a * np.clip(y / 40, 0, 1)
        joined = np.maximum(1 - np.sqrt(((y + 8) / 39) ** 2 + ((z - 6) / 21) ** 2), 0) * 24
        middle = x - 0.8 * near["s1"] - 0.25 * near["p1"]
        fissure = np.hypot(middle, joined) - (0.7 + 0.9 * a)
        depth = meet(near["hull"] - gap, fissure, 3)
        depth = meet(depth, -near["hind"] - 1.2, 2)
        depth = meet(depth, -near["cistern"], 3)
        gy, gx = np.gradient(depth)
        step = np.hypot(gx, gy) + 1e-3
        reach = np.clip(depth, 0, 26) * 0.72
        fx, fy = x - reach * gx / step, y + reach * gy / step
        fold = self.fold.at(fx + 4 * near["s1"] + 1.0 * near["p1"], fy + 4 * near["s2"] + 0.7 * near["p2"], z)
        cell = float(np.hypot(x[0, 1] - x[0, 0], y[0, 1] - y[0, 0]))
        dy, dx = np.gradient(fold, cell)
        sulcus = fold / np.sqrt(dx * dx + dy * dy + 0.05**2)
        lateral = np.abs(x)
        insula = 39 - 0.006 * (y - 5) ** 2 + 1.5 * near["p1"]
        cleft = np.sqrt((lateral - insula) ** 2 + np.maximum(np.abs(y - 3) - 20, 0) ** 2 + np.maximum(np.abs(z - 4) - 13, 0) ** 2)
        opening = 10 - 1.5 * z - 0.35 * (lateral - 40) + 3 * near["s2"]
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
        f1, f2 = self.patch.at(lateral + 300, y, z), self.fine.at(lateral + 300, y, z)
        face = ellipsoid(x, y, z, (0, 38, -62), (64, 60, 58))
        nose = capsule(x, y, z, (0, 92, -30, 5.0), (0, 116, -62, 11.0))
        skin = near["cranium"] + self.build.skull_mm + self.build.scalp_mm
        if float(z.min()) < 5:
            skin = join(join(skin, face, 18), nose, 9)
        eye = ellipsoid(lateral, y, z, (32, 68, -27), (12, 12.5, 12))
        orbit = join(ellipsoid(lateral, y, z, (30, 60, -26), (19, 20, 17)), ellipsoid(lateral, y, z, (22, 40, -24), (11, 26, 11)), 5)
        nerve = np.maximum(
            capsule(lateral, y, z, (30, 58, -25, 1.9), (12, 16, -20, 1.9)), capsule(lateral, y, z, (43, 66, -26, 2.0), (20, 22, -21, 1.6))
        )
        nerve = np.maximum(nerve, capsule(lateral, y, z, (20, 66, -26, 2.2), (14, 22, -22, 1.6)))
        cells = join(ellipsoid(x, y, z, (0, 48, -30), (12, 26, 17)), ellipsoid(x, y, z, (0, 14, -27), (14, 14, 11)), 3)
        cells = join(cells, ellipsoid(lateral, y, z, (7, 80, -8), (13, 6, 14)), 2)
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
    narrow = 1 + 0.0016 * np.clip(y + 10, 0, 90) - 0.0006 * np.clip(-y - 30, 0, 70)
    main = _dome(x * narrow, y, z)
    lateral = np.abs(x)
    temporal = ellipsoid(lateral, y, z, (37, -12, -12), (27, 37, 25))
    front = ellipsoid(x, y, z, (0, 30, 0), (52, 38, 18))
    hind = ellipsoid(x, y, z, (0, -60, -26), (55, 39, 32))
    stem = capsule(x, y, z, (0, -18, -12, 20.0), (0, -36, -60, 15.0))
    hull = join(join(join(join(main, temporal, 7), front, 6), hind, 8), stem, 6)
    base = ellipsoid(x, y, z, (0, -18, -14), (68, 78, 40))
    return {"hull": hull, "cranium": join(hull, base, 14)}


def _dome(x: Array, y: Array, z: Array) -> Array:
    """The upper head: an ellipsoid, high above its equator and flat below it."""
    upper = ellipsoid(x, y, np.maximum(z, 0), (0, -17, 0), (69, 87, 74))
    lower = ellipsoid(x, y, np.minimum(z, 0), (0, -17, 0), (69, 87, 13))
    return np.asarray(np.where(z > 0, upper, lower), np.float32)


def _hind(x: Array, y: Array, z: Array, hull: Array) -> dict[str, Array]:
    """Cerebellum and brain stem (hind), the cisterns around them, the fourth ventricle."""
    lateral = np.abs(x)
    tent = 3 - 0.34 * lateral - 0.30 * np.maximum(-45 - y, 0) - z
    cerebellum = meet(meet(tent * 0.92, hull - 2.2, 4), -(y + 31 + 0.12 * lateral), 4)
    notch = ellipsoid(x, y, z, (0, -98, -34), (4, 14, 22))
    cerebellum = meet(cerebellum, -notch, 3)
    midbrain = ellipsoid(lateral, y, z, (5, -21, -11), (12, 12, 15))
    pons = ellipsoid(x, y, z, (0, -24, -27), (18, 13.5, 14))
    stem = join(join(midbrain, pons, 5), capsule(x, y, z, (0, -30, -36, 9.0), (0, -38, -62, 7.0)), 6)
    peduncle = capsule(lateral, y, z, (8, -28, -28, 8.0), (24, -48, -32, 9.0))
    hind = join(join(cerebellum, stem, 1), peduncle, 5)
    star = ellipsoid(x, y, z, (0, -3, -17), (15, 11, 9))
    around = meet(stem + 4.5, -(y + 2) * 1.0, 4)
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


_FINE = (
    "hull",
    "cranium",
    "skin",
    "depth",
    "sulcus",
    "sylvian",
    "middle",
    "hind",
    "stem",
    "cerebellum",
    "peduncle",
    "fourth",
    "ventricle",
    "third",
    "caudate",
    "putamen",
    "pallidum",
    "thalamus",
    "hippocampus",
    "eye",
    "orbit",
    "nerve",
    "cells",
    "mastoid",
    "temple",
    "f1",
    "f2",
    "p1",
    "p2",
    "s1",
    "tent",
    "y",
    "z",
    "x",
)


def tissues(head: Head, shapes: dict[str, Array], fine: int) -> tuple[Array, dict[str, Array]]:
    """Coarse distances -> share of each tissue (T, fine, fine) and the fine fields that lesions need."""
    f = {name: enlarge(shapes[name], fine) for name in _FINE}
    share = np.zeros((len(TISSUES), fine, fine), np.float32)
    left: Array = np.ones((fine, fine), np.float32)

    def paint(name: str, amount: Array) -> None:
        nonlocal left
        laid = left * amount
        share[TISSUES.index(name)] += laid
        left = left - laid

    brain = _paint_brain(head, f, paint)
    _paint_shell(head, f, paint)
    f["brain"] = brain
    return share, f


def _paint_brain(head: Head, f: dict[str, Array], lay: Lay) -> Array:
    """Everything inside the skull, from what lies over the rest to what lies under it."""
    b = head.build
    inside = ramp(f["hull"], 1.2)
    depth, a = f["depth"], b.atrophy
    sinus = np.maximum(
        2.6 + 0.8 * f["s1"] - np.hypot(f["x"] * 0.9, np.maximum(f["hull"] - 2.6, 0)),
        np.where(np.abs(f["tent"]) < 6, 3.2 - np.hypot(f["tent"] * 0.6, f["hull"] - 3), -9),
    )
    sinus = np.where(f["y"] < 20, sinus, sinus - 1.2)
    lay("blood", ramp(sinus, 1.2) * inside)
    falx = 0.45 - np.abs(f["middle"])
    lay("dura", 0.75 * ramp(falx, 1.0) * ramp(-depth, 1.5) * inside * ramp(f["hull"] - 1.0, 2))
    line = np.abs(f["sulcus"])
    limit = 15 + 6 * f["s1"] + 5 * f["p2"]
    over = np.maximum(depth - limit, 0)
    opened = (0.25 + 0.45 * a) + (0.5 + 0.7 * a) * np.exp(-np.maximum(depth, 0) / 5)
    groove = np.hypot(line, over) - opened
    groove = np.minimum(groove, f["sylvian"] - (0.6 + 1.4 * a))
    cord = np.where(f["depth"] > -3, groove, 9)
    vein = 0.95 - np.hypot(np.maximum(cord, 0) * 0.7, 2.6 * f["p2"]) - 0.06 * np.maximum(depth, 0)
    lay("blood", 0.9 * ramp(vein, 0.9) * ramp(-np.abs(depth - 2) + 9, 2) * inside * ramp(-f["hind"], 1))
    water = np.maximum(f["ventricle"], np.maximum(f["third"], f["fourth"]))
    lay("choroid", ramp(f["ventricle"] - 1.6, 1.2) * ramp(f["p2"] - 0.4, 0.6) * ramp(-f["y"] - 15, 10))
    lay("csf", ramp(water, 1.2))
    _paint_hind(f, lay)
    cerebrum = ramp(depth, 0.9)
    lay("csf", inside * (1 - cerebrum))
    lay("csf", inside * ramp(-groove, 0.8))
    nuclei = np.maximum(f["caudate"], f["putamen"])
    lay("iron", ramp(f["pallidum"], 2.0))
    lay("deep_grey", ramp(nuclei, 1.2))
    lay("deep_grey", 0.7 * ramp(f["thalamus"], 3.0))
    lay("grey", ramp(f["hippocampus"] + f["p2"], 1.5))
    ribbon = b.cortex_mm * (1 + 0.12 * f["p1"]) - np.minimum(groove, depth)
    ribbon = np.minimum(ribbon, 6 + np.minimum(f["ventricle"] * -1, 20))
    lay("grey", inside * ramp(ribbon, 1.3))
    lay("white", inside)
    return np.asarray(inside * np.maximum(cerebrum, ramp(f["hind"], 1)), np.float32)


def _paint_hind(f: dict[str, Array], lay: Lay) -> None:
    """Cerebellum with its leaves, and the brain stem."""
    inside = ramp(f["hind"], 1.0)
    leaf = np.sin((f["cerebellum"] * 0.9 + 2.2 * f["p1"] + 0.35 * f["z"]) * (2 * np.pi / 5.2))
    outer = ramp(9 + 3 * f["p1"] - f["cerebellum"], 6) * ramp(f["cerebellum"] + 0.5, 1) * ramp(-f["stem"], 3) * ramp(-f["peduncle"] - 2, 4)
    lay("csf", inside * outer * 0.55 * ramp(leaf - 0.72, 0.5))
    lay("grey", inside * outer * (0.55 + 0.3 * ramp(-leaf, 1.0)))
    lay("white", inside * 0.75)
    lay("grey", inside)


def _paint_shell(head: Head, f: dict[str, Array], lay: Lay) -> None:
    """Skull, scalp and face."""
    b = head.build
    skull = b.skull_mm * (1 + 0.12 * f["s1"])
    out = -f["cranium"]
    skin_in = f["skin"]
    lay("dura", 0.8 * ramp(0.5 - np.abs(f["hull"] + 0.3), 0.9))
    body = ramp(skin_in, 1.2)
    lay("skin", body * ramp(1.6 - skin_in, 1.0))
    bone = ramp(skull - out, 1.0) * body
    flat = ramp(f["z"] + 6, 10)
    diploe = ramp(skull * 0.31 - np.abs(out - skull * 0.5), 1.0) * ramp(0.9 + f["p1"], 1.0)
    lay("eye", ramp(f["eye"], 1.0))
    fatty = ramp(f["orbit"], 1.2)
    lay("muscle", fatty * ramp(f["nerve"], 0.9))
    lay("fat", fatty)
    septa = ramp(0.25 - np.abs(f["f2"]), 0.2)
    hollow = np.maximum(ramp(f["cells"], 1.0), 0.9 * ramp(f["mastoid"], 2) * ramp(f["f2"], 0.5))
    lay("skin", 0.6 * hollow * septa * body)
    lay("bone", hollow * body)
    lay("muscle", body * ramp(f["temple"], 1.2) * ramp(out - skull + 3, 1.5) * (0.75 + 0.25 * ramp(f["f1"], 1)))
    lay("marrow", bone * diploe * flat)
    base = 1 - flat
    lay("marrow", bone * base * ramp(f["f1"] - 0.4, 0.4) * 0.8)
    lay("bone", bone)
    deep = ramp(skin_in - b.scalp_mm - 3, 2) * base * body
    lay("muscle", deep * ramp(f["f1"] + 0.25, 0.3))
    lay("bone", deep * ramp(f["f2"] - 0.6, 0.4))
    lay("fat", deep * 0.85)
    lay("fat", body * (0.85 + 0.1 * f["p2"]).clip(0, 1))
    lay("muscle", body)
