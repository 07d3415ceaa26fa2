"""The verb `qc report`: a folder of judged films -> report.html and a page of each film."""

import json
from pathlib import Path
from typing import Any

from medimg.cli.parser import Command
from medimg.errors import ConfigError, RunError
from medimg.validate import did_you_mean

BY = {"station": "StationName", "operator": "operator", "view": "view", "month": "month", "site": "site"}
KEYS = ("out", "language", "human", "rules")


def report(command: Command) -> int:
    """medimg qc report out=DIR [language=en|zh] [human=labels.csv] [rules=NAME] [--by station,operator,view,month]."""
    settings = dict(word.split("=", 1) for word in command.overrides)
    _refuse(settings)
    out = Path(settings["out"])
    if not (out / "rules.json").is_file():
        _describe(out, settings.get("rules", "chest"))
    human: dict[str, Any] = {}
    if "human" in settings:
        from medimg.recipes.human_rates import human_rates

        human = human_rates(out, Path(settings["human"]))
    from medimg.report.quality import write_report

    page = write_report(out, settings.get("language", "en"), columns(command.by), human)
    print(json.dumps({"report": str(page), "exit_code": 0}) if command.json else f"Report: {page}")
    return 0


def columns(by: str | None) -> tuple[str, ...]:
    """Columns of films.csv that rates are told by: `station,month` -> (StationName, month); all but site where nothing is asked for."""
    asked = [word.strip() for word in by.split(",") if word.strip()] if by else [word for word in BY if word != "site"]
    unknown = [word for word in asked if word not in BY]
    if unknown:
        raise ConfigError(*(f"--by {word}: choose of {', '.join(BY)}.{did_you_mean(word, list(BY))}" for word in unknown))
    return tuple(BY[word] for word in dict.fromkeys(asked))


def _refuse(settings: dict[str, str]) -> None:
    unknown = [key for key in settings if key not in KEYS]
    if unknown:
        raise ConfigError(
            *(f"medimg qc report knows no key '{key}'.{did_you_mean(key, list(KEYS))} There is: {', '.join(KEYS)}." for key in unknown)
        )
    if not settings.get("out"):
        raise ConfigError("medimg qc report needs out=DIR, the folder that medimg qc run wrote.")


def _describe(out: Path, rules: str) -> None:
    """Write rules.json, the texts of the rules that the films were judged by, where an older run left none."""
    from medimg.qc.explain import explain
    from medimg.qc.load import load
    from medimg.run.configs import config_root

    if not out.is_dir():
        raise RunError(f"out={out}: there is no such folder. Name the one that medimg qc run wrote.")
    described = explain(load(rules, config_root() / "qc"))
    (out / "rules.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
