"""Exact organ masks from the outlines that the film was made from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.phantoms.chest_field import Field
from medimg.phantoms.chest_scene import Scene
from medimg.phantoms.chest_strokes import fill

Masks = Mapping[str, NDArray[np.bool_]]
PA = ("lung_r", "lung_l", "heart", "mediastinum", "clavicle_r", "clavicle_l", "scapula_r", "scapula_l", "spine", "trachea", "diaphragm_r",
      "diaphragm_l", "ribs_r")  # fmt: skip
LAT = ("lung", "lung_both", "heart", "sternum", "spine", "diaphragm", "arm")
EXPECTED = {
    "PA": ("lung_r", "lung_l", "heart", "clavicle_r", "clavicle_l", "scapula_r", "scapula_l", "spine", "diaphragm_r", "diaphragm_l"),
    "LAT": ("lung", "heart", "sternum", "spine", "diaphragm"),
}


def masks(scene: Scene, field: Field) -> Masks:
    """Masks (H, W) by organ on the film's pixels, nothing outside the exposed field."""
    top, left, bottom, right = field.edges
    found = {name: fill(field.plane.shape, field.plane, outlines) for name, outlines in scene.outlines.items()}
    made = _pa(found) if scene.view.kind == "PA" else _lateral(found)
    for name, mask in made.items():
        clipped = np.zeros_like(mask)
        clipped[top:bottom, left:right] = mask[top:bottom, left:right]
        made[name] = clipped
    return made


def _pa(found: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """The mediastinum is the whole middle shadow, heart included; lungs and the domes' bands leave it out.

    A dome's band is what borders on lung: the heart may cut off a piece towards the spine, which no film shows.
    """
    found["mediastinum"] = found["mediastinum"] | found["heart"]
    free = ~found["mediastinum"]
    for name in ("lung_r", "lung_l", "diaphragm_r", "diaphragm_l"):
        found[name] = found[name] & free
    for side in "rl":
        found[f"diaphragm_{side}"] = _largest(found[f"diaphragm_{side}"] & ~found[f"lung_{side}"])
    return {name: found[name] for name in PA}


def _lateral(found: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    made = {name: found[name] for name in LAT if name in found}
    made["lung"] = found["lung_r"] | found["lung_l"]
    made["lung_both"] = found["lung_r"] & found["lung_l"]
    return {name: made[name] for name in LAT}


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask)
    return mask if count < 2 else parts == 1 + np.bincount(parts.ravel())[1:].argmax()
