"""Organ completeness: which organs are there, whole, plausible and trusted (rules O1 to O7)."""

import numpy as np

from medimg.qc import marks
from medimg.qc.anatomy import lung_parts, lungs
from medimg.qc.contour import boundary
from medimg.qc.film import Film, NotApplicable, NotMeasurable, words
from medimg.qc.landmarks import EDGE, Recess, left_recess, lower_recess, right_recess, touches, upper_recess
from medimg.qc.metric import Found
from medimg.qc.value import Mark

_FRONTAL = (*(f"{organ}_{side}" for organ in ("lung", "clavicle", "scapula", "diaphragm") for side in "rl"), "heart", "spine")
EXPECTED = {"PA": _FRONTAL, "AP": _FRONTAL, "LAT": ("lung", "heart", "sternum", "spine", "diaphragm")}
WHOLE = {"PA": ("lung_r", "lung_l", "heart"), "AP": ("lung_r", "lung_l", "heart"), "LAT": ("lung", "heart")}
SHOULDERS = ("clavicle_r", "clavicle_l", "scapula_r", "scapula_l")
# The organ whose contact with a side of the frame (0 top, 1 left, 2 bottom, 3 right) explains why another is not on the film.
NEIGHBOURS = {
    "lung_r": (("heart", 1), ("clavicle_r", 1)), "lung_l": (("heart", 3), ("clavicle_l", 3)),
    "clavicle_r": (("lung_r", 0), ("lung_r", 1)), "clavicle_l": (("lung_l", 0), ("lung_l", 3)),
    "scapula_r": (("lung_r", 1), ("clavicle_r", 1)), "scapula_l": (("lung_l", 3), ("clavicle_l", 3)),
    "diaphragm_r": (("lung_r", 2),), "diaphragm_l": (("lung_l", 2),),
    "heart": (("lung_r", 2), ("lung_l", 2), ("lung", 2)), "spine": (("lung", 3),),
    "sternum": (("lung", 1), ("heart", 1)), "diaphragm": (("lung", 2),), "lung": (),
}  # fmt: skip


def organs_missing(film: Film) -> Found:
    """O1: number of expected organs that were not found.

    Gate unexplained: how many of them have no neighbour that meets the frame's edge there; missing_<organ>: 1 where that is so, else 0.
    """
    gone = {f"missing_{organ}": float(not _at_frame(film, organ)) for organ in EXPECTED[film.view] if not film.has(organ)}
    return Found(float(len(gone)), {"unexplained": float(sum(gone.values())), **gone})


def _at_frame(film: Film, organ: str) -> bool:
    return any(film.has(other) and touches(film.organ(other), film)[side] for other, side in NEIGHBOURS[organ])


def organ_cut(film: Film) -> Found:
    """O2: largest share of a contour of lungs and heart that lies within 2 px of the field's edge; `cut_<organ>` is each one's."""
    return _cut(film, WHOLE[film.view])


def shoulder_cut(film: Film) -> Found:
    """O2: the same of clavicles and scapulae, whose outer ends many good films leave out."""
    return _cut(film, SHOULDERS)


def _cut(film: Film, organs: tuple[str, ...]) -> Found:
    shares, drawn = {}, []
    for organ in organs:
        shares[f"cut_{organ}"], some = _share_cut(film, organ)
        drawn += some
    return Found(max(shares.values()), shares, tuple(drawn))


def _share_cut(film: Film, organ: str) -> tuple[float, list[Mark]]:
    shape = film.organ(organ)
    if not any(touches(shape, film)):
        return 0.0, []
    rows, columns, length = boundary(shape)
    top, left, bottom, right = film.field
    sides = rows - top < EDGE, columns - left < EDGE, bottom - 1 - rows < EDGE, right - 1 - columns < EDGE
    places = np.stack([rows, columns], axis=1)
    lines = [marks.line(f"cut {words(organ)}", places[side].min(axis=0), places[side].max(axis=0)) for side in sides if side.any()]
    return float(length[np.logical_or.reduce(sides)].sum() / length.sum()), lines


def lung_area(film: Film) -> Found:
    """O3: area of the lungs over that of the field."""
    parts = lung_parts(film)
    drawn = tuple(marks.around("lung", shape) for shape in parts)
    return Found(sum(shape.area for shape in parts) / (film.height * film.width), marks=drawn)


def lung_balance(film: Film) -> Found:
    """O4: width of the narrower lung over that of the wider."""
    boxes = [shape.box for shape in film.once(lungs)]
    width = [right - left for _, left, _, right in boxes]
    return Found(min(width) / max(width), marks=tuple(marks.frame("lung", box) for box in boxes))


def lung_fragments(film: Film) -> Found:
    """O5: largest share of a lung's pixels outside its largest part."""
    organs = ("lung_r", "lung_l") if film.view != "LAT" else ("lung",)
    return Found(max(fragments(film, organ) for organ in organs))


def fragments(film: Film, organ: str) -> float:
    """Share of an organ's pixels outside its largest part. Raises NotMeasurable where it was not found."""
    shape, whole = film.organ(organ), film.whole(organ)
    return 1 - shape.area / whole.area if whole is not None else 0.0


def mask_trust(film: Film) -> Found:
    """O6: the least trust of an expected organ that was found. Not applicable where masks come without trust."""
    trust = {organ: float(film.trust[organ]) for organ in EXPECTED[film.view] if organ in film.trust and film.has(organ)}
    if not trust:
        raise NotApplicable("the masks come without trust")
    if not np.isfinite(list(trust.values())).all():
        raise NotMeasurable("the trust of a mask is not a number")
    return Found(min(trust.values()), {f"trust_{organ}": value for organ, value in trust.items()})


def angles_found(film: Film) -> Found:
    """O7: number of costophrenic angles that are there and not cut off by the frame: right and left, on laterals lower and upper.

    Gate angles_cut: how many the frame cuts off. Gate unexplained: how many are neither there nor cut off.
    """
    if film.view == "LAT":
        film.organ("lung")
        sought = (lower_recess, upper_recess)
    else:
        film.once(lungs)
        sought = (right_recess, left_recess)
    there: list[Recess] = []
    for find in sought:
        try:
            there.append(film.once(find))
        except NotMeasurable:
            continue
    drawn = tuple(marks.point("cut off" if found.cut else "costophrenic angle", found.point) for found in there)
    gates = {"angles_cut": float(sum(found.cut for found in there)), "unexplained": float(len(sought) - len(there))}
    return Found(float(sum(not found.cut for found in there)), gates, drawn)
