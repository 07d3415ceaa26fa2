"""The film that the objects are about: its header, fit to be copied into them."""

from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

from medimg.errors import UnreadableImage
from medimg.io.elements import numbers, text

NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Rows", "Columns")
MAY_BE_EMPTY = ("PatientID", "PatientName", "AccessionNumber", "StudyID", "ReferringPhysicianName")
DATES = {"PatientBirthDate": DA, "StudyDate": DA, "StudyTime": TM}
SEXES = ("M", "F", "O", "")
UTF8 = "ISO_IR 192"


def read_source(path: Path, *, name: str) -> Dataset:
    """Read a film's header for its objects, texts in Unicode; what no valid object may hold (a date that is none) is emptied.

    `name`: what errors call it. Raises UnreadableImage where it is no DICOM file or lacks what an object has to refer to.
    """
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        header.decode()
        header.SpecificCharacterSet = UTF8
    except Exception as fault:  # pydicom's own words can quote the header, and the header can hold a name
        raise UnreadableImage(f"{name}: its header cannot be read ({type(fault).__name__}). No DICOM objects are made of it.") from None
    if missing := [keyword for keyword in NEEDED if not text(header, keyword)]:
        raise UnreadableImage(
            f"{name}: the header lacks {', '.join(missing)}, which its DICOM objects have to name. Export the file again."
        )
    for keyword in MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, "")
    for keyword, kind in DATES.items():
        setattr(header, keyword, _valid(kind, text(header, keyword)))
    header.PatientSex = text(header, "PatientSex").upper()[:1]
    if header.PatientSex not in SEXES:
        header.PatientSex = "O"
    _one_window(header)
    return header


def _valid(kind: Any, written: str) -> str:
    try:
        kind(written)
    except (ValueError, TypeError, AttributeError):
        return ""
    return written


def _one_window(header: Dataset) -> None:
    """Keep the table of grey values, else the first window, if it is one; of both a viewer could take either."""
    centre, width = numbers(header, "WindowCenter")[:1], numbers(header, "WindowWidth")[:1]
    for keyword in ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"):
        if keyword in header:
            delattr(header, keyword)
    if not header.get("VOILUTSequence") and centre and width and width[0] >= 1:
        header.WindowCenter, header.WindowWidth = centre[0], width[0]
