"""The verbs that make or judge runs."""

import json
import logging
import sys

from medimg.cli.parser import Command
from medimg.run.folder import rank
from medimg.run.start import Outcome
from medimg.run.start import train as train_run

LOG = logging.getLogger("medimg")


def train(command: Command) -> int:
    """medimg train."""
    _speak(command)
    outcome = train_run(command.overrides, command.names[0] if command.names else None)
    return _tell(outcome, command)


def _speak(command: Command) -> None:
    """Messages go to stderr: what happens, or warnings only where a machine reads."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.setLevel(logging.DEBUG if command.debug else logging.WARNING if command.json else logging.INFO)
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.DEBUG if command.debug else logging.INFO)
    LOG.propagate = False


def _tell(outcome: Outcome, command: Command) -> int:
    if rank():  # the first process speaks for all
        return 0
    report = outcome.run / "report.html"
    if command.json:
        told = {"run": str(outcome.run), "headline": outcome.headline, "refused": outcome.refused, "exit_code": outcome.exit_code}
        print(json.dumps({**told, "report": str(report) if report.is_file() else None}))
        return outcome.exit_code
    if outcome.headline:
        from rich.console import Console

        from medimg.report.terminal import results_table

        Console(width=None if sys.stdout.isatty() else 110).print(results_table(outcome.run))
    if report.is_file():
        print(f"Report: {report}")
    if outcome.refused:
        print(f"{outcome.refused} images were refused; why stands in {outcome.run / 'refused.csv'} (exit code 3).", file=sys.stderr)
    return outcome.exit_code
