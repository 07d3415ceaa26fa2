"""The verb `qc report`: a folder of judged films -> report.html and a page of each film."""

import json
from pathlib import Path
from typing import Any

from medimg.cli.parser import Command
from medimg.errors import ConfigError
from medimg.recipes.films.options import ReportOptions, read_options
from medimg.validate import did_you_mean

BY = {"station": "StationName", "operator": "operator", "view": "view", "month": "month", "site": "site"}


def report(command: Command) -> int:
    """medimg qc report out=DIR [language=en|zh] [human=labels.csv] [--by station,operator,view,month,site]."""
    options = read_options(ReportOptions, command.overrides)
    by, out = columns(command.by), Path(options.out)
    human: dict[str, Any] = {}
    if options.human:
        from medimg.recipes.human_rates import human_rates

        human = human_rates(out, Path(options.human))
    from medimg.report.quality import write_report

    page = write_report(out, options.language, by, human)
    print(json.dumps({"report": str(page), "exit_code": 0}) if command.json else f"Report: {page}")
    return 0


def columns(by: str | None) -> tuple[str, ...]:
    """Columns of films.csv that rates are told by: `station,month` -> (StationName, month); all but site where nothing is asked for."""
    asked = [word.strip() for word in by.split(",") if word.strip()] if by else [word for word in BY if word != "site"]
    unknown = [word for word in asked if word not in BY]
    if unknown:
        raise ConfigError(*(f"--by {word}: choose of {', '.join(BY)}.{did_you_mean(word, list(BY))}" for word in unknown))
    return tuple(BY[word] for word in dict.fromkeys(asked))
