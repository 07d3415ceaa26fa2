"""Values of DICOM elements as plain text and numbers; what cannot be understood counts as absent."""

import logging
import math
from typing import Any

import pydicom

# Values are checked here, where a fault gets a reason; pydicom's own warnings and log lines quote values,
# and a value can be a name.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def value(dataset: Any, keyword: str) -> Any:
    """An element's value; None where it is absent, empty or cannot be understood."""
    try:
        found = None if dataset is None else dataset.get(keyword)
    except Exception:  # a value that pydicom cannot convert is an absent one; what needs it says so
        return None
    return None if found is None or found == "" else found


def text(dataset: Any, keyword: str) -> str:
    """An element's first value as stripped text, "" if absent."""
    found = value(dataset, keyword)
    if isinstance(found, pydicom.multival.MultiValue | list | tuple):
        found = found[0] if len(found) else ""
    return "" if found is None else str(found).replace("\0", "").strip()


def numbers(dataset: Any, keyword: str) -> list[float]:
    """An element's values as finite numbers; [] if absent or if one is no number."""
    found = value(dataset, keyword)
    if found is None:
        return []
    several = isinstance(found, pydicom.multival.MultiValue | list | tuple)
    try:
        values = [float(part) for part in (found if several else [found])]
    except (TypeError, ValueError):
        return []
    return values if all(math.isfinite(part) for part in values) else []


def number(dataset: Any, keyword: str) -> float | None:
    """An element's first value as a finite number."""
    values = numbers(dataset, keyword)
    return values[0] if values else None


def site_of(dataset: Any) -> str:
    """Raw name of the site: the institution, else the device; it must be hashed before it is kept."""
    return next(filter(None, (text(dataset, word) for word in ("InstitutionName", "DeviceSerialNumber", "StationName"))), "")


def items(dataset: Any, keyword: str) -> list[Any]:
    """The items of a sequence, [] if absent."""
    found = value(dataset, keyword)
    return list(found) if isinstance(found, pydicom.sequence.Sequence) else []


def functional(dataset: Any, frame: int, sequence: str) -> Any:
    """The item of an enhanced object's functional group that holds for one frame: its own, else the shared one, else None."""
    own = items(dataset, "PerFrameFunctionalGroupsSequence")
    for group in [*own[frame : frame + 1], *items(dataset, "SharedFunctionalGroupsSequence")[:1]]:
        if found := items(group, sequence):
            return found[0]
    return None
