"""Ribs and their cartilage drawn from the ribs' projected centre lines, for either view."""

import numpy as np

from medimg.phantoms.chest_body import Rib, ribs
from medimg.phantoms.chest_patients import Patient
from medimg.phantoms.chest_plane import Points
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import capped, nested, outline, smooth, tube

FREE = {11: 0.5, 12: 0.35}  # thickness of the last ribs, which end in the muscles, over that of the others


def draw_ribs(patient: Patient, made: Scene) -> None:
    """Posterior arcs narrow and dense, anterior ones broad and faint, cupped at the cartilage; the side, seen end on, dense."""
    arcs = []
    for rib in ribs(patient):
        line = made.view.project(rib.points)
        turn = int(np.argmax(rib.side * line[:, 0]))
        half, dense = rib.half_mm * 1.12, FREE.get(rib.number, 1.0)
        tip = 1.0 if rib.number < 11 else 0.45
        back, front = line[: turn + 1], line[turn:]
        taper = np.interp(np.linspace(0, 1, len(back)), [0, 0.12, 0.3, 0.6, 1], [0.45, 0.75, 1, 1, tip])
        broad = tip * np.interp(np.linspace(0, 1, len(front)), [0, 0.5, 0.93, 1], [0.95, 1.05, 1.22, 1.15])
        width = half * np.concatenate([taper, broad[1:]])
        whole = [slice(None)] if rib.number > 1 else [slice(turn + 1), slice(turn, None)]  # the first turns too sharply for one stroke
        fading = [slice(round(share * turn)) for share in (0.6, 0.8, 1.0)] + [slice(turn - 4, turn + (len(line) - turn) * 2 // 3)]
        for parts, cortex, deep in ((whole, 0.9, 5.2), (fading, 0.4, 1.2)):
            for part in parts:
                if len(line[part]) > 3:
                    tube(made.bone, made.plane, line[part], width[part], cortex, deep * dense, 0.12)
        if 2 < rib.number < 11:
            tube(made.bone, made.plane, back[8:-2] + np.array([0, half - 1.3]), 0.9, 0.5, 2.6, 0.8)  # the sharp lower border
        if rib.side < 0 and len(back) > 3:
            arcs.append(outline(back, capped(back, half * taper)))
            made.lines[f"rib_{rib.number}"] = back
    made.outlines["ribs_r"] = arcs
    _cartilage(patient, made)


def _cartilage(patient: Patient, made: Scene) -> None:
    """Lime along the borders and in the core of the costal cartilages, more of it with age."""
    rng = np.random.default_rng([patient.anatomy, 8])
    much = rng.uniform(0, 1) * np.clip((patient.age - 25) / 45, 0, 1)
    for rib in ribs(patient):
        if rib.number > 9:
            continue
        end, before = rib.points[-1], rib.points[-6]
        breastbone = np.array([rib.side * 20 * patient.wide, min(end[1] - 4, (-92 + 14 * rib.number) * patient.tall), end[2] + 6])
        line = made.view.project(smooth(np.array([end, end + 1.2 * (end - before), breastbone]), 40))
        for share, last in zip(rng.uniform(-1, 1, 12), rng.integers(3, 40, 12), strict=True):
            if rng.random() < much * (1.0 if last < 12 or rib.number == 1 else 0.5):
                piece = line[max(last - rng.integers(3, 9), 0) : last]
                beside = rib.half_mm * (0.9 * np.sign(share) if abs(share) > 0.4 else share)
                border = nested(piece, beside, [1.0])[0][: len(piece)] if len(piece) > 2 else piece
                if len(border) > 2:
                    tube(made.bone, made.plane, border, rng.uniform(0.6, 1.7), 0.4, rng.uniform(1.5, 4.0), 0.8)


def draw_ribs_lateral(made: Scene, every: list[Rib]) -> None:
    """Ribs from the side: those of the right, farther from the detector, larger."""
    for rib in every:
        line = made.view.project(rib.points)
        turn = int(np.argmax(line[:, 0]))
        dense = FREE.get(rib.number, 1.0)
        for part in (line[: turn + 1][::-1], line[turn:]):
            if len(part) > 3:
                tube(made.bone, made.plane, part, _slender(part, rib.half_mm), 0.8, 4.4 * dense, 0.08)
        near = line[max(turn - 6, 0) : turn + 12]
        if len(near) > 8:
            tube(made.bone, made.plane, near, rib.half_mm * 0.9 * np.sin(np.linspace(0.1, np.pi - 0.1, len(near))) ** 0.7, 1.0, 6.0, 0.5)


def _slender(part: Points, half_mm: float) -> Points:
    return np.asarray(half_mm * np.interp(np.linspace(0, 1, len(part)), [0, 0.7, 1], [1.05, 1.05, 0.85]))
