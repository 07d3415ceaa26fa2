"""One chest film from its file to the canonical film that is segmented and measured: header first, then pixels, each step once."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from medimg.errors import UnreadableImage
from medimg.io import raster
from medimg.io.dicom import decoder_of, read_values
from medimg.io.elements import text
from medimg.io.film_field import Box, seen_field, tagged_field
from medimg.io.film_grey import count_levels, grey_table
from medimg.io.film_header import VIEWS, age_of, exposure_of, raw_ids, refuse_others, tells_other_view, view_of
from medimg.io.film_place import Place, place, view_by
from medimg.io.fingerprint import facts_of_values
from medimg.io.grey import without_unused_bits
from medimg.io.header import Header, read_header
from medimg.io.image import kind_of

Masks = dict[str, npt.NDArray[np.bool_]]
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])(?!\d)")  # a day behind it is left out


@dataclass(frozen=True)
class FilmFile:
    """What is asked of a child: a file, what a manifest says of it (view, site, age, operator, patient_id) and masks that people drew.

    `any_view`: a film is read though nothing tells its view.
    """

    path: str
    told: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, str] = field(default_factory=dict)
    any_view: bool = False


@dataclass(frozen=True)
class ReadFilm:
    """A canonical film: patient's right, or sternum, on the image's left; air dark, bone bright.

    `view`: "" where `any_view` let it open and nothing tells it; the film is then as it lies in the file.
    `pixels`: float32 (rows, columns), 0 to 1, on square pixels with a longer side of at most 1,024; `stored`: the file's values at the
    same places; `field`: exposed part, top, left, bottom, right; `lowest`, `highest`: least and largest stored value inside it;
    `window`: stored values that the file's window keeps apart. `facts` may be kept, `ids` must be hashed first. `to_source`: 2 x 3,
    measured (row, column, 1) to the file's. `notes`: codes, with what they speak of behind a colon. `decoder`: what reads the pixels.
    """

    id: str
    pixel_sha256: str
    view: str
    pixels: npt.NDArray[np.float32]
    stored: npt.NDArray[np.integer]
    lowest: float
    highest: float
    window: tuple[float, float] | None
    field: Box
    spacing_mm: float | None
    to_source: list[list[float]]
    exposure: Mapping[str, Any]
    facts: Mapping[str, Any]
    ids: Mapping[str, str]
    masks: Masks
    notes: tuple[str, ...]
    ms: float
    decoder: str = ""

    @property
    def within(self) -> tuple[slice, slice]:
        """Rows and columns of the exposed field: what a network sees."""
        top, left, bottom, right = self.field
        return slice(top, bottom), slice(left, right)


def read_film(file: FilmFile) -> ReadFilm:
    """Read one film. Raises UnreadableImage, whose code is the reason in skipped.csv."""
    began, path = time.perf_counter(), Path(file.path)
    kind = kind_of(path)
    if kind == "dicom":
        found = _dicom(path, file)
    elif file.told.get("view"):
        found = _raster(path, file)
    else:
        raise UnreadableImage(
            f"a {kind.upper()} picture, which does not tell its view. Give a manifest.csv with the columns image, patient_id and view.",
            code="not_dicom",
        )
    return ReadFilm(**found, ms=1000 * (time.perf_counter() - began))


def _dicom(path: Path, file: FilmFile) -> dict[str, Any]:
    header = read_header(path, repair=True)
    refuse_others(header)
    told = view_of(header)
    view = file.told.get("view") or told
    guessed = not view and file.any_view and not tells_other_view(header)
    view = view_by(_letters(header.dataset)) if guessed else _view(view, file.told)
    stored = without_unused_bits(read_values(path, header), header)
    if stored.shape != (header.rows, header.columns):
        raise UnreadableImage(f"the pixels are {stored.shape}, the header says {header.rows} x {header.columns}")
    spacing, notes = header.spacing_mm(), []
    way, spacing_mm, known = place((header.rows, header.columns), view, _letters(header.dataset), spacing)
    notes += ["repaired"] * header.repaired + ["orientation_unknown"] * (not known) + ["spacing_unknown"] * (spacing is None)
    if way.transpose or way.flip_rows or way.flip_columns:
        notes.append("turned:" + " ".join(_letters(header.dataset)))
    if guessed and view:
        notes.append("view_by_orientation")
    if told and told != view:
        notes.append(f"view_differs:{told}")
    grey = _grey(header, stored, way, notes)
    facts = {
        "month": header.acquired_month, "StationName": text(header.dataset, "StationName"), "age": age_of(header.dataset),
        "repaired": header.repaired,
    }  # fmt: skip
    print_ = facts_of_values(stored, 0)
    return grey | {
        "id": print_.id, "pixel_sha256": print_.pixel_sha256, "view": view, "spacing_mm": spacing_mm, "to_source": way.to_source(),
        "exposure": exposure_of(header.dataset), "facts": facts | _told(file.told), "ids": raw_ids(header.dataset) | _told_ids(file.told),
        "masks": _masks(file.masks, way), "notes": tuple(notes), "decoder": decoder_of(header),
    }  # fmt: skip


def _grey(header: Header, stored: npt.NDArray[Any], way: Place, notes: list[str]) -> dict[str, Any]:
    """Field, grey table and canonical pixels; adds its notes."""
    sample = way.sampled(stored)
    tagged = tagged_field(header.dataset, stored.shape)
    box = way.box_from_source(tagged) if tagged else seen_field(sample)
    inside = sample[box[0] : box[2], box[1] : box[3]]
    table = grey_table(header, *count_levels(inside, header))
    if table.refused:
        notes.append(f"window_refused:{table.refused}")
    if inside.min() == inside.max():
        notes.append("constant")
    pixels = way.resampled(table(way.turned(stored)))
    return {
        "pixels": pixels, "stored": sample, "field": box, "lowest": float(inside.min()), "highest": float(inside.max()),
        "window": table.window,
    }  # fmt: skip


def _raster(path: Path, file: FilmFile) -> dict[str, Any]:
    """A film saved as a picture: grey as it is shown, and no fact but those of the manifest."""
    stored, _ = raster.read_stored(path)
    if stored.dtype.kind not in "ub":
        raise UnreadableImage(f"values of the kind {stored.dtype} have no black and white", code="not_applicable")
    white = float(2 ** (8 * stored.dtype.itemsize) - 1) if stored.dtype.kind == "u" else 1.0
    whole, view = raster.luminance(stored), _view(file.told["view"], file.told)
    way, _, _ = place(whole.shape, view, [], None)
    sample = way.sampled(whole)
    box, print_ = seen_field(sample), facts_of_values(stored, 0)
    inside = sample[box[0] : box[2], box[1] : box[3]]
    return {
        "id": print_.id, "pixel_sha256": print_.pixel_sha256, "view": view, "pixels": way.resampled(whole / np.float32(white)),
        "stored": sample, "field": box, "lowest": float(inside.min()), "highest": float(inside.max()), "window": None, "spacing_mm": None,
        "to_source": way.to_source(), "exposure": {}, "facts": {"repaired": False} | _told(file.told), "ids": _told_ids(file.told),
        "masks": _masks(file.masks, way), "notes": ("no_header",), "decoder": kind_of(path),
    }  # fmt: skip


def _view(view: str, told: Mapping[str, Any]) -> str:
    """A view that is known. `told`: what a manifest says of the film."""
    if view not in VIEWS and told.get("view"):
        raise UnreadableImage(f"the manifest's column view says '{view[:40]}'. Write {', '.join(VIEWS)}.", code="not_applicable")
    if view not in VIEWS:
        raise UnreadableImage("the view is not told (PA, AP or LAT): ViewPosition (0018,5101) is empty or another", code="not_applicable")
    return view


def _letters(dataset: Any) -> list[str]:
    found = dataset.get("PatientOrientation", None) or []
    return [str(word) for word in found] if not isinstance(found, str) else []


def _told(told: Mapping[str, str]) -> dict[str, Any]:
    """Facts of a manifest's row, which come before the file's."""
    facts: dict[str, Any] = {name: told[name] for name in ("site", "StationName") if told.get(name)}
    if month := MONTH.match(told.get("month") or told.get("acquired_month") or ""):
        facts["month"] = month[0]
    try:
        return facts | ({"age": float(told["age"])} if told.get("age") else {})
    except ValueError:
        return facts


def _told_ids(told: Mapping[str, str]) -> dict[str, str]:
    columns = {"patient": "patient_id", "study": "study", "sop": "sop", "operator": "operator"}
    return {name: told[column] for name, column in columns.items() if told.get(column)}


def _masks(paths: Mapping[str, str], way: Place) -> Masks:
    """Masks in pixels of the file -> on the measured grid."""
    found = {}
    for organ, path in paths.items():
        try:
            with Pillow.open(path) as image:
                mask = np.asarray(image.convert("L")) > 0 if image.mode != "1" else np.asarray(image)
        except (OSError, ValueError, Pillow.DecompressionBombError) as fault:
            raise UnreadableImage(f"its mask of {organ} cannot be read ({type(fault).__name__})") from None
        if mask.shape != way.source:
            raise UnreadableImage(
                f"its mask of {organ} has {mask.shape[0]} x {mask.shape[1]} pixels, the film {way.source[0]} x {way.source[1]}"
            )
        found[organ] = way.sampled(mask)
    return found
