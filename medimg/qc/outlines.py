"""Outlines of masks as closed lines, for drawing."""

import numpy as np
from contourpy import LineType, contour_generator

from medimg.metrics import Flags

Line = list[list[float]]
COARSE = 512  # pixels of a side above which every other pixel is looked at
EVERY = 4  # points of the exact outline between two that are kept
LEAST = 12  # points: what is smaller is not drawn


def outlines(mask: Flags) -> list[Line]:
    """(R, C) mask -> closed lines of [row, column] pixel centres at half the way between inside and outside, one decimal."""
    step = 2 if max(mask.shape) > COARSE else 1
    mask = mask[::step, ::step]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    top, left = int(rows[0]), int(columns[0])
    inside = np.pad(mask[top : rows[-1] + 1, left : columns[-1] + 1], 1).astype(np.float32)
    lines = contour_generator(z=inside, line_type=LineType.Separate).lines(0.5)
    found = []
    for line in lines:
        points = (np.asarray(line)[:, ::-1] + (top - 1, left - 1)) * step + (step - 1) / 2
        if len(points) >= LEAST:
            kept = points[:-1:EVERY]
            found.append(np.vstack([kept, kept[:1]]).round(1).tolist())
    return found
