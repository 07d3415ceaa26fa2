"""What the header of a chest film says: whether it is one at all, and the facts that its quality is judged and grouped by."""

import re
from datetime import date
from typing import Any

from medimg.errors import UnreadableImage
from medimg.io.aliases import canonical
from medimg.io.elements import items, number, site_of, text
from medimg.io.header import Header

MODALITIES = ("DX", "CR")
CHEST = re.compile(r"CHEST|THORA|LUNG|RIB|STERN|CARDIA|HEART", re.IGNORECASE)
CHEST_CODES = ("816094009", "51185008", "T-D3000", "43799004")  # chest and thorax, SNOMED CT and RT; thoracic cavity
VIEWS = ("PA", "AP", "LAT")
VIEW_CODES = {
    "272479007": "PA", "R-10214": "PA", "399348003": "AP", "272460009": "AP", "R-10206": "AP", "399173006": "LAT", "R-10236": "LAT",
    "399198007": "LAT", "R-10232": "LAT", "399067008": "LAT",
}  # fmt: skip
OTHER_VIEWS = re.compile(r"^[LR]L[DO]$|OBLI|DECUB|LORDO|SWIM", re.IGNORECASE)  # DICOM's terms, and words of free text
EXPOSURE = ("ExposureIndex", "TargetExposureIndex", "DeviationIndex", "KVP", "DistanceSourceToDetector", "ExposureTime")
MOST_BITS = 16
YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def refuse_others(header: Header) -> None:
    """Raise UnreadableImage (not_applicable) for whatever is no single grey projection of a chest, before a pixel is decoded."""
    data, bits = header.dataset, header.bits_stored
    image_type = [str(word).upper() for word in data.get("ImageType", None) or []]
    part = text(data, "BodyPartExamined")
    codes = [text(code, "CodeValue") for code in items(data, "AnatomicRegionSequence")]
    faults = {
        "multi-frame": header.frames > 1,
        "colour": header.samples > 1 or not text(data, "PhotometricInterpretation").upper().startswith("MONOCHROME"),
        f"modality {_plain(header.modality) or 'not told'}": header.modality not in MODALITIES,
        "localizer": "LOCALIZER" in image_type,
        "for processing: not the film that is read": text(data, "PresentationIntentType").upper() == "FOR PROCESSING",
        f"body part {_plain(part)}": bool(part) and not CHEST.search(part) and not set(codes) & set(CHEST_CODES),
        f"{bits} bits: {MOST_BITS} at most": bits > MOST_BITS or header.pixels_in != "PixelData",
    }
    found = [fault for fault, there in faults.items() if there]
    if found:
        raise UnreadableImage(f"{header.name}: {'; '.join(found)}", code="not_applicable")


def _plain(words: str) -> str:
    """A coded word as it may stand in a table; anything else may be free text with a name in it."""
    return words if re.fullmatch(r"[A-Z0-9 _]{1,16}", words) else "other" if words else ""


def view_of(header: Header) -> str:
    """PA, AP or LAT, by ViewPosition, else by the code of the view; "" where neither says it."""
    told = canonical("view", text(header.dataset, "ViewPosition"))
    if told in VIEWS:
        return told
    codes = (VIEW_CODES.get(text(code, "CodeValue"), "") for code in items(header.dataset, "ViewCodeSequence"))
    return next(filter(None, codes), "")


def tells_other_view(header: Header) -> bool:
    """Whether a film whose view is not known here tells one, as oblique or decubitus films do: no other view may be guessed then."""
    coded = any(text(code, "CodeValue") for code in items(header.dataset, "ViewCodeSequence"))
    return coded or bool(OTHER_VIEWS.search(text(header.dataset, "ViewPosition")))


def age_of(dataset: Any) -> float | None:
    """Years of age, by PatientAge, else from the dates of birth and acquisition; None where neither is there."""
    told = re.fullmatch(r"(\d{1,3})([YMWD])", text(dataset, "PatientAge").upper())
    if told:
        return round(int(told[1]) * YEARS[told[2]], 2)
    born = _day(text(dataset, "PatientBirthDate"))
    taken = next(filter(None, (_day(text(dataset, name)) for name in ("AcquisitionDate", "SeriesDate", "StudyDate"))), None)
    years = (taken - born).days / 365.25 if born and taken else -1.0
    return round(years, 2) if 0 <= years < 130 else None


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def exposure_of(dataset: Any) -> dict[str, Any]:
    """Exposure and technique as numbers by DICOM keyword, and ViewPosition as it stands: what `qc.film.Film.stored` needs."""
    found: dict[str, Any] = {name: value for name in EXPOSURE if (value := number(dataset, name)) is not None}
    return found | {"ViewPosition": text(dataset, "ViewPosition")}


def raw_ids(dataset: Any) -> dict[str, str]:
    """Ids and names as in the file, to be hashed before they are kept anywhere."""
    keywords = {"sop": "SOPInstanceUID", "study": "StudyInstanceUID", "patient": "PatientID", "operator": "OperatorsName"}
    return {**{name: text(dataset, keyword) for name, keyword in keywords.items()}, "site": site_of(dataset)}
