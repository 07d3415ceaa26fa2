"""How the organs of a film truly lie to each other: rotation, shoulder blades, inspiration, clavicles, borders, arms."""

import numpy as np
from numpy.typing import NDArray

from medimg.phantoms.chest_film import Film, lungs
from medimg.phantoms.chest_landmarks import box, column_line, points
from medimg.phantoms.chest_pa import SUMMIT

Mask = NDArray[np.bool_]
Truth = dict[str, float]


def pa(film: Film) -> Truth:
    """How the organs of a PA film lie to each other."""
    spacing = film.field.plane.pixel_mm
    top, _, bottom, _ = film.field.edges
    slope, base = column_line(film, "spine")
    place = points(film)
    ends = [place["clavicle_r"], place["clavicle_l"]]
    apart = [sign * (column - (slope * row + base)) for sign, (row, column) in zip((-1, 1), ends, strict=True)]
    thorax = box(lungs(film.masks))
    heart = box(film.masks["heart"])
    found = {
        "rotation": min(apart) / max(apart),
        "rotation_mm": abs(apart[0] - apart[1]) * spacing,
        "scapula_overlap": max(_overlap(film.masks[f"scapula_{side}"], film.masks[f"lung_{side}"]) for side in "rl"),
        "inspiration": float(ribs_above(film)),
        "clavicle_level": abs(ends[0][0] - ends[1][0]) / (bottom - top),
    }
    tops = [box(film.masks[f"lung_{side}"]) for side in "rl"]
    found["apex_above_clavicle"] = min(end[0] - edges[0] for end, edges in zip(ends, tops, strict=True) if edges) / (bottom - top)
    if thorax and heart:
        wide = thorax[3] - thorax[1]
        row, column = (axis.mean() for axis in np.nonzero(film.masks["trachea"]))
        found["cardiothoracic_ratio"] = (heart[3] - heart[1]) / wide
        found["trachea_shift"] = float(abs(column - (slope * row + base))) / wide
    return found


def ribs_above(film: Film) -> int:
    """Right posterior arcs whose centre line lies above the right dome where it crosses that dome's summit.

    An arc too short to reach it (the first and the last two) counts by its outer end.
    """
    outer, floor = film.scene.curves["wall_r"], film.scene.curves["dome_r"]
    middle = float(outer.table.min()) * SUMMIT
    count = 0
    for name, line in film.scene.lines.items():
        if name.startswith("rib_"):
            count += bool(np.interp(-middle, -line[:, 0], line[:, 1]) < float(floor(middle)))
    return count


def _overlap(part: Mask, whole: Mask) -> float:
    area = int(part.sum())
    return float((part & whole).sum() / area) if area else 0.0


def lateral(film: Film) -> Truth:
    """How the organs of a lateral film lie to each other."""
    spacing = film.field.plane.pixel_mm
    curve = film.scene.curves
    tops = [film.scene.points[f"apex_{side}"][0, 1] for side in "rl"]
    feet = [film.scene.points[f"angle_{side}"][0] for side in "rl"]
    middle = (min(tops) + max(foot[1] for foot in feet)) / 2
    lung = film.masks["lung"]
    found = {
        "posterior_borders": abs(float(curve["back_r"](middle)) - float(curve["back_l"](middle))),
        "recess_level": abs(feet[0][1] - feet[1][1]),
        "arm_over_lung": float((film.masks["arm"] & lung).sum() / max(int(lung.sum()), 1)),
    }
    row, column = (np.asarray(axis, float) * spacing for axis in np.nonzero(film.masks["sternum"][::3, ::3]))
    if len(row) > 10:
        small, large = np.linalg.eigvalsh(np.cov(np.stack([row, column])))
        found["sternum_profile"] = float(np.sqrt(small / large))
    return found
