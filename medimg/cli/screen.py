"""What a person sees when something went wrong: one screen, every fault with its way out, never a traceback."""

import contextlib
import json
import os
import sys
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from medimg.errors import Interrupted, MedimgError
from medimg.recipes.parts.crew import is_worker

if TYPE_CHECKING:
    from rich.console import Console

LINES = 20
TITLES = {2: "Please correct this", 4: "Nothing to do", 5: "Stopped for safety"}


def tell_faults(fault: MedimgError | Interrupted, *, as_json: bool) -> int:
    """Show the faults on stderr (and as JSON on stdout), and return the exit code."""
    faults = fault.faults or [type(fault).__name__]
    if as_json:
        with contextlib.suppress(BrokenPipeError):  # whoever asked is gone
            print(json.dumps({"exit_code": fault.exit_code, "kind": type(fault).__name__, "faults": faults}), flush=True)
    title = "Interrupted" if isinstance(fault, Interrupted) else TITLES.get(fault.exit_code, "Stopped")
    show(title, screenful(faults), red=fault.exit_code in (2, 5))
    return fault.exit_code


def tell_bug(fault: Exception, *, as_json: bool) -> int:
    """Say that this is medimg's own mistake and where the details are; exit code 1."""
    kept = _keep(fault)
    if as_json:
        print(json.dumps({"exit_code": 1, "kind": type(fault).__name__, "faults": [f"a bug: {type(fault).__name__}"], "log": kept}))
    where = f"Details are in {kept}. " if kept else ""
    text = f"{type(fault).__name__} where none should be. {where}Give the command again with --debug to see where it came from."
    show("This is a bug of medimg", textwrap.wrap(text, width()), red=True)
    return 1


def width() -> int:
    """Columns to write in: the terminal's, and 100 elsewhere."""
    try:
        return max(40, min(os.get_terminal_size(sys.stderr.fileno()).columns, 120) - 6)
    except (OSError, ValueError):
        return 100


def screenful(faults: list[str]) -> list[str]:
    """Faults as wrapped lines, as many whole ones as fit on one screen, and how many are left."""
    lines: list[str] = []
    mark = "- " if len(faults) > 1 else ""
    for number, fault in enumerate(faults):
        wrapped = textwrap.wrap(
            fault, width(), initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False, break_long_words=False
        )
        left = len(faults) - number
        if number and len(lines) + len(wrapped) > LINES - (left > 1):
            return [*lines, f"... and {left} more; --json lists all."]
        lines += wrapped[:LINES]
    return lines


def show(title: str, lines: list[str], *, red: bool) -> None:
    """A panel on a terminal, plain lines elsewhere; both on stderr. For a worker, whose JSON is read, its parent does it."""
    if is_worker():
        return
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.panel import Panel
        from rich.text import Text

        panel = Panel(Text("\n".join(lines)), title=title, title_align="left", border_style="red" if red else "yellow")
        Console(stderr=True).print(panel)
    else:
        print(f"{title}:", *lines, sep="\n", file=sys.stderr)


def _keep(fault: Exception) -> str | None:
    """Keep the traceback in medimg's own folder: it may name a patient's file, so no run may hold it."""
    from medimg.io.home import home

    try:
        path = Path(home()) / "last_bug.txt"
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            traceback.print_exception(fault, file=file)
    except (OSError, MedimgError):
        return None
    return str(path)


def console() -> "Console":
    """Where tables go: as wide as the terminal, and 110 columns elsewhere."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 110)


def size(count: float) -> str:
    """Bytes as a person reads them.

    >>> size(1_500_000)
    '1.5 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.1f} TB"
