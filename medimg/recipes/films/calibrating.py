"""Limits proposed from a folder's own films, as a change of the site's rule file that a person applies."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from medimg.errors import ConfigError
from medimg.io.files import write_atomically
from medimg.qc.calibrate import Proposal, propose_all
from medimg.qc.proposal import diff
from medimg.qc.rules import RuleSet
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
    for row in rows(out, "rules"):
        if row["verdict"] in JUDGED and row["value"] and row["film"] in owner:  # rules of whole studies have no limits to move
            values[row["rule"]].append(float(row["value"]))
            people[row["rule"]].append(owner[row["film"]])
    proposals = propose_all(rules, values, people)
    try:
        text = site.read_text(encoding="utf-8") if site.exists() else ""
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"site={options.site}: cannot be read ({type(fault).__name__}). Name a rule file.") from None
    base = "chest" if options.rules == options.site else options.rules
    change = diff(text, site.name, proposals, rules, base=base)
    write_atomically(out / "proposal.diff", change.encode())
    return Calibration(proposals, change)
