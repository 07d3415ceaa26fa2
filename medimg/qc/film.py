"""A film as the measures see it: masks, grey values, exposed field, facts of its file; and its organs, found once."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from medimg.metrics import Flags
from medimg.qc.runs import Runs, largest, runs_of

T = TypeVar("T")
VIEWS = ("PA", "AP", "LAT")
FRONTAL = ("PA", "AP")
STUDY = "study"  # what a metric or a rule about all films of a study has instead of a view
FRONTAL_ORGANS = (
    "lung_r", "lung_l", "heart", "mediastinum", "clavicle_r", "clavicle_l", "scapula_r", "scapula_l", "spine", "trachea",
    "diaphragm_r", "diaphragm_l", "ribs_r",
)  # fmt: skip
LATERAL_ORGANS = ("lung", "lung_both", "heart", "sternum", "spine", "diaphragm", "arm")
ORGANS = {"PA": FRONTAL_ORGANS, "AP": FRONTAL_ORGANS, "LAT": LATERAL_ORGANS}
SIDES = {"r": "right ", "l": "left "}
# Least area of an organ as a share of the field, about a tenth of a grown-up's: less is a speck, and the organ counts as not found.
LEAST_AREA = {
    "lung_r": 0.02, "lung_l": 0.02, "lung": 0.04, "lung_both": 0.01, "heart": 0.01, "mediastinum": 0.01, "spine": 0.008,
    "clavicle_r": 0.0008, "clavicle_l": 0.0008, "scapula_r": 0.003, "scapula_l": 0.003, "trachea": 0.0008, "sternum": 0.0015,
    "diaphragm_r": 0.0006, "diaphragm_l": 0.0006, "diaphragm": 0.0006, "ribs_r": 0.002,
}  # fmt: skip


class NotMeasurable(Exception):
    """A metric that should have a value has none; the text says why, in plain words."""


class NotApplicable(NotMeasurable):
    """A metric does not concern this film: no spacing, no tag."""


@dataclasses.dataclass(frozen=True, eq=False)
class Film:
    """One canonical film: patient's right, or sternum, on the image's left; air dark, bone bright.

    `masks`: organ -> bool (rows, columns), overlaps allowed. `pixels`: float32 (rows, columns), about 0 to 1, or None. `field`: the
    exposed part as (top, left, bottom, right), pixel edges, half open like slices; what lies outside of it is not looked at.
    `spacing_mm`: side of the square pixels of the masks. `stored`: facts of the file by DICOM keyword (ExposureIndex,
    TargetExposureIndex, DeviationIndex, KVP, DistanceSourceToDetector, ExposureTime, ViewPosition), the counts of
    `exposure.count_clipped`, and PredictedView where the networks see another view. `trust`: organ -> mean largest probability on the
    band around its contour. Raises ValueError where parts do not fit together.
    """

    view: str
    masks: Mapping[str, Flags]
    pixels: NDArray[np.float32] | None
    field: tuple[int, int, int, int]
    spacing_mm: float | None = None
    stored: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    trust: Mapping[str, float] = dataclasses.field(default_factory=dict)
    _known: dict[Any, Any] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise ValueError(f"view {self.view!r}: choose one of {', '.join(VIEWS)}")
        shapes = {mask.shape for mask in self.masks.values()} | ({self.pixels.shape} if self.pixels is not None else set())
        if len(shapes) > 1 or any(len(shape) != 2 for shape in shapes):
            raise ValueError(f"masks and pixels of different shapes: {sorted(shapes)}")
        top, left, bottom, right = self.field
        for rows, columns in shapes:
            if not (0 <= top < bottom <= rows and 0 <= left < right <= columns):
                raise ValueError(f"field {self.field} does not lie inside {rows} rows and {columns} columns")

    @property
    def height(self) -> int:
        """Rows of the field."""
        return self.field[2] - self.field[0]

    @property
    def width(self) -> int:
        """Columns of the field."""
        return self.field[3] - self.field[1]

    def once(self, find: Callable[["Film"], T]) -> T:
        """Call `find(film)` the first time, and remember its answer or why there is none."""
        if find not in self._known:
            try:
                self._known[find] = find(self)
            except NotMeasurable as reason:
                self._known[find] = reason
        answer = self._known[find]
        if isinstance(answer, NotMeasurable):
            raise answer.with_traceback(None)
        return answer  # type: ignore[no-any-return]

    def whole(self, organ: str) -> Runs | None:
        """All pixels of an organ inside the field; None where there are none, or no mask."""
        key = ("whole", organ)
        if key not in self._known:
            top, left, bottom, right = self.field
            mask = self.masks.get(organ)
            self._known[key] = None if mask is None else runs_of(np.asarray(mask[top:bottom, left:right], dtype=bool), top, left)
        return self._known[key]  # type: ignore[no-any-return]

    def organ(self, organ: str) -> Runs:
        """The largest part of an organ inside the field. Raises NotMeasurable where it is missing or a mere speck."""
        key = ("organ", organ)
        if key not in self._known:
            runs = self.whole(organ)
            self._known[key] = None if runs is None else largest(runs)
        shape = self._known[key]
        if shape is None or shape.area < self.least_area(organ):
            seen = "there is no mask" if organ not in self.masks else "nothing was found" if shape is None else "too little was found"
            raise NotMeasurable(f"{seen} of the {words(organ)}")
        return shape  # type: ignore[no-any-return]

    def least_area(self, organ: str) -> float:
        """Pixels below which an organ counts as not found."""
        return LEAST_AREA.get(organ, 0.0) * self.height * self.width

    def has(self, organ: str) -> bool:
        """Say whether an organ was found."""
        try:
            self.organ(organ)
        except NotMeasurable:
            return False
        return True

    def mm(self) -> float:
        """Side of a pixel in mm. Raises NotApplicable where it is not known."""
        if self.spacing_mm is None or not np.isfinite(self.spacing_mm) or self.spacing_mm <= 0:
            raise NotApplicable("the size of the pixels is not known")
        return float(self.spacing_mm)


def words(organ: str) -> str:
    """Name an organ in plain words: clavicle_r -> right clavicle."""
    if organ == "lung_both":
        return "overlap of the lungs"
    name, _, side = organ.partition("_")
    return f"{SIDES.get(side, '')}{name}"
