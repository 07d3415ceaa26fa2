"""A film that was read, with its organs -> what is kept of it: measured values, facts, what to draw, and a small image."""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image as Pillow

from medimg.io.film_reader import ReadFilm
from medimg.metrics import Flags
from medimg.qc.exposure import count_clipped
from medimg.qc.film import Film
from medimg.qc.outlines import outlines
from medimg.qc.registry import measure
from medimg.qc.rows import measured_cells
from medimg.qc.value import Value
from medimg.recipes.films.segmenting import LUNGS, Organs

PREDICTED = {"view_by_networks", "view_by_orientation"}  # notes on films whose file does not tell their view
SHOWN = 768  # pixels of the longer side of a film's image
QUALITY = 85


@dataclass(frozen=True)
class Measured:
    """All that is kept of one film: `facts` by column of films.csv, `rows` as cells of rules.csv, `drawn` for its page, a JPEG, masks."""

    film: ReadFilm
    facts: dict[str, Any]
    rows: list[tuple[str, ...]]
    drawn: dict[str, Any]
    image: bytes
    masks: Mapping[str, Flags]


def measured(film: ReadFilm, organs: Organs) -> Measured:
    """Measure everything there is to measure in the film's view."""
    began = time.perf_counter()
    values = measure(film_of(film, organs))
    ms = {"decode": film.ms, "segment": organs.ms, "measure": 1000 * (time.perf_counter() - began)}
    began = time.perf_counter()
    image, drawn = small_image(film.pixels), _drawn(film, organs.masks, values)
    ms["write"] = 1000 * (time.perf_counter() - began)
    return Measured(
        film, _facts(film, organs, values) | {"ms": ms}, [measured_cells(value) for value in values], drawn, image, organs.masks
    )


def film_of(film: ReadFilm, organs: Organs) -> Film:
    """A film as its metrics see it."""
    stored = {**film.exposure, **_clipped(film, organs.masks)}
    return Film(film.view, organs.masks, film.pixels, film.field, film.spacing_mm, stored, organs.trust)


def _clipped(film: ReadFilm, masks: Mapping[str, Flags]) -> dict[str, int]:
    lungs = [masks[lung] for lung in LUNGS[film.view] if lung in masks]
    if not lungs:
        return {}
    return count_clipped(film.stored, np.logical_or.reduce(lungs), film.lowest, film.highest, film.window)


def _facts(film: ReadFilm, organs: Organs, values: list[Value]) -> dict[str, Any]:
    """Facts by column, and what read and segmented the film; "" where nothing tells. Operator and study are hashed first."""
    told, tube = film.facts, film.exposure
    age = "" if told.get("age") is None else told["age"]
    predicted = film.view if PREDICTED & set(film.notes) else tube.get("PredictedView", "")
    index = next((value.value for value in values if value.metric == "deviation_index"), None)
    return {
        "view": film.view, "predicted_view": predicted, "month": told.get("month", ""), "StationName": told.get("StationName", ""),
        "site": told.get("site", ""), "age": age, "notes": "|".join((*film.notes, *organs.notes)),
        "kvp": tube.get("KVP", ""), "exposure_index": tube.get("ExposureIndex", ""), "target_index": tube.get("TargetExposureIndex", ""),
        "deviation_index": "" if index is None else round(index, 4), "repaired": "1" if told.get("repaired") else "0",
        "decoder": film.decoder, "device": organs.device,
    }  # fmt: skip


def _drawn(film: ReadFilm, masks: Mapping[str, Flags], values: list[Value]) -> dict[str, Any]:
    marks = {
        value.metric: [
            {"kind": mark.kind, "label": mark.label, "points": [[round(row, 2), round(column, 2)] for row, column in mark.points]}
            for mark in value.marks
        ]
        for value in values
        if value.marks
    }
    return {
        "shape": list(film.pixels.shape), "field": list(film.field), "spacing_mm": film.spacing_mm, "to_source": film.to_source,
        "pixel_sha256": film.pixel_sha256, "contours": {organ: outlines(mask) for organ, mask in masks.items()}, "marks": marks,
    }  # fmt: skip


def small_image(pixels: np.ndarray[Any, Any]) -> bytes:
    """Canonical grey (rows, columns), 0 to 1 -> JPEG of 8 bit with a longer side of at most 768."""
    image = Pillow.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8))
    factor = min(1.0, SHOWN / max(image.size))
    small = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), Pillow.Resampling.BOX)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
