"""From the patient to the film: rays from a point source, and the film's pixels in millimetres of the patient's plane.

The patient: x to the left, y down, z to the front, in mm from the sixth thoracic vertebra's height, the middle of the body and half its
depth. The film: u to the image's right, v down, in mm on the detector from where the central ray meets it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Array = NDArray[np.float32]
Points = NDArray[np.float64]
REACH_MM = 420.0  # curves are tabulated from minus to plus this far
STEP_MM = 0.1


@dataclass(frozen=True)
class View:
    """How the patient stands before the detector."""

    kind: str  # PA or LAT
    rotation_deg: float = 0.0  # about the body's long axis; positive turns the front to the patient's left
    source_mm: float = 1800.0
    half_depth_mm: float = 125.0  # from the patient's middle to the detector

    def project(self, points: Points) -> Points:
        """Points (N, 3) of the patient -> (N, 2) on the upright film."""
        x, y, z = np.asarray(points, float).T
        angle = np.deg2rad(self.rotation_deg)
        across, front = x * np.cos(angle) + z * np.sin(angle), z * np.cos(angle) - x * np.sin(angle)
        toward, beside = (front, across) if self.kind == "PA" else (across, -front)
        larger = self.source_mm / (self.source_mm - (self.half_depth_mm - toward))
        return np.stack([beside * larger, y * larger], axis=1)


class Curve:
    """A smooth line through points, single-valued in its first coordinate, tabulated so that millions of look-ups are quick."""

    def __init__(self, at: NDArray[np.floating], value: NDArray[np.floating]) -> None:
        order = np.argsort(at)
        at, value = np.asarray(at, float)[order], np.asarray(value, float)[order]
        keep = np.concatenate([[True], np.diff(at) > 1e-6])
        self._line = PchipInterpolator(at[keep], value[keep])
        self.first, self.last = float(at[0]), float(at[-1])
        self.table = self(np.arange(-REACH_MM, REACH_MM + STEP_MM, STEP_MM)).astype(np.float32)

    def __call__(self, at: float | NDArray[np.floating]) -> Points:
        """Value at a coordinate in mm, constant beyond the ends."""
        return np.asarray(self._line(np.clip(at, self.first, self.last)))


@dataclass(frozen=True)
class Plane:
    """The pixels of a film (rows, columns): upright coordinates (x, y) of each, and back."""

    shape: tuple[int, int]
    pixel_mm: float
    centre_px: tuple[float, float]  # (row, column) where the central ray meets the detector
    tilt_deg: float = 0.0  # positive: the patient's head leans to the image's right

    @cached_property
    def xy(self) -> tuple[Array, Array]:
        """Upright coordinates of every pixel in mm: two arrays (H, W)."""
        v = (np.arange(self.shape[0], dtype=np.float32) - np.float32(self.centre_px[0])) * np.float32(self.pixel_mm)
        u = (np.arange(self.shape[1], dtype=np.float32) - np.float32(self.centre_px[1])) * np.float32(self.pixel_mm)
        c, s = np.float32(np.cos(np.deg2rad(self.tilt_deg))), np.float32(np.sin(np.deg2rad(self.tilt_deg)))
        return u[None] * c + v[:, None] * s, v[:, None] * c - u[None] * s

    @cached_property
    def _index(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        last = int(2 * REACH_MM / STEP_MM)
        x, y = (np.clip((side + np.float32(REACH_MM + STEP_MM / 2)) * np.float32(1 / STEP_MM), 0, last) for side in self.xy)
        return x.astype(np.int32), y.astype(np.int32)

    def by_row(self, curve: Curve) -> Array:
        """A curve of the height, looked up for every pixel."""
        return np.asarray(curve.table[self._index[1]])

    def by_column(self, curve: Curve) -> Array:
        """A curve of the breadth, looked up for every pixel."""
        return np.asarray(curve.table[self._index[0]])

    def pixels(self, points: Points) -> Points:
        """Upright (N, 2) in mm (x, y) -> (N, 2) as (row, column)."""
        x, y = np.asarray(points, float).T
        c, s = np.cos(np.deg2rad(self.tilt_deg)), np.sin(np.deg2rad(self.tilt_deg))
        u, v = x * c - y * s, x * s + y * c
        return np.stack([v / self.pixel_mm + self.centre_px[0], u / self.pixel_mm + self.centre_px[1]], axis=1)

    def halved(self) -> "Plane":
        """The same film in pixels twice as large (odd last row and column are covered too)."""
        shape = ((self.shape[0] + 1) // 2, (self.shape[1] + 1) // 2)
        centre = ((self.centre_px[0] - 0.5) / 2, (self.centre_px[1] - 0.5) / 2)
        return Plane(shape, 2 * self.pixel_mm, centre, self.tilt_deg)
