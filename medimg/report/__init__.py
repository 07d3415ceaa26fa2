"""From a finished or unfinished run folder to one offline report, its figures, and a table for the terminal."""

from pathlib import Path

__all__ = ["write_report"]


def write_report(run: Path, *, images: bool = True) -> Path:
    """Write report.html and figures/ into a run folder, from that folder alone; `images=False` leaves out pictures of cases."""
    from medimg.report.html import write_report as write  # matplotlib takes half a second: not for a table on the terminal

    return write(Path(run), images=images)
