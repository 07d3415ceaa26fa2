"""Where the collimator opens and where the patient lies on the detector."""

from dataclasses import dataclass

import numpy as np

from medimg.phantoms.chest_exam import Exam, Room
from medimg.phantoms.chest_plane import Array, Plane, Points

PENUMBRA_MM = 1.6
SHUTTER_INSIDE_MM = 2.0  # the electronic shutter covers the penumbra
OPEN_MM = 9.0  # what a room without a shutter keeps beyond the field


@dataclass(frozen=True)
class Field:
    """A film's pixels and its exposed field (top, left, bottom, right) in pixel edges, half open."""

    plane: Plane
    edges: tuple[int, int, int, int]


def place(lungs: Points, exam: Exam, room: Room, spine_x: float) -> Field:
    """Open the collimator around the lungs (outline points, film mm), as far as the detector reaches, and lay out the pixels.

    `spine_x` is where the spine crosses the middle of the lungs: an off-centre film leaves it aside.
    """
    (left, top), (right, bottom) = lungs.min(0), lungs.max(0)
    margins = _fitted(exam, room, right - left, bottom - top)
    edges = [top - margins[0], left - margins[1], bottom + margins[2], right + margins[3]]
    if exam.view == "PA":
        shift = spine_x + exam.aside_mm - (edges[1] + edges[3]) / 2
        edges[1], edges[3] = edges[1] + min(0, 2 * shift), edges[3] + max(0, 2 * shift)
        wide = min(edges[3] - edges[1], room.size_mm[1] - 4)
        edges[1], edges[3] = (edges[1] + edges[3] - wide) / 2, (edges[1] + edges[3] + wide) / 2
    if "off_centre" in exam.amounts:
        across = exam.view == "PA" and room.size_mm[1] >= 400  # a narrow detector leaves no room to miss sideways
        middle, span = (spine_x, (left, right)) if across else ((top + bottom) / 2, (top, bottom))
        axis = 1 if across else 0
        edges[axis], edges[axis + 2] = _off_centre(middle, span, exam, room.size_mm[axis] - 2)
    if "cut_apex" in exam.amounts:
        edges[0] = top + exam.amounts["cut_apex"]
    if "cut_angle" in exam.amounts:
        edges[2] = bottom - exam.amounts["cut_angle"]
    return _pixels(edges, exam, room)


def _fitted(exam: Exam, room: Room, wide: float, high: float) -> tuple[float, float, float, float]:
    top, left, bottom, right = exam.margins_mm
    across = min(1.0, (room.size_mm[1] - 4 - wide) / (left + right))
    down = min(1.0, (room.size_mm[0] - 4 - high) / (top + bottom))
    return top * down, left * across, bottom * down, right * across


def _off_centre(middle: float, span: tuple[float, float], exam: Exam, most: float) -> tuple[float, float]:
    """The field's two edges along one axis: tight on one side of the lungs, and so wide on the other that it misses the middle."""
    share = exam.amounts["off_centre"]
    turned = exam.view == "PA" and exam.seed % 2 == 1
    near = (span[1] - middle if turned else middle - span[0]) + 9.0
    far = near * (1 + 2 * share) / (1 - 2 * share)
    if near + far > most:
        near, far = most * (0.5 - share), most * (0.5 + share)
    return (middle - far, middle + near) if turned else (middle - near, middle + far)


def _pixels(edges: list[float], exam: Exam, room: Room) -> Field:
    step = room.pixel_mm
    beyond = OPEN_MM if room.border == "open" else 0.0
    if room.border == "black":
        rows, columns = (round(side / step) for side in room.size_mm)
        first = [(edges[k] + edges[k + 2]) / 2 - side * step / 2 for k, side in enumerate((rows, columns))]
    else:
        size = [edges[k + 2] - edges[k] + 2 * beyond for k in (0, 1)]
        rows, columns = (max(round(side / step), 1) for side in size)
        first = [edges[0] - beyond, edges[1] - beyond]
    plane = Plane((rows, columns), step, (-first[0] / step - 0.5, -first[1] / step - 0.5), exam.tilt_deg)
    inside = [min(max(round((edge - first[k % 2]) / step), 0), (rows, columns)[k % 2]) for k, edge in enumerate(edges)]
    return Field(plane, (inside[0], inside[1], inside[2], inside[3]))


def opening(field: Field, room: Room, plane: Plane) -> Array:
    """How far the collimator is open over each pixel of a plane twice as coarse: 0 to 1, a soft edge between (H, W)."""
    beyond = SHUTTER_INSIDE_MM if room.border == "black" else 0.0
    sides = []
    for axis in (0, 1):
        at = (np.arange(plane.shape[axis]) * 2 + 1) * field.plane.pixel_mm
        low, high = field.edges[axis] * field.plane.pixel_mm - beyond, field.edges[axis + 2] * field.plane.pixel_mm + beyond
        if room.border == "none":
            low, high = low - 20, high + 20
        sides.append(np.clip((np.minimum(at - low, high - at)) / PENUMBRA_MM + 0.5, 0, 1))
    return np.asarray(np.outer(*sides), np.float32)


def shut(film: Array, field: Field, room: Room) -> None:
    """Blacken what lies outside the field, in place, where the room has an electronic shutter."""
    if room.border != "black":
        return
    top, left, bottom, right = field.edges
    film[:top], film[bottom:], film[:, :left], film[:, right:] = 0, 0, 0, 0
