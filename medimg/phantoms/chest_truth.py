"""What a perfect measurement of a film's exact masks, landmarks and physics gives, by metric of the quality rules."""

import numpy as np
from numpy.typing import NDArray

from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_film import Film, lungs
from medimg.phantoms.chest_landmarks import box, column_line, points
from medimg.phantoms.chest_masks import EXPECTED
from medimg.phantoms.chest_truth_position import lateral, pa
from medimg.phantoms.chest_xray import RISE_OVER_SIGMA, SYSTEM_MM

Mask = NDArray[np.bool_]
Truth = dict[str, float]
SMALLEST_MM2 = 100.0  # less of an organ than this is none
NEAR_PX = 2  # contour this near to the field's edge is cut
LATERAL_LEAN_DEG = 7.5  # `tilt` of a lateral film of a patient who stands straight: the breastbone slopes


def truth(film: Film, exam: Exam, room: Room) -> Truth:
    """Values by metric; metrics that neither geometry nor physics defines are left out."""
    own = pa if exam.view == "PA" else lateral
    return _frame(film) | _organs(film, exam.view) | _imaging(film, exam, room) | own(film)


def _frame(film: Film) -> Truth:
    """Where the lungs lie in the field."""
    top, left, bottom, right = film.field.edges
    high, wide = bottom - top, right - left
    names = ("lung_r", "lung_l") if "lung_r" in film.masks else ("lung",)
    boxes = [edges for name in names if (edges := box(film.masks[name]))]
    both = box(lungs(film.masks))
    if both is None or not boxes:
        return {}
    feet = list(_feet(film))
    margin = 20.0 / film.field.plane.pixel_mm
    around = (both[2] - both[0] + 2 * margin) * (both[3] - both[1] + 2 * margin)
    slope, base = column_line(film, "spine")
    found = {
        "apex_margin": min(edges[0] - top for edges in boxes) / high,
        "base_margin": min(max(bottom - foot, 0.0) for foot in feet) / high,
        "centring_y": abs((both[0] + both[2]) / 2 - (top + bottom) / 2) / high,
        "collimation_excess": high * wide / around - 1,
    }
    if len(names) == 2:
        middle = (top + bottom - 1) / 2
        found["lateral_margin"] = min(both[1] - left, right - both[3]) / wide
        found["centring_x"] = abs(slope * middle + base + 0.5 - (left + right) / 2) / wide
        found["tilt"] = float(np.degrees(np.arctan(-slope)))
    else:
        breast, spine = box(film.masks["sternum"]), box(film.masks["spine"])
        if breast and spine:
            found["wall_margin"] = min(breast[1] - left, right - spine[3]) / wide
        front, _ = column_line(film, "sternum")
        found["tilt"] = float(np.degrees(np.arctan(-slope) + np.arctan(-front)) / 2)
    return found


def _feet(film: Film) -> list[float]:
    """Pixel edge below each costophrenic angle; the field's edge where it is cut."""
    bottom = film.field.edges[2]
    return [min(place[0] + 0.5, float(bottom)) for name, place in points(film).items() if name.startswith("angle")]


def _organs(film: Film, view: str) -> Truth:
    """Which organs are there, and whole."""
    top, left, bottom, right = film.field.edges
    least = SMALLEST_MM2 / film.field.plane.pixel_mm**2
    both = lungs(film.masks)
    whole = ("lung_r", "lung_l", "heart") if view == "PA" else ("lung", "heart")
    inside = [place for name, place in points(film).items() if name.startswith("angle")]
    found = {
        "organs_missing": float(sum(film.masks[name].sum() < least for name in EXPECTED[view])),
        "organ_cut": max(cut(film.masks[name], film.field.edges) for name in whole),
        "lung_area": float(both.sum() / ((bottom - top) * (right - left))),
        "lung_fragments": 0.0,
        "mask_trust": 1.0,
        "angles_found": float(sum(top <= row < bottom and left <= column < right for row, column in inside)),
    }
    if view == "PA":
        widths = [edges[3] - edges[1] if (edges := box(film.masks[name])) else 0 for name in ("lung_r", "lung_l")]
        found["lung_balance"] = min(widths) / max(max(widths), 1)
    return found


def cut(mask: Mask, edges: tuple[int, int, int, int]) -> float:
    """Share of a mask's contour (pixels with a neighbour outside it) within two pixels of the field's edge."""
    top, left, bottom, right = edges
    part = np.pad(mask[top:bottom, left:right], 1)
    inner = part[1:-1, 1:-1]
    contour = inner & ~(part[:-2, 1:-1] & part[2:, 1:-1] & part[1:-1, :-2] & part[1:-1, 2:])
    total = int(contour.sum())
    if not total:
        return 0.0
    middle = int(contour[NEAR_PX:-NEAR_PX, NEAR_PX:-NEAR_PX].sum())
    return (total - middle) / total


def _imaging(film: Film, exam: Exam, room: Room) -> Truth:
    """What exposure, blur and processing were, and what they did to the grey of the exact organs."""
    some = (slice(None, None, 4), slice(None, None, 4))
    grey, lung = film.canonical[some], lungs(film.masks)[some]
    top, left, bottom, right = (edge // 4 for edge in film.field.edges)
    low, high = np.percentile(grey[top:bottom, left:right], [1, 99])
    if not lung.any():
        return {}
    clear = lung & ~film.masks["heart"][some]
    dark = float(np.median(grey[clear if clear.any() else lung]))
    beside = ("mediastinum", "heart", "spine") if exam.view == "PA" else ("heart",)
    bright = [float(np.median(grey[organ])) for name in beside if (organ := film.masks[name][some]).any()]
    ends = (0, 2**room.bits - 1)
    at_ends = np.isin(film.stored[some][lung], ends)
    found = {
        "deviation_index": exam.deviation,
        "clipped_lung": float(at_ends.mean()),
        "lung_grey": dark,
        "sharpness": RISE_OVER_SIGMA * float(np.hypot(SYSTEM_MM, exam.blur_mm)),
        "polarity": 0.0 if exam.inverted else 1.0,
        "annotation_over_lung": float((film.text & lungs(film.masks)).sum()) if film.text is not None else 0.0,
        "technique": 0.0,
        "view_match": 1.0,
    }
    if bright:
        found["organ_contrast"] = (min(bright) - dark) / float(high - low)
    return found
