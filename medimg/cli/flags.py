"""The flags of medimg active-label: most are short for a setting, the others say what is to be done."""

from typing import Any


def takes(meaning: str, kind: type = str, metavar: str = "FILE", **more: Any) -> dict[str, Any]:
    """A flag with a value."""
    return {"help": meaning, "type": kind, "metavar": metavar, **more}


def switch(meaning: str) -> dict[str, Any]:
    """A flag without a value."""
    return {"help": meaning, "action": "store_true"}


LABEL: dict[str, dict[str, Any]] = {
    "--budget": takes("answers asked for in a round (default 50), in slices or, with active.unit=patient, in patients", metavar="N"),
    "--strategy": takes("how a batch is chosen: random, entropy, diverse, badge ... (docs/active_strategies.md)", metavar="NAME"),
    "--preset": takes("a set of values for the group active: honest (default), paper, fast", metavar="NAME"),
    "--init": takes("the first batch: patient (whole patients by lot) or typical (needs model.weights)", metavar="WAY"),
    "--init-size": takes("images of the first batch", metavar="N"),
    "--max-labels": takes("recommend to stop at so many labels", metavar="N"),
    "--max-rounds": takes("recommend to stop after so many rounds", metavar="N"),
    "--stop": takes("rules that recommend to stop", metavar="a,b,c"),
    "--reader": takes("who reads: a name, or several", metavar="a,b"),
    "--readers": takes("so many readers, called reader1, reader2 ...", int, "N"),
    "--double-read": takes("share of a round that a second reader labels too", metavar="SHARE"),
    "--adjudicator": takes("who settles what readers disagree on", metavar="NAME"),
    "--show-model": takes("never (default), after, random_half or before a reader's answer", metavar="WHEN"),
    "--i-accept-bias": switch("needed for --show-model before: readers follow what they are shown"),
    "--once": switch("end when one round is trained"),
    "--headless": switch("no page: write the batch as a table, end with exit code 4, go on after --import"),
    "--close": switch("close the open round as it is, and train it"),
    "--status": switch("say where the project stands"),
    "--report": switch("write the report of readers and rounds"),
    "--verify": switch("check every label and every step against their hashes"),
    "--export": takes("write the labels: .csv, .jsonl (everything) or .json (Label Studio)"),
    "--what": takes("with --export: labels (default), gold (one of each image), events or predictions", metavar="RECORDS"),
    "--import": takes("take labels over, all or nothing; with --reader as that reader's answers", dest="import_"),
    "--dry-run": switch("with --import: say what would happen, write nothing"),
    "--accept-changed": switch("go on although files have other pixels than before"),
    "--new": switch("begin another project on the same images"),
    "--port": takes("port of the page (default: a free one)", int, "N"),
    "--no-browser": switch("print the link, open no browser"),
    "--bind": takes("listen on this address, called by these names; needs --certificate and --key", metavar="ADDRESS,NAME"),
    "--certificate": takes("TLS certificate of the page"),
    "--key": takes("its key"),
    "--simulate": switch("learning curves: ask labels that are known, round by round"),
    "--plan": switch("with --simulate: print units and hours, start nothing; a built-in cohort is drawn first"),
    "--compare": takes("with --simulate: strategies beside random and random_patient", metavar="a,b,c"),
    "--repeats": takes("with --simulate: repeats of every fold", metavar="N"),
}
ONLY_SIMULATED = ("--plan", "--compare", "--repeats")
"""Flags that need --simulate; all others but those of SHARED need that it is absent."""

SHARED = ("--simulate", "--budget", "--strategy", "--preset", "--init", "--init-size", "--max-labels", "--max-rounds", "--stop")
INSTEAD = ("--close", "--status", "--report", "--verify", "--export", "--import")
"""Each says what to do in the place of labelling; one at a time."""
