"""The exposed field of a film: by the tags of shutter and collimator, else by the border that is seen."""

from typing import Any

import numpy as np
import numpy.typing as npt

from medimg.io.elements import numbers

Box = tuple[int, int, int, int]  # top, left, bottom, right: pixel edges, half open like slices
LEAST = 0.15  # of the image: a smaller field is a wrong tag
FLAT = 0.015  # of the grey range: what a row of blank border spreads over at most
MOST = 0.4  # of a side that border may take on one end
STEP = 0.12  # of the grey range: least height of a collimator's edge
WIDTH = 4  # pixels over which such an edge rises
ABRUPT, LITTLE = 0.65, 0.05  # share that differs in the first line over that further in; least share
COHERENT = 0.9  # of the pixels along it: anatomy never is so straight
BESIDE = 0.15  # of a line at either end that is not asked
STRIDE = 8


def tagged_field(dataset: Any, shape: tuple[int, int]) -> Box | None:
    """The box that shutter and collimator leave open, in pixels of the file; None where neither is there or what is left is too small."""
    boxes = [box for kind in ("Shutter", "Collimator") for box in _boxes(dataset, kind)]
    if not boxes:
        return None
    top, left = (max(0, *(round(box[k]) for box in boxes)) for k in (0, 1))
    bottom, right = (min(shape[k - 2], *(round(box[k]) for box in boxes)) for k in (2, 3))
    if bottom <= top or right <= left or (bottom - top) * (right - left) < LEAST * shape[0] * shape[1]:
        return None
    return top, left, bottom, right


def _boxes(dataset: Any, kind: str) -> list[tuple[float, float, float, float]]:
    """Boxes around the shapes of a shutter or collimator (PS3.3 C.7.6.11, C.8.7.3); tags count rows and columns from 1."""
    shapes = {word.strip().upper() for word in str(dataset.get(f"{kind}Shape", "") or "").strip("[]").replace("'", "").split(",")}
    found = []
    if "RECTANGULAR" in shapes:
        names = ("UpperHorizontalEdge", "LeftVerticalEdge", "LowerHorizontalEdge", "RightVerticalEdge")
        edges = [edge[0] if (edge := numbers(dataset, f"{kind}{name}")) else None for name in names]
        if None not in edges:
            top, left, bottom, right = (float(edge or 0) for edge in edges)
            found.append((top, left, bottom - 1, right - 1))
    if "CIRCULAR" in shapes:
        centre, radius = numbers(dataset, f"CenterOfCircular{kind}"), numbers(dataset, f"RadiusOfCircular{kind}")
        if len(centre) == 2 and radius:
            (row, column), far = centre, radius[0]
            found.append((row - 1 - far, column - 1 - far, row + far, column + far))
    if "POLYGONAL" in shapes:
        corners = numbers(dataset, f"VerticesOfThePolygonal{kind}")
        if len(corners) >= 6:
            rows, columns = corners[::2], corners[1::2]
            found.append((min(rows) - 1, min(columns) - 1, max(rows), max(columns)))
    return found


def seen_field(pixels: npt.NDArray[Any]) -> Box:
    """The box inside blank borders and straight collimator edges that are seen: (R, C) of any scale; all of it where there are none."""
    grey = pixels.astype(np.float32)
    low, high = np.percentile(grey[::STRIDE, ::STRIDE], [1, 99])
    box = (0, 0, *grey.shape)
    if high <= low:
        return box
    for _ in range(2):  # rows may be blank only between the columns that are exposed
        for axis in (0, 1):
            box = _without_blank(grey, box, axis, FLAT * (high - low))
    for axis in (0, 1):
        box = _inside_edges(grey, box, axis, STEP * (high - low))
    if sum(edge != whole for edge, whole in zip(box, (0, 0, *grey.shape), strict=True)) > 1:  # a border there is: blank ends are part of it
        for axis in (0, 1):
            box = _without_blank(grey, box, axis, FLAT * (high - low), sure=True)
    return box


def _lines(grey: npt.NDArray[np.float32], box: Box, axis: int) -> npt.NDArray[np.float32]:
    """Rows (axis 0) or columns (axis 1) of a box as (lines, samples along them)."""
    inside = grey[box[0] : box[2], box[1] : box[3]]
    return np.ascontiguousarray((inside if axis == 0 else inside.T)[:, ::STRIDE], np.float32)


def _moved(box: Box, axis: int, first: int, last: int) -> Box:
    edges = list(box)
    edges[axis], edges[axis + 2] = box[axis] + first, box[axis] + last
    return edges[0], edges[1], edges[2], edges[3]


def _without_blank(grey: npt.NDArray[np.float32], box: Box, axis: int, flat: float, sure: bool = False) -> Box:
    """Blank lines at both ends go, where the field behind them begins at once along the line: air beside a patient begins by and by."""
    lines = _lines(grey, box, axis)
    spread = np.subtract(*np.percentile(lines, [98, 2], axis=1))
    most, there = int(MOST * len(lines)), np.flatnonzero(spread > flat)
    if not len(there):
        return box
    ends = (int(there[0]), lines), (len(lines) - 1 - int(there[-1]), lines[::-1])
    first, last = (end if 0 < end <= most and (sure or _begins(from_end, end, flat)) else 0 for end, from_end in ends)
    return _moved(box, axis, first, len(lines) - last)


def _begins(lines: npt.NDArray[np.float32], end: int, flat: float) -> bool:
    """Whether nearly as much of the first line differs from the blank ones as of one further in: a skin's curve takes time."""
    blank = np.median(lines[end - 1])
    first, further = (float(np.mean(np.abs(lines[min(end + k, len(lines) - 1)] - blank) > flat)) for k in (WIDTH // 2, 4 * WIDTH))
    return first > LITTLE and first > ABRUPT * further


def _inside_edges(grey: npt.NDArray[np.float32], box: Box, axis: int, step: float) -> Box:
    lines = _lines(grey, box, axis)
    if len(lines) < 8 * WIDTH:
        return box
    ends = int(BESIDE * lines.shape[1])  # where the border of the other axis may lie
    lines = lines[:, ends : lines.shape[1] - ends]
    rise = lines[WIDTH:] - lines[:-WIDTH]
    reach = int(MOST / 2 * len(lines))
    first = _edge(rise[:reach], step)
    last = _edge(rise[::-1][:reach], step)
    return _moved(box, axis, first or 0, len(lines) - (last or 0))


def _edge(rise: npt.NDArray[np.float32], step: float) -> int | None:
    """Where a step of one sign runs along nearly all of a line: the innermost such, as pixels from the end."""
    height = np.median(rise, axis=1)
    same = np.mean(rise * np.sign(height)[:, None] > step / 3, axis=1)
    slope = np.median(np.abs(height))  # of the image itself: an edge stands out from it
    found = np.flatnonzero((np.abs(height) > max(step, 3 * slope)) & (same > COHERENT))
    if not len(found):
        return None
    run = found[found > found[-1] - 2 * WIDTH]
    return int(run[np.argmax(np.abs(height[run]))]) + WIDTH // 2 + 1
