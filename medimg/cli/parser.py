"""Verbs, flags and words: what argparse does not know is a setting when it reads key=value, and a usage error when it begins with '-'."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import Any, NoReturn, cast

from medimg import __version__
from medimg.cli.flags import LABEL, switch, takes
from medimg.errors import ConfigError

OVERRIDE = re.compile(r"(~[\w.]+|\+{0,2}[A-Za-z_][\w./@-]*=.*)", re.DOTALL)
EXITS = (
    "Exit codes: 0 done, 1 a bug, 2 wrong input, 3 some inputs refused, 4 nothing to do or waiting for labels, 5 a gate failed, "
    "130/143 interrupted."
)


@dataclass(frozen=True)
class Verb:
    """One command of medimg: how it is written, what it does, where it is, how many names it takes."""

    usage: str
    text: str
    place: str
    least: int = 0
    most: int = 0
    flags: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: str = ""  # the class of recipes.films.options that its key=value words fill

    @property
    def family(self) -> str:
        """The word before the verb, as in `data scan`."""
        first = self.usage.split()[0]
        return first if first in FAMILIES else ""

    @property
    def name(self) -> str:
        """The verb itself."""
        return self.usage.split()[1 if self.family else 0]

    @property
    def title(self) -> str:
        """The verb as it is typed."""
        return f"{self.family} {self.name}".strip()

    @property
    def example(self) -> str:
        """A setting that the verb takes."""
        if self.family != "qc":
            return "trainer.epochs=3"
        return "out=DIR" if "out=DIR" in self.usage else "rules=chest"

    def __call__(self, command: "Command") -> int | None:
        """Import the module only now, and run."""
        module, _, name = self.place.rpartition(".")
        return cast(int | None, getattr(import_module(f"medimg.cli.{module}"), name)(command))


class Command(argparse.Namespace):
    """One command as read: its verb, its flags, `names` (runs, files, folders) and `overrides` (key=value words)."""

    verb: Verb
    names: list[str]
    overrides: list[str]
    flags: list[str]
    json: bool
    debug: bool


FAMILIES = {
    "data": "a manifest from a DICOM folder; built-in cohorts; faults; whose a hashed id is",
    "qc": "quality of chest films: judge, judge again, report, compare with readers, propose limits",
    "cache": "the decoded images and built-in cohorts kept on disk",
}
EVERY: dict[str, dict[str, Any]] = {
    "--json": {"action": "store_true", "help": "print one JSON object"},
    "--debug": {"action": "store_true", "help": "show tracebacks"},
}
MANY = sys.maxsize
SIMILAR = {"--strategies": "--compare", "--resume": "--status", "--rounds": "--max-rounds"}  # what a flag is called elsewhere


VERBS = (
    Verb(
        "train [RUN] [experiment=NAME] [key=value ...]", "train all stages, evaluate, report; or go on with a run", "runs.train", 0, 1,
        {"-m --multirun": switch("sweep over key=a,b and other sweeps of Hydra; each job is a run of its own")},
    ),
    Verb(
        "eval [RUN] [key=value ...]", "judge a run again, or on another manifest (RUN: the newest if left out); writes a run of its own",
        "runs.judge", 0, 1,
    ),
    Verb(
        "predict RUN SOURCE... [--out FILE]", "probabilities for new images, as CSV", "runs.predict", 2, MANY,
        {"--out": takes("write the CSV here, not to the terminal")},
    ),
    Verb(
        "active-label [RUN] [experiment=NAME] [key=value ...]", "label with the model's help in the browser; --simulate: learning curves",
        "active.active_label", 0, 1, LABEL,
    ),
    Verb("check experiment=NAME [key=value ...]", "try in under a minute all that can fail, every fault in one list", "check.check"),
    Verb("list", "experiments, what they are for and how to start them", "look.list_experiments"),
    Verb(
        "show [NAME] [--keys] [key=value ...]", "an experiment's settings, resolved", "look.show", 0, 1,
        {"--keys": switch("every key with its value, the values it may have, and what it is for")},
    ),
    Verb(
        "data scan DIR [--labels FILE] [--out FOLDER]", "make a manifest from a folder of DICOM files", "data.scan", 1, 1,
        {
            "--labels": takes("a CSV of labels, joined on patient, accession, study, series or SOP UID"),
            "--out": takes("folder for manifest.csv, refused.csv, candidates.csv, unmatched.csv (default: scan)", metavar="FOLDER"),
            "--columns": takes("further columns to take from the labels, a,b", metavar="NAMES"),
            "--choices": takes("a CSV that decides the sequence of series by hand"),
            "--first-on-tie": switch("of equally good series take the first"),
            "--workers": takes("processes", int, "N"),
        },
    ),
    Verb(
        "data phantom NAME [--n N] [--seed N] [--out FOLDER]", "write a built-in cohort and print its manifest", "data.phantom", 1, 1,
        {
            "--n": takes("patients, of chest films the films (default: the cohort's own number)", int, "N"),
            "--seed": takes("draw other patients", int, "N"),
            "--out": takes("folder (default: medimg's cache)", metavar="FOLDER"),
        },
    ),
    Verb("data check [MANIFEST] [key=value ...]", "read a manifest, deal the patients, prove the deal", "data.check", 0, 1),
    Verb("data whois HASH...", "the patient id behind a hashed one, on the machine that hashed it", "data.whois", 1, MANY),
    Verb(
        "qc run SOURCE... out=DIR [key=value ...]", "judge the quality of chest films: folders, files or a manifest.csv", "qc.run", 1, MANY,
        options="RunOptions",
    ),
    Verb(
        "qc rejudge out=DIR [key=value ...]", "judge measured films by other limits, without their images", "qc.rejudge",
        options="JudgeOptions",
    ),
    Verb(
        "qc report out=DIR [key=value ...]", "report.html and a page of each film, from what a run left", "quality_report.report", 0, 0,
        {"--by": takes("station,operator,view,month,site: columns that rates are told by", metavar="NAMES")}, "ReportOptions",
    ),
    Verb(
        "qc agree out=DIR human=FILE [key=value ...]", "verdicts beside those of human readers: kappa, AC1, sensitivity ...", "qc.agree",
        options="AgreeOptions",
    ),
    Verb(
        "qc calibrate out=DIR [key=value ...]", "limits from a site's own films, as a proposed change of its rule file", "qc.calibrate",
        options="CalibrateOptions",
    ),
    Verb(
        "qc rules [ID] [key=value ...]", "rules with formula, limits, source and the file that set each", "qc.rules", 0, 1,
        options="RulesOptions",
    ),
    Verb("cache show", "what is kept, and how large it is", "look.cache_show"),
    Verb(
        "cache clear [--kind KIND]", "remove what can be made again; identity keys stay", "look.cache_clear", 0, 0,
        {"--kind": takes("only this kind, as cache show names them", metavar="KIND")},
    ),
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    options = ""

    def format_help(self) -> str:
        """Tell the keys of a verb that has some of its own; they are read only now."""
        if not self.options:
            return super().format_help()
        keys = import_module("medimg.recipes.films.options").listed(self.options)
        first, *rest = super().format_help().split("\n\n")
        told = fill(f"keys, as they are unless given: {keys} (docs/film_quality.md)", 78, subsequent_indent="  ", break_on_hyphens=False)
        return "\n\n".join([first, rest[0], told, *rest[1:]])

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print and exit with."""
        raise ConfigError(f"{message}. See {self.prog} --help.")


def parse(words: Sequence[str]) -> Command:
    """Read a command line; a wrong one raises ConfigError, --help and --version end with SystemExit."""
    parser = _parser()
    command, rest = parser.parse_known_args(list(words), namespace=Command())
    flags = [word for word in rest if word.startswith("-") and word != "-"]
    if flags:
        raise ConfigError(*(_unknown_flag(flag, command) for flag in flags))
    command.overrides = [word for word in rest if _is_override(word)]
    command.names = [word for word in rest if not _is_override(word)]
    verb = command.verb
    if not verb.least <= len(command.names) <= verb.most:
        extra = f"not understood: {', '.join(command.names[verb.most :])}. " if len(command.names) > verb.most else ""
        settings = f" Settings are words like {verb.example}." if "key=value" in verb.usage else ""
        raise ConfigError(f"{extra}Usage: medimg {verb.usage}.{settings}")
    if command.overrides and "key=value" not in verb.usage:
        raise ConfigError(f"medimg {verb.title} takes no settings, so '{command.overrides[0]}' has no meaning. Leave it out.")
    return command


def _is_override(word: str) -> bool:
    return OVERRIDE.fullmatch(word) is not None and not Path(word).exists()


def _unknown_flag(flag: str, command: Command) -> str:
    name = flag.partition("=")[0]
    near = get_close_matches(name, command.flags, n=1)
    near = [SIMILAR[name]] if SIMILAR.get(name) in command.flags else near
    guess = f" Did you mean {near[0]}?" if near else f" Settings are written without dashes, as in {command.verb.example}."
    return f"medimg {command.verb.title} has no option {name}.{guess}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="medimg", description="Train, judge, label and check medical images from one command line. Research use only.",
        epilog=EXITS, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"medimg {__version__}")
    top = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    families: dict[str, Any] = {}
    for verb in VERBS:
        family = verb.family
        if family and family not in families:
            members = top.add_parser(family, help=FAMILIES[family], description=FAMILIES[family], allow_abbrev=False)
            families[family] = members.add_subparsers(title="commands", metavar="COMMAND", required=True)
        _add(families[family] if family else top, verb)
    return parser


def _add(verbs: Any, verb: Verb) -> None:
    text = f"{verb.text[0].upper()}{verb.text[1:]}."
    parser = verbs.add_parser(verb.name, help=verb.text, description=text, usage=f"medimg {verb.usage}", epilog=EXITS, allow_abbrev=False)
    parser.options = verb.options
    flags = {**verb.flags, **EVERY}
    for flag, options in flags.items():
        parser.add_argument(*flag.split(), **options)
    known = [word for flag in flags for word in flag.split() if word.startswith("-")]
    parser.set_defaults(verb=verb, flags=[*known, "--help"])
