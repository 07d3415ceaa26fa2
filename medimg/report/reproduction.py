"""What one needs to make the run again: versions, machine, seeds, hashes and settings, without names and paths."""

from typing import Any

import yaml

from medimg.report.folder import RunFolder
from medimg.report.table import Cell, Table, name_cell
from medimg.report.words import plain, scrub, words


def environment_table(run: RunFolder) -> Table:
    """Versions, machine, seeds and hashes, without names of people and machines."""
    lines = []
    for key, value in plain(run.environment).items():
        pairs = enumerate(_pairs(value))
        lines += [[name_cell("" if n else words(key)), name_cell(name), Cell(_flat(item))] for n, (name, item) in pairs]
    return Table("Environment", ["", "", ""], lines)


def _pairs(value: Any) -> list[tuple[str, Any]]:
    return [(words(str(name)), item) for name, item in value.items()] if isinstance(value, dict) else [("", value)]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return {None: "not known", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else scrub(value)


def config_text(run: RunFolder) -> str:
    """The resolved configuration as YAML, without paths."""
    return yaml.safe_dump(plain(run.config), sort_keys=False, allow_unicode=True, width=110) if run.config else ""


def settings(run: RunFolder) -> list[str]:
    """The settings given on the command line, without paths."""
    return [_setting(line) for line in run.overrides if line.strip()]


def _setting(line: str) -> str:
    key, sign, value = line.strip().partition("=")
    shown = plain({key: value}) if sign else {key: ""}
    return f"{key}{sign}{shown[key]}" if key in shown else f"{key}{sign}(left out)"
