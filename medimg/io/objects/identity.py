"""Who and when of an object: UIDs that a second run makes again, numbers of its series, medimg as its maker."""

import uuid
from datetime import datetime
from typing import Any

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset

from medimg import __version__
from medimg.io.objects.codes import PRIVATE
from medimg.io.objects.film_result import FilmResult
from medimg.io.objects.source import UTF8

MAKER = "medimg"
NAMESPACE = uuid.UUID("6f1f2a34-8a57-5d0f-9c39-8d7b1f0c5a11")  # of medimg's objects; another one would give all of them new UIDs
DEVICE_UID = f"2.25.{uuid.uuid5(NAMESPACE, 'device').int}"
NUMBERS = {"sr": 1, "seg": 2, "ko": 3, "pr": 4}
NAMES = {"sr": "Film quality report", "seg": "Film quality masks", "ko": "Film quality issue", "pr": "Film quality marks"}


def uid(header: Dataset, result: FilmResult, *parts: str) -> str:
    """A UID under 2.25 (PS3.5 B.2) that depends on film, config, model and parts only: the same result replaces itself in an archive."""
    return f"2.25.{uuid.uuid5(NAMESPACE, '/'.join((header.SOPInstanceUID, result.config, result.model, *parts))).int}"


def maker() -> dict[str, Any]:
    """Equipment that made an object."""
    return {"manufacturer": MAKER, "manufacturer_model_name": "chest_qc", "software_versions": __version__, "device_serial_number": "0"}


def of_series(header: Dataset, result: FilmResult, kind: str) -> dict[str, Any]:
    """An object's own series: its UIDs, numbers and dates. Numbers from 9,000 on follow the film's, so that two films do not share one."""
    dates = {} if kind == "pr" else {"content_date": result.when.date(), "content_time": result.when.time()}
    return {
        "sop_instance_uid": uid(header, result, kind),
        "series_instance_uid": uid(header, result, kind, "series"),
        "series_number": 9000 + 10 * (_number(header, "SeriesNumber") % 100) + NUMBERS[kind],
        "instance_number": 1,
        "series_description": f"{NAMES[kind]} {result.view}",
        "specific_character_set": UTF8,
        "coding_schemes": [CodingSchemeIdentificationItem(PRIVATE, name="medimg film quality", responsible_organization=MAKER)],
        **dates,
    }


def _number(header: Dataset, keyword: str) -> int:
    try:
        return int(header.get(keyword) or 0)
    except (TypeError, ValueError):
        return 0


def date_all(made: Dataset, when: datetime) -> None:
    """Set what the library dates by its clock to the time of judging, so that the same result is the same file."""
    made.InstanceCreationDate, made.InstanceCreationTime = f"{when:%Y%m%d}", f"{when:%H%M%S}"
    for item in made.get("ContributingEquipmentSequence", []):
        item.ContributionDateTime = f"{when:%Y%m%d%H%M%S}"
    if "PresentationCreationDate" in made:
        made.PresentationCreationDate, made.PresentationCreationTime = f"{when:%Y%m%d}", f"{when:%H%M%S}"
