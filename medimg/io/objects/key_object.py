"""Key Object "Quality Issue": points at a film that fails, with the reasons for rejecting it of context group 7011.

Never titled "Rejected for Quality Reasons" (113001): archives hide or delete films that such an object names.
"""

from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.sr import CodeContentItem, ContentSequence
from pydicom.dataset import Dataset

from medimg.io.objects import codes
from medimg.io.objects.film_result import FAIL, FilmResult
from medimg.io.objects.identity import MAKER, date_all, of_series
from medimg.io.objects.report import observer

TITLE = ("113010", "Quality Issue")
MODIFIER = ("113011", "Document Title Modifier")


def key_object_of(header: Dataset, result: FilmResult) -> KeyObjectSelectionDocument | None:
    """Make the key object of a film that fails; None for any other."""
    if result.verdict != FAIL:
        return None
    content = KeyObjectSelection(codes.dcm(*TITLE), [header], observer_device_context=observer(), description=_description(result))
    reasons = [
        CodeContentItem(codes.dcm(*MODIFIER), codes.dcm(code, meaning), "HAS CONCEPT MOD") for meaning, code in result.reject.items()
    ]
    content[0].ContentSequence = ContentSequence([*reasons, *content[0].ContentSequence])
    made = KeyObjectSelectionDocument([header], content, manufacturer=MAKER, **of_series(header, result, "ko"))
    date_all(made, result.when)
    return made


def _description(result: FilmResult) -> str:
    failed = [f"{rule.title}: {' '.join(rule.texts)}".strip(": ") for rule in result.rules if rule.verdict == FAIL]
    return "\n".join(failed) or f"limits {result.rules_version}"
