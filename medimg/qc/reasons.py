"""Reasons for rejecting a film as DICOM codes them: context group 7011 of PS3.16, scheme DCM."""

from collections.abc import Mapping

from medimg.qc.rules import RuleSet
from medimg.qc.verdict import FAIL, FilmVerdict

CID7011: Mapping[str, str] = {
    "Image artifact(s)": "111207",
    "Grid artifact(s)": "111208",
    "Positioning": "111209",
    "Motion blur": "111210",
    "Under exposed": "111211",
    "Over exposed": "111212",
    "No image": "111213",
    "Detector artifact(s)": "111214",
    "Artifact(s) other than grid or detector artifact": "111215",
    "Mechanical failure": "111216",
    "Electrical failure": "111217",
    "Software failure": "111218",
    "Inappropriate image processing": "111219",
    "Other failure": "111220",
    "Unknown failure": "111221",
    "Double exposure": "113026",
}


def codes_of(film: FilmVerdict, rules: RuleSet) -> dict[str, str]:
    """Reasons for which a film fails, meaning -> code, each once and the gravest first: what a Key Object says of it."""
    failed = {one.rule: one.side for one in film.rules if one.verdict == FAIL and one.counted}
    meanings = [rules[rule].cid7011.get(failed[rule]) for rule in film.reasons if rule in failed]
    return {meaning: CID7011[meaning] for meaning in meanings if meaning}
