"""From a finished or unfinished run folder to one offline report, its figures, and a table for the terminal."""

from medimg.report.figures import write_figures
from medimg.report.html import write_report
from medimg.report.terminal import results_table

__all__ = ["results_table", "write_figures", "write_report"]
