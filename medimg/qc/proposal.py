"""Proposed limits as a change of the site's rule file: shown as a diff, for a person to apply."""

import difflib
import re
from collections.abc import Sequence

import numpy as np

from medimg.errors import ConfigError
from medimg.qc.calibrate import Proposal
from medimg.qc.rules import Limits, RuleSet
from medimg.words import plural

LINE = re.compile(r"^(\s*limits:\s*)\[[^\]]*\]\s*(#.*)?$")
NEW = """# Limits of this site, proposed by medimg qc calibrate. Read them before you use them.
version: site
extends: [{base}]

rules:
"""


def as_yaml(limits: Limits) -> str:
    """Four limits as a rule file has them.

    >>> as_yaml((0.4, 0.6, None, None))
    '[0.4, 0.6, null, null]'
    """
    return "[" + ", ".join("null" if limit is None else np.format_float_positional(limit, trim="-") for limit in limits) + "]"


def note(proposal: Proposal) -> str:
    """What a proposal rests on, for the end of its line: n, each percentile with its interval, and the limits that held before."""
    there = [one for one in proposal.percentiles if one is not None]
    told = ", ".join(f"p{one.percent:g} {one.value:.3g} ({one.low:.3g} to {one.high:.3g})" for one in there)
    return f"# {plural(proposal.n, 'film')}, {plural(proposal.patients, 'patient')}: {told}; was {as_yaml(proposal.old)}"


def changed(text: str, name: str, proposals: Sequence[Proposal], rules: RuleSet, base: str = "chest") -> str:
    """The site's rule file with the proposed limits in it; `text`: as it is, empty where there is none; `name`: as `rules` names it.

    Lines of other keys and comments stay. Raises ConfigError where the file is written in a way that a line cannot be changed.
    """
    lines = (text or NEW.format(base=base)).splitlines()
    accepted = [one for one in proposals if one.new is not None and one.new != one.old]
    inserted: list[tuple[int, list[str]]] = []
    start = next((place for place, line in enumerate(lines, 1) if re.match(r"^rules:\s*(#.*)?$", line)), None)
    for proposal in accepted:
        set_at = rules.places.get((proposal.rule, "limits"))
        limits = f"{as_yaml(proposal.new or proposal.old)}  {note(proposal)}"
        if text and set_at is not None and set_at.file == name:
            found = LINE.match(lines[set_at.line - 1])
            if not found:
                raise ConfigError(
                    f"{set_at}: write the limits of {proposal.rule} on a line of their own, as 'limits: [...]', and try again."
                )
            lines[set_at.line - 1] = f"{found[1]}{limits}"
            continue
        own = next((place for place, line in enumerate(lines, 1) if re.match(rf"^  {re.escape(proposal.rule)}:\s*(#.*)?$", line)), None)
        if own is None and any(re.match(rf"^\s*{re.escape(proposal.rule)}:", line) for line in lines):
            raise ConfigError(f"{name}: write rule {proposal.rule} over several lines, two spaces in, and try again.")
        if own is None and start is None:
            raise ConfigError(f"{name}: write 'rules:' on a line of its own, and try again.")
        head = [] if own is not None else [f"  {proposal.rule}:"]
        inserted.append((own or start or 0, [*head, f"    limits: {limits}"]))
    for place, new in sorted(inserted, key=lambda one: -one[0]):
        lines[place:place] = new
    return "\n".join(lines) + "\n"


def diff(text: str, name: str, proposals: Sequence[Proposal], rules: RuleSet, base: str = "chest") -> str:
    """A unified diff of the site's rule file to what is proposed; empty where nothing changes."""
    if not any(one.new is not None and one.new != one.old for one in proposals):
        return ""
    new = changed(text, name, proposals, rules, base)
    return "".join(difflib.unified_diff(text.splitlines(keepends=True), new.splitlines(keepends=True), name, f"{name} (proposed)"))
