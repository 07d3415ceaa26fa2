"""The report of a labelling project, from its history alone."""

from medimg.room.report.facts import facts
from medimg.room.report.page import write_report

__all__ = ["facts", "write_report"]
