"""From the folder of judged chest films to one offline report, a page of each film, and worklists by month."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from medimg.report.quality.people import Beside

__all__ = ["BY", "Beside", "write_report"]

BY = ("StationName", "operator", "view", "month")


def write_report(out: Path, language: str = "en", by: Sequence[str] = BY, human: Mapping[str, Sequence[Beside]] | None = None) -> Path:
    """Write report.html, films/<id>.html and, of many films, worklist/*.html into a folder of judged films, from that folder alone.

    `by`: columns of films.csv that rates are told by. `human`: readers' verdicts of the film, a group or a rule, counted on the films
    that they judged as well. Raises RunError where a table is missing or damaged, ConfigError for another language.
    """
    from medimg.report.quality.page import write_report as write  # templates and statistics are not for every command

    return write(Path(out), language, tuple(by), human or {})
