"""Pictures with what a network says of them, and the two ways in which distances between them are measured."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.evaluate.generating.likeness import standardised
from medimg.evaluate.generating.nearest import Distances, Neighbours, blurred, feature_distances, neighbours, pixel_distances
from medimg.metrics import Array, Undefined


@dataclass(frozen=True)
class Pictures:
    """(N,) row ids, label sets (joined by `|`) and patients, (N, S, S) pixels, and (N, F) features and (N, K) probabilities of a network.

    Generated pictures have no patient: theirs are not read.
    """

    ids: NDArray[np.str_]
    groups: NDArray[np.str_]
    patients: NDArray[np.str_]
    pixels: NDArray[np.floating[Any]]
    features: NDArray[np.floating[Any]]
    probabilities: NDArray[np.floating[Any]]

    def of(self, group: str) -> "Pictures":
        """Those of one label set."""
        return Pictures(*(getattr(self, field.name)[self.groups == group] for field in fields(self)))


@dataclass(frozen=True)
class Space:
    """One way to measure distances: its name, all real pictures and their patients as it sees them, and their own nearest neighbours."""

    name: str
    distances: Distances
    real: Array
    patients: NDArray[np.str_]
    among: Neighbours | Undefined


def spaces_of(real: Pictures) -> list[Space]:
    """Lay the real pictures out by pixels, small and blurred, and by features in units of their own spread."""
    seen = (("pixel", pixel_distances, blurred(real.pixels)), ("feature", feature_distances, standardised(real.features, real.features)))
    people = real.patients
    return [Space(name, distances, known, people, neighbours(distances, known, known, people, people)) for name, distances, known in seen]


def closest_pairs(real: Pictures, generated: Pictures, count: int) -> NDArray[np.int_]:
    """Find the generated pictures that most look like one real picture and no other, by pixels: (P, 2) rows in `generated` and in `real`.

    At most `count`, the closest first, and each real picture once; none where there are too few patients to tell.
    """
    near = neighbours(pixel_distances, blurred(generated.pixels), blurred(real.pixels), real.patients)
    if isinstance(near, Undefined):
        return np.zeros((0, 2), dtype=int)
    order = np.lexsort((near.distance, near.ratio))
    first = np.sort(np.unique(near.row[order], return_index=True)[1])
    return np.stack([order, near.row[order]], axis=1)[first][:count]
