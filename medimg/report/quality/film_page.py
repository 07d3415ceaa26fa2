"""The page of one film: the image with what was measured, findings with advice, every rule's value against its limits, facts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from medimg.qc.rules import GROUPS, Limits
from medimg.qc.verdict import FAIL, NOT_APPLICABLE, PASS, UNEVALUABLE, WARN
from medimg.report.quality import overlay
from medimg.report.quality.limit_bar import limit_bar
from medimg.report.quality.pages import Pages
from medimg.report.quality.rules import RuleTexts, number_of
from medimg.report.quality.signs import sign
from medimg.report.quality.words import Words

FACTS = ("study", "view", "predicted_view", "month", "StationName", "site", "operator", "age", "kvp", "exposure_index", "target_index",
         "deviation_index", "version", "model", "config", "medimg", "decoder", "device")  # fmt: skip
GRAVEST = {FAIL: 0, UNEVALUABLE: 1, WARN: 2}


class Told(NamedTuple):
    """One rule as the page tells it."""

    rule: str
    number: str
    title: str
    group: str
    verdict: str
    sign: Markup
    value: str
    bar: Markup
    within: str
    said: str
    finding: str
    mend: str
    source: str
    critical: bool


def write_film_page(pages: Pages, film: Mapping[str, Any], texts: RuleTexts) -> Path:
    """Write films/<id>.html from the contents of films/<id>.json."""
    words, name = pages.words, str(film["film"])
    rules = [told(rule, texts, words) for rule in film["rules"]]
    drawn = overlay.contours(film)
    return pages.write(
        f"films/{name}.html", "quality/film.html", film=film, rules=rules, title=words("film_title", view=film["view"], film=name),
        findings=findings(rules, film["verdict"].get("reasons") or ()),
        groups=[(group, film["verdict"]["groups"].get(group, NOT_APPLICABLE)) for group in GROUPS], contours=drawn,
        marks=overlay.marks(film, words), picture=f"{name}.jpg" if (pages.out / "films" / f"{name}.jpg").is_file() else "",
        facts=list(facts(film, words)), notes=[words.note(note) for note in film.get("notes") or []], times=times(film, words),
        reason=texts.reason(str(film["verdict"].get("reason") or "")),
    )  # fmt: skip


def findings(rules: Sequence[Told], reasons: Sequence[str]) -> list[Told]:
    """Rules that speak against a film: its reasons in their order, so that what doubts the masks stands first, then others."""
    place = {reason: n for n, reason in enumerate(reasons)}
    told = [one for one in rules if one.verdict in GRAVEST]
    return sorted(told, key=lambda one: (place.get(one.rule, len(place)), GRAVEST[one.verdict]))


def read_film(path: Path) -> Mapping[str, Any] | None:
    """The contents of films/<id>.json; None where there is no such file, or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def told(rule: Mapping[str, Any], texts: RuleTexts, words: Words) -> Told:
    """Put one rule of a film into words; a rule that passes or does not apply has no finding."""
    a, b, c, d = rule["limits"]
    limits: Limits = (a, b, c, d)
    unit, verdict, side = rule["unit"], rule["verdict"], rule["side"]

    def say(limit: float) -> str:
        return words.limit(limit, unit)

    judged = verdict in (FAIL, WARN)
    shown = verdict in (PASS, FAIL, WARN, UNEVALUABLE) and unit != "bool"
    return Told(
        rule["rule"], number_of(rule["rule"]), texts.title(rule["rule"]), rule["group"], verdict, sign(verdict, words),
        words.value(rule["value"], unit, limits), limit_bar(limits, rule["value"], say) if shown else Markup(""),
        within(limits, unit, words), sentence(texts.reason(rule["reason"])),
        texts.finding(rule["rule"], side) if judged else "", texts.mend(rule["rule"], side) if judged else "",
        texts.source(rule["rule"], limits), bool(rule["critical"]),
    )  # fmt: skip


def within(limits: Limits, unit: str, words: Words) -> str:
    """What a value must be, and should be where that is narrower, as one sentence; empty where there are no limits."""
    must, should = allowed(limits[0], limits[3], unit, words), allowed(limits[1], limits[2], unit, words)
    told = words("must_be", limits=must) if must else ""
    if should not in ("", must):
        told += words("should_be", limits=should)
    return sentence(told.lstrip(", ；")) if told else ""


def allowed(low: float | None, high: float | None, unit: str, words: Words) -> str:
    """What limits allow, in words; empty where there are none."""
    if low is None and high is None:
        return ""
    told = {side: words.exact(limit, unit) for side, limit in (("low", low), ("high", high)) if limit is not None}
    if unit == "bool":
        return next(iter(told.values()))
    return words("allowed_most" if low is None else "allowed_least" if high is None else "allowed_between", **told)


def sentence(text: str) -> str:
    """A text with a capital and a full stop, where its language has capitals; nothing of nothing."""
    return text and text[:1].upper() + text[1:] + ("." if text[:1].isascii() else "。")


def facts(film: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """Facts of the file that may be shown; none that is empty."""
    known = {**film["facts"], "spacing_mm": film.get("spacing_mm")}
    return [(words(f"fact_{name}"), _plain(known[name], words)) for name in (*FACTS, "spacing_mm") if known.get(name) not in (None, "")]


def times(film: Mapping[str, Any], words: Words) -> str:
    """How long each stage took."""
    return words("comma").join(f"{words.known('stage', stage)} {ms:.0f} ms" for stage, ms in (film.get("timings_ms") or {}).items())


def _plain(value: object, words: Words) -> str:
    return f"{value:.4g}" if isinstance(value, float) else words.word(str(value))
