"""What a folder's rules.json says of its rules: titles, findings, advice and sources in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medimg.qc.rules import GROUPS, Limits
from medimg.qc.words import REASONS, say
from medimg.report.quality.words import Words
from medimg.report.words import scrub


@dataclass(frozen=True)
class RuleTexts:
    """Texts of rules by id; a rule that rules.json does not know is called by its id."""

    rules: Mapping[str, Mapping[str, Any]]
    words: Words

    def title(self, item: str) -> str:
        """Name of the film, a group or a rule, as `Apex margin`."""
        if item in ("film", *GROUPS):
            return self.words(item)
        title = self._text(item).get("title", {}).get(self.words.language)
        return scrub(title or item.partition("_")[2].replace("_", " ") or item)

    def numbered(self, item: str) -> str:
        """A rule's number and title, `C1 Apex margin`, with the view of lateral ones."""
        if item in ("film", *GROUPS):
            return self.title(item)
        views = self.rules.get(item, {}).get("views", [])
        return f"{number_of(item)} {self.title(item)}{self.words('lateral') if views == ['LAT'] else ''}"

    def reason(self, reason: str) -> str:
        """Why a film or a rule has its verdict: a rule by its number and title, or a code in words; empty for no reason."""
        code, _, rule = reason.partition(":")
        if code not in REASONS:
            return f"{number_of(reason)} {self.title(reason)}" if reason else ""
        return say(f"{code}:{number_of(rule)} {self.title(rule)}" if code == "masks" else reason, self.words.language)

    def finding(self, rule: str, side: str) -> str:
        """What a value beyond this side's limits means; empty where nothing is said."""
        return self._said(rule, "finding", side)

    def mend(self, rule: str, side: str) -> str:
        """How to mend it; empty where nothing is said."""
        return self._said(rule, "mend", side)

    def source(self, rule: str, limits: Limits | None = None) -> str:
        """What the limits rest on: the sources named, and of which kind each limit is. `limits`: those of a film, which may be others."""
        known = self.rules.get(rule, {})
        if limits is not None and tuple((known.get("limits") or {}).values()) != limits:
            known = next((one for one in reversed(known.get("overrides") or []) if tuple(one.get("limits") or ()) == limits), known)
        evidence = known.get("evidence") or {}
        kinds_of = evidence.values() if isinstance(evidence, Mapping) else evidence
        kinds = [self.words.known("evidence", kind) for kind in dict.fromkeys(kinds_of) if kind]
        said = known.get("source") or ""
        said = said if isinstance(said, str) else said.get(self.words.language, "")  # folders judged before it had languages
        return " – ".join(part for part in (self.words("comma").join(kinds), scrub(said)) if part)

    def counted(self, item: str) -> bool:
        """Whether verdicts of groups and films rest on a rule too."""
        return bool(self.rules.get(item, {}).get("counted", True))

    def in_order(self, items: list[str]) -> list[str]:
        """Film, groups, then rules as rules.json has them, then others."""
        place = {rule: n for n, rule in enumerate(self.rules)}
        return sorted(items, key=lambda item: -1 if item in ("film", *GROUPS) else place.get(item, len(place)))

    def _text(self, rule: str) -> Mapping[str, Any]:
        text: Mapping[str, Any] = self.rules.get(rule, {}).get("text", {})
        return text

    def _said(self, rule: str, part: str, side: str) -> str:
        return scrub(self._text(rule).get(part, {}).get(side, {}).get(self.words.language, ""))


def number_of(rule: str) -> str:
    """A rule's number, the part of its id before the underscore.

    >>> number_of("C1_apex_margin")
    'C1'
    """
    return rule.partition("_")[0]
