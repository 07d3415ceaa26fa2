"""Limits proposed from a folder's own films, as a change of the site's rule file that a person applies."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from medimg.errors import ConfigError
from medimg.io.files import write_atomically
from medimg.qc.calibrate import Proposal, propose_all
from medimg.qc.proposal import diff
from medimg.qc.rows import value_of
from medimg.qc.rules import Rule, RuleSet
from medimg.qc.verdict import shut_gate
from medimg.recipes.films.options import CalibrateOptions
from medimg.recipes.films.results import JUDGED, patients, rows


@dataclass(frozen=True)
class Calibration:
    """What is proposed for each rule, and the diff of the site's rule file; empty where nothing changes."""

    proposals: list[Proposal]
    diff: str


def calibrate(options: CalibrateOptions, rules: RuleSet) -> Calibration:
    """Propose limits; writes proposal.diff into the folder, and changes no rule file."""
    out, site = Path(options.out).absolute(), Path(options.site)
    owner = patients(out)
    values, people = defaultdict[str, list[float]](list), defaultdict[str, list[str]](list)
    known = {rule.id: rule for rule in rules.rules}
    for film, told in groupby(rows(out, "rules"), key=itemgetter("film")):
        for row in _sound([*told], known) if film in owner else ():  # rules of whole studies have no limits to move
            values[row["rule"]].append(float(row["value"]))
            people[row["rule"]].append(owner[film])
    proposals = propose_all(rules, values, people)
    try:
        text = site.read_text(encoding="utf-8") if site.exists() else ""
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"site={options.site}: cannot be read ({type(fault).__name__}). Name a rule file.") from None
    base = "chest" if options.rules == options.site else options.rules
    change = diff(text, site.name, proposals, rules, base=base)
    write_atomically(out / "proposal.diff", change.encode())
    return Calibration(proposals, change)


def _sound(told: Sequence[Mapping[str, str]], known: Mapping[str, Rule]) -> Iterator[Mapping[str, str]]:
    """Rows of one film whose value was judged, or would have been if its rule had limits: gates open and masks not doubted."""
    doubted = any(row["reason"] == "distrust" or row["reason"].startswith("masks:") for row in told)
    for row in told:
        value, rule = value_of(row), known.get(row["rule"])
        unlimited = row["reason"] == "no_limits" and not doubted and value is not None and rule is not None and not shut_gate(rule, value)
        if row["value"] and (row["verdict"] in JUDGED or unlimited):
            yield row
