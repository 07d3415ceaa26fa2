"""Which frame of a nuclear medicine file is the image: told by energy window and detector, never by position."""

import math
from typing import Any

import numpy as np

from medimg.errors import UnreadableImage
from medimg.io.elements import items, number, numbers, text
from medimg.io.header import Header

PHOTOPEAK_KEV = {"99m": 140.5, "tc": 140.5, "123": 159.0, "131": 364.5, "111": 171.3, "201": 72.0}  # main line by mass number
_ANTERIOR = {
    "R-10206",
    "G-5215",
    "399321004",
    "G-A104",
    "272460009",
    "255549009",
    "399348003",
}  # SNOMED RT and CT: anterior projection, anterior
_POSTERIOR = {"R-10214", "G-5216", "399001007", "G-A105", "272461008", "255551008"}


def choose_frame(header: Header, frame: int | None) -> int:
    """The frame asked for; without one the only frame, or for NM the photopeak window seen by the anterior detector."""
    if frame is not None:
        if 0 <= frame < header.frames:
            return frame
        raise UnreadableImage(f"{header.name}: frame {frame} does not exist: the file holds {header.frames} (0 to {header.frames - 1}).")
    if header.frames == 1:
        return 0
    if header.modality == "NM":
        return _by_vectors(header)
    raise UnreadableImage(
        f"{header.name}: the file holds {header.frames} frames. Say which in the column frame (0 to {header.frames - 1})."
    )


def _by_vectors(header: Header) -> int:
    kept = list(range(header.frames))
    for keyword, find, what in (
        ("EnergyWindowVector", photopeak_window, "photopeak window"),
        ("DetectorVector", anterior_detector, "anterior view"),
    ):
        vector = _vector(header, keyword)
        if not vector and len(kept) > 1:
            continue
        if len({vector[i] for i in kept}) > 1:
            wanted = find(header.dataset)
            if wanted is None:
                raise UnreadableImage(
                    f"{header.name}: {header.frames} frames, and the header does not tell which is the {what}. {_way_out(header)}"
                )
            kept = [i for i in kept if vector[i] == wanted]
    if len(kept) == 1:
        return kept[0]
    found = f"{len(kept)} of {header.frames} frames are the anterior view in the photopeak window (several phases, times or angles)"
    raise UnreadableImage(
        f"{header.name}: {found if kept else 'no frame is the anterior view in the photopeak window'}. {_way_out(header)}"
    )


def _way_out(header: Header) -> str:
    return f"Say which frame in the column frame (0 to {header.frames - 1})."


def _vector(header: Header, keyword: str) -> list[int]:
    values = [int(part) for part in numbers(header.dataset, keyword)]
    return values if len(values) == header.frames else []


def photopeak_window(dataset: Any) -> int | None:
    """Number (from 1) of the energy window around the tracer's main line, 140 keV if the tracer is not named; None if none or a tie."""
    line = _line_kev(dataset)
    fits = []
    for position, item in enumerate(items(dataset, "EnergyWindowInformationSequence"), start=1):
        for limits in items(item, "EnergyWindowRangeSequence"):
            low, high = number(limits, "EnergyWindowLowerLimit"), number(limits, "EnergyWindowUpperLimit")
            if low is not None and high is not None and low <= line <= high:
                fits.append((abs((low + high) / 2 - line), high - low, position))
    fits.sort()
    if not fits or (len(fits) > 1 and fits[0][:2] == fits[1][:2]):
        return None
    return fits[0][2]


def _line_kev(dataset: Any) -> float:
    for tracer in items(dataset, "RadiopharmaceuticalInformationSequence"):
        for code in items(tracer, "RadionuclideCodeSequence"):
            meaning = text(code, "CodeMeaning").lower()
            for mass, line in PHOTOPEAK_KEV.items():
                if mass in meaning:
                    return line
    return PHOTOPEAK_KEV["99m"]


def anterior_detector(dataset: Any) -> int | None:
    """Number (from 1) of the detector in front of the patient; None if none or several say so."""
    seen = {position: _view(item) for position, item in enumerate(items(dataset, "DetectorInformationSequence"), start=1)}
    anterior = [position for position, view in seen.items() if view == "anterior"]
    if not anterior and len(seen) == 2 and list(seen.values()).count("posterior") == 1:
        anterior = [position for position, view in seen.items() if view != "posterior"]
    return anterior[0] if len(anterior) == 1 else None


def _view(detector: Any) -> str:
    """By view code, then by the direction of looking, then by the angle (0 degrees is the patient's back)."""
    for code in items(detector, "ViewCodeSequence"):
        meaning, number_ = text(code, "CodeMeaning").lower(), text(code, "CodeValue")
        if number_ in _ANTERIOR or meaning.startswith("ant"):
            return "anterior"
        if number_ in _POSTERIOR or meaning.startswith("post"):
            return "posterior"
    directions = numbers(detector, "ImageOrientationPatient")
    if len(directions) == 6:
        depth = float(np.cross(directions[:3], directions[3:])[1])
        if abs(depth) > 0.7:
            return "anterior" if depth > 0 else "posterior"
    angle = number(detector, "StartAngle")
    if angle is not None and abs(math.cos(math.radians(angle))) > 0.9:
        return "anterior" if math.cos(math.radians(angle)) < 0 else "posterior"
    return ""
