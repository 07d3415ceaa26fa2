"""Which sequence an MR series is and which view a film shows: scored evidence from the header, each point with its reason."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from medimg.io.aliases import canonical
from medimg.io.elements import functional, items, number, text, value
from medimg.io.header import Header

FILMS = ("CR", "DX")
_NO_AGENT = {"", "NO", "NONE", "N", "N/A", "NA", "NOT APPLICABLE", "NO CONTRAST", "WITHOUT"}


@dataclass(frozen=True)
class Evidence:
    """What speaks for one word: points from tags, points from names, and the reasons in words (no text of the header in them)."""

    word: str
    tags: int
    names: int
    reasons: tuple[str, ...]

    @property
    def score(self) -> int:
        """All points."""
        return self.tags + self.names


@functools.cache
def rules_text() -> str:
    """The table of rules as it lies beside this module."""
    return files("medimg.io").joinpath("series.yaml").read_text("utf-8")


@functools.cache
def rules() -> dict[str, Any]:
    """The table of rules, read."""
    table: dict[str, Any] = yaml.safe_load(rules_text())
    return table


def weigh(header: Header) -> list[Evidence]:
    """Evidence for every sequence (MR) or view (films) with any, strongest first; equal scores in the order of the table."""
    if header.modality == "MR":
        facts, group = _mr_facts(header), rules()["sequences"]
    elif header.modality in FILMS:
        facts, group = _film_facts(header), rules()["views"]
    else:
        return []
    found = [_weighed(word, words_rules, facts) for word, words_rules in group.items()]
    return sorted((evidence for evidence in found if evidence.score), key=lambda evidence: -evidence.score)


def decide(found: list[Evidence], *, first_on_tie: bool = False) -> tuple[str, str]:
    """The word and why; "" where nothing has enough points or two words have the same."""
    strong = [evidence for evidence in found if evidence.score >= rules()["least"]]
    if not strong:
        return "", "too little evidence"
    best = [evidence.word for evidence in strong if evidence.score == strong[0].score]
    if len(best) > 1 and not first_on_tie:
        return "", f"tie between {' and '.join(best)}"
    return strong[0].word, "; ".join(strong[0].reasons) + (f"; first of a tie with {', '.join(best[1:])}" if len(best) > 1 else "")


def dropped(header: Header) -> str:
    """Why a series is no candidate by its Image Type: "" if it is one."""
    kinds = _image_type(header)
    return next((f"Image Type says {what}" for word, what in rules()["drop"].items() if word in kinds[1:]), "")


def is_derived(header: Header) -> bool:
    """True if the pixels were computed from other images."""
    return _image_type(header)[:1] == ["DERIVED"]


def _image_type(header: Header) -> list[str]:
    found = value(header.dataset, "ImageType")
    return [] if found is None else [str(word).strip().upper() for word in ([found] if isinstance(found, str) else found)]


def _weighed(word: str, rules_of_word: Iterable[dict[str, Any]], facts: dict[str, Any]) -> Evidence:
    tags, names, reasons = 0, 0, []
    for rule in rules_of_word:
        conditions = {key: wanted for key, wanted in rule.items() if key != "score"}
        said = [_holds(key, wanted, facts) for key, wanted in conditions.items()]
        if all(said):
            by_name = "name" in conditions
            names, tags = (names + rule["score"], tags) if by_name else (names, tags + rule["score"])
            reasons.append(f"{', '.join(filter(None, map(str, said)))} (+{rule['score']})")
    return Evidence(word, tags, names, tuple(reasons))


def _holds(key: str, wanted: Any, facts: dict[str, Any]) -> str:
    """What fulfils a condition, in words; "" if nothing does."""
    if key in ("name", "not_name"):
        found = re.search(wanted, facts["name"])
        return ("a name says so" if found else "") if key == "name" else ("" if found else "no name against it")
    if key == "absent":
        return "" if any(facts.get(name) is not None for name in wanted) else f"no {' or '.join(wanted)}"
    if key in ("scanning", "row_towards"):
        met = [word for word in wanted if word in facts[key]]
        return f"{key.replace('_', ' ')} {met[0]}" if met else ""
    if key == "not_scanning":
        return "" if any(word in facts["scanning"] for word in wanted) else f"not {' or '.join(wanted)}"
    if key in ("contrast", "position"):
        return f"{key} {facts[key] or 'no'}" if (bool(facts[key]) if key == "contrast" else facts[key]) == wanted else ""
    low, high = wanted
    amount = facts[key]
    inside = amount is not None and (low is None or amount >= low) and (high is None or amount <= high)
    return f"{key} {amount:g}" if inside else ""


def _name(header: Header) -> str:
    words = [
        text(header.dataset, keyword)
        for keyword in ("SeriesDescription", "ProtocolName", "SequenceName", "AcquisitionDeviceProcessingDescription")
    ]
    return " ".join(words).lower().replace("_", " ")


def _mr_facts(header: Header) -> dict[str, Any]:
    data, name = header.dataset, _name(header)
    timing, echo, modifier, diffusion = (
        functional(data, 0, f"MR{part}Sequence") for part in ("TimingAndRelatedParameters", "Echo", "Modifier", "Diffusion")
    )
    inversion = _first(number(data, "InversionTime"), number(modifier, "InversionTimes"))
    scanning = value(data, "ScanningSequence")
    return {
        "name": name,
        "TR": _first(number(data, "RepetitionTime"), number(timing, "RepetitionTime")),
        "TE": _first(number(data, "EchoTime"), number(echo, "EffectiveEchoTime")),
        "TI": inversion or None,  # some scanners write 0 for "no inversion"
        "b": _first(number(data, "DiffusionBValue"), number(diffusion, "DiffusionBValue")),
        "scanning": [] if scanning is None else [scanning] if isinstance(scanning, str) else [str(word) for word in scanning],
        "contrast": _contrast(data, name),
    }


def _contrast(data: Any, name: str) -> str:
    if text(data, "ContrastBolusAgent").upper() not in _NO_AGENT or items(data, "ContrastBolusAgentSequence"):
        return "agent in the header"
    if re.search(rules()["contrast_name"], name) and not re.search(rules()["no_contrast_name"], name):
        return "agent by name"
    return ""


def _first(*amounts: float | None) -> float | None:
    return next((amount for amount in amounts if amount is not None), None)


def _film_facts(header: Header) -> dict[str, Any]:
    towards = text(header.dataset, "PatientOrientation").upper()
    return {
        "name": _name(header),
        "position": canonical("view", text(header.dataset, "ViewPosition")),
        "row_towards": towards[:1],
    }
