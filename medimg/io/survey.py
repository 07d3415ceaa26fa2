"""One DICOM file's header boiled down to what a scan needs, for child processes: raw ids in, decisions without free text out."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medimg.errors import UnreadableImage
from medimg.io.elements import number, numbers, site_of, text
from medimg.io.frames import anterior_detector, choose_frame
from medimg.io.header import Header, read_header
from medimg.io.image import kind_of
from medimg.io.series import dropped, is_derived, weigh

NOT_IMAGES = ("SEG", "RTDOSE", "RTIMAGE", "PR", "KO", "REG", "SR")
IDS = ("patient", "accession", "study", "series", "sop", "site")


def survey(path: str) -> dict[str, Any]:
    """Plain types only; the ids are raw and must be hashed by the caller before they are kept anywhere."""
    kind = kind_of(Path(path))
    if kind != "dicom":
        raise UnreadableImage(f"a {kind.upper()} picture has no header to tell its patient. List it in a manifest by hand.")
    header = read_header(Path(path))
    data = header.dataset
    if header.modality in NOT_IMAGES:
        raise UnreadableImage(f"{header.modality} is made from images, not an image itself.")
    ids = {
        "patient": text(data, "PatientID"),
        "accession": text(data, "AccessionNumber"),
        "study": text(data, "StudyInstanceUID"),
        "series": text(data, "SeriesInstanceUID"),
        "sop": text(data, "SOPInstanceUID"),
        "site": site_of(data),
    }
    missing = [name for name in ("patient", "study", "series", "sop") if not ids[name]]
    if missing:
        raise UnreadableImage(f"no id of the {' and the '.join(missing)} in the header, so a leak could not be seen.")
    return {
        **ids,
        "modality": header.modality,
        "month": header.acquired_month,
        "instance": number(data, "InstanceNumber"),
        "frames": _frames(header),
        "evidence": [asdict(evidence) for evidence in weigh(header)],
        "dropped": dropped(header) if header.modality == "MR" else "",
        "derived": is_derived(header),
    }


def _frames(header: Header) -> list[tuple[int, float | None, str]]:
    """Frame number (-1: the only one), position in mm and view of each image that the file holds."""
    if header.modality == "NM":
        index = choose_frame(header, None)
        return [(index if header.frames > 1 else -1, None, _nm_view(header, index))]
    if header.frames == 1:
        return [(-1, _position(header, 0), "")]
    positions = [_position(header, frame) for frame in range(header.frames)]
    if any(position is None for position in positions):
        raise UnreadableImage(f"{header.frames} frames without a position for each. Choose frames in a manifest by hand.")
    return [(frame, position, "") for frame, position in enumerate(positions)]


def _position(header: Header, frame: int) -> float | None:
    position = header.slice_mm(frame)
    return None if math.isnan(position) else round(position, 3)


def _nm_view(header: Header, index: int) -> str:
    """ANT where the header says that the frame's detector looks at the front; "" where it says nothing."""
    anterior = anterior_detector(header.dataset)
    detectors = numbers(header.dataset, "DetectorVector")
    seen = int(detectors[index]) if index < len(detectors) else 1 if header.frames == 1 else None
    return "ANT" if anterior is not None and seen == anterior else ""
