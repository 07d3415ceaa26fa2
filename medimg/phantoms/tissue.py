"""From shapes to shares of tissue, painted in the order in which one hides another."""

from collections.abc import Callable

import numpy as np

from medimg.phantoms.fields import Array, enlarge, ramp
from medimg.phantoms.head import Head

TISSUES = ("fat", "marrow", "bone", "muscle", "skin", "csf", "grey", "white", "deep_grey", "iron", "blood", "dura", "choroid", "eye")

Lay = Callable[[str, Array], None]

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
    """Coarse distances -> share of each tissue (T, fine, columns in proportion) and the fine fields that lesions need."""
    f = {name: _finer(shapes[name], fine, name in "xyz") for name in _FINE}
    share = np.zeros((len(TISSUES), *f["x"].shape), np.float32)
    left: Array = np.ones(f["x"].shape, np.float32)

    def paint(name: str, amount: Array) -> None:
        nonlocal left
        laid = left * amount
        share[TISSUES.index(name)] += laid
        left = left - laid

    brain = _paint_brain(head, f, paint)
    _paint_shell(head, f, paint)
    f["brain"] = brain
    return share, f


def _finer(field: Array, fine: int, always: bool) -> Array:
    """Enlarge a shape, or say in one number that it is nowhere near this plane."""
    if always or float(field.max()) > -8:
        return enlarge(field, fine)
    return np.asarray(-50, np.float32)


def _paint_brain(head: Head, f: dict[str, Array], lay: Lay) -> Array:
    """Everything inside the skull, from what lies over the rest to what lies under it."""
    b = head.build
    inside = ramp(f["hull"], 1.2)
    depth, a = f["depth"], b.atrophy
    sinus = np.maximum(
        2.6 + 0.8 * f["s1"] - np.hypot(f["x"] * 0.9, np.maximum(f["hull"] - 2.6, 0)),
        2.8 - np.hypot(f["tent"] * 0.5, f["hull"] - 2.6) - 4 * ramp(f["y"] + 50, 16),
    )
    sinus = np.where(f["y"] < 20, sinus, sinus - 1.2) - 9 * ramp(44 - np.abs(f["y"] + 14), 10) * ramp(30 - f["z"], 10)
    lay("blood", ramp(sinus, 1.2) * inside)
    falx = 0.25 - np.abs(f["middle"])
    lay("dura", 0.6 * ramp(falx, 0.8) * ramp(-f["hind"] - 1, 2) * ramp(-depth, 1.5) * inside * ramp(f["hull"] - 1.0, 2))
    line = np.abs(f["sulcus"])
    limit = np.maximum(17 + 3 * f["s1"] + 1.2 * f["p2"] + 2 * f["p1"], 5)
    over = np.maximum(depth - limit, 0)
    shallow = np.exp(-np.maximum(depth, 0) / 5)
    opened = 0.35 * a + 0.0 - 0.02 * np.maximum(depth, 0) + (0.45 + 0.75 * a) * shallow + 0.14 * (f["p1"] + f["s1"])
    groove = np.hypot(line, over) - opened
    groove = np.minimum(groove, f["sylvian"] - (0.35 + 1.1 * a) * (1 + 0.4 * f["p1"]))
    cord = np.where(f["depth"] > -3, groove, 9)
    vein = 0.3 + 0.45 * f["s1"] - np.hypot(np.maximum(cord, 0) * 0.9, 3.4 * f["p2"]) - 0.05 * np.maximum(depth, 0)
    lay("blood", 0.9 * ramp(vein, 0.9) * ramp(-np.abs(depth - 2) + 9, 2) * inside * ramp(-f["hind"], 1))
    water = np.maximum(f["ventricle"], np.maximum(f["third"], f["fourth"]))
    lay("choroid", 0.8 * ramp(f["ventricle"] - 1.8, 1.4) * ramp(f["p2"] - 0.6, 0.8) * ramp(-f["y"] - 15, 10))
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
    blur = np.asarray(1.8 + 0.5 * np.tanh(f["p2"]), np.float64)
    lay("grey", inside * ramp(ribbon, blur))
    streak = 0.10 + 0.09 * f["s1"] + 0.05 * f["p2"] + 0.25 * np.exp(np.minimum(f["ventricle"], 0) / 4) * (0.3 + a)
    lay("grey", inside * np.clip(streak, 0, 0.6))
    lay("white", inside)
    return np.asarray(inside * np.maximum(cerebrum, ramp(f["hind"], 1)), np.float32)


def _paint_hind(f: dict[str, Array], lay: Lay) -> None:
    """Cerebellum with its leaves, and the brain stem."""
    inside = ramp(f["hind"], 1.0)
    leaf = np.sin((f["cerebellum"] + 0.5 * f["p1"] + 0.8 * f["s1"] - 0.3 * f["y"]) * (2 * np.pi / 4.4))
    outer = ramp(9 + 3 * f["p1"] - f["cerebellum"], 6) * ramp(f["cerebellum"] + 0.5, 1) * ramp(-f["stem"], 3) * ramp(-f["peduncle"] - 2, 4)
    lay("csf", inside * outer * 0.32 * ramp(leaf - 0.7, 0.6))
    lay("grey", inside * outer * (0.5 + 0.3 * ramp(-leaf, 1.4)))
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
    diploe = ramp(skull * (0.27 + 0.05 * f["p1"]) - np.abs(out - skull * 0.5), 1.2) * ramp(1.6 + f["p1"], 2.0)
    lay("eye", ramp(f["eye"], 1.0))
    fatty = ramp(f["orbit"], 1.2)
    lay("muscle", fatty * ramp(f["nerve"], 0.9))
    lay("fat", fatty)
    septa = ramp(0.25 - np.abs(f["f2"]), 0.2)
    hollow = np.maximum(ramp(f["cells"], 1.0), 0.9 * ramp(f["mastoid"], 2) * ramp(f["f2"], 0.5))
    lay("skin", 0.6 * hollow * septa * body)
    lay("bone", hollow * body)
    temporalis = ramp(f["temple"] + 1.5 * f["p1"], 7) * ramp(out - skull + 1.5, 1.5) * ramp(skin_in - 3.2 - 0.8 * f["s1"], 1.5)
    lay("muscle", body * temporalis * (0.75 + 0.25 * ramp(f["f1"], 1)))
    lay("marrow", bone * diploe * flat)
    base = 1 - flat
    lay("marrow", bone * base * ramp(f["f1"] - 0.3, 1.6) * 0.6)
    lay("bone", bone)
    deep = ramp(skin_in - b.scalp_mm - 3, 2) * base * body
    lay("muscle", deep * ramp(f["f1"] + 0.25 + 0.3 * f["f2"], 0.5))
    lay("bone", deep * ramp(f["f2"] - 0.6, 0.8))
    lay("fat", deep * 0.85)
    lay("fat", body * (0.8 + 0.12 * f["p2"] + 0.1 * f["p1"]).clip(0, 1))
    lay("muscle", body)
